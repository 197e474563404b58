"""Small Dreamscapes of one house, fused in one pass: the acts of ticks apart, no bug of one is another's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from dreamd.app.dreamscapes.drivers.pooled_ticks import FEWEST
from dreamd.core.dreamscapes.views import DreamscapeState, Event, Plan
from dreamd.core.refusals import Refusal
from dreamd.core.safety.causes import Cause
from dreamd.fusion.collective import Fused
from dreamd.fusion.pooled.pooled_fusion import Member, PooledFusion
from dreamd.simulation.machines.guests import all_come
from dreamwire.messages import Collective, Frame
from fakes.callers import OPERATOR
from fakes.stage import START_S, Stage

NAMES = ("dawn", "dusk", "noon")
EACH = 4


class Bug(Exception):  # noqa: N818 - what a test puts in
    """A deliberate bug."""


@dataclass
class Ward:
    """A house of several small Dreamscapes, EACH sleepers in each; `passes` lists the sizes of each pass."""

    stage: Stage
    passes: list[int]

    def newest(self, name: str) -> Collective:
        """The newest broadcast of a Dreamscape."""
        return next(one for one in reversed(self.stage.link.collectives) if one.dreamscape == name)

    def granted(self) -> list[str]:
        """The Dreamscapes of which the newest broadcast grants a coupling."""
        return [name for name in NAMES if self.newest(name).coupling.any()]

    def events(self) -> list[Event]:
        """The journal."""
        events = self.stage.app.journal.events_after(int(START_S * 1e6) - 1, 10_000)
        assert isinstance(events, tuple)
        return list(events)


def ward(monkeypatch: pytest.MonkeyPatch | None = None, *, pooled: bool = True, fewest: int = FEWEST) -> Ward:
    """All sleepers merged."""
    stage, passes = Stage(pods=EACH * len(NAMES)), list[int]()
    stage.app.ticks.pooled, stage.app.ticks.fewest = pooled, fewest
    if monkeypatch is not None:
        whole = PooledFusion.fuse_members

        def counted(fusion: PooledFusion, members: list[Member], instant: int) -> list[Fused]:
            passes.append(len(members))
            return whole(fusion, members, instant)

        monkeypatch.setattr(PooledFusion, "fuse_members", counted)
    stage.appear()
    for number, name in enumerate(NAMES):
        plan = Plan(name, seats_min=3, seats_max=EACH, ramp_s=10.0, ceiling=0.1)
        assert not isinstance(stage.app.dreamscapes.create(OPERATOR, plan), Refusal)
        all_come(stage.app, name, [f"sleeper-{EACH * number + k}" for k in range(1, EACH + 1)])
    stage.hop(4)
    for name in NAMES:
        assert not isinstance(stage.app.dreamscapes.start(OPERATOR, name), Refusal)
    stage.hop(8)
    made = Ward(stage, passes)
    assert made.granted() == list(NAMES)
    return made


def eventful(one: Ward) -> None:
    """A night of everything: a NaN, far features, silence, a sever and its end, a release, a closing."""

    def bent(frame: Frame, **changes: object) -> Frame:
        return Frame(**{**{name: getattr(frame, name) for name in frame.__slots__}, **changes})

    stage = one.stage
    stage.pods[0].bend = partial(bent, features=np.full(12, np.nan, dtype=np.float32))
    stage.hop(3)
    stage.pods[5].bend = lambda frame: bent(frame, features=frame.features + np.float32(60.0))
    stage.pods[9].sends = False
    stage.hop(12)
    stage.pods[0].bend = stage.pods[5].bend = lambda frame: frame
    stage.pods[9].back()
    stage.app.dreamscapes.sever(OPERATOR, "dusk", "a test")
    stage.hop(12)
    stage.app.dreamscapes.resume(OPERATOR, "dusk")
    stage.app.pods.release(OPERATOR, "bed-12", "a test")
    stage.hop(20)
    stage.app.dreamscapes.end(OPERATOR, "dawn", "a test")
    stage.hop(12)


def test_pooled_dreamscapes_act_as_they_do_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same events in the same order, the same couplings for the same frames, centres to float32."""
    apart, pooled = ward(pooled=False), ward(monkeypatch)
    for one in (apart, pooled):
        eventful(one)
    assert {2, 3} <= set(pooled.passes)
    assert [event.sentence for event in apart.events()] == [event.sentence for event in pooled.events()]
    for mine, other in zip(apart.stage.link.collectives, pooled.stage.link.collectives, strict=True):
        assert (mine.dreamscape, mine.tick, mine.instant) == (other.dreamscape, other.tick, other.instant)
        assert np.array_equal(mine.coupling, other.coupling)
        assert np.array_equal(mine.answered, other.answered)
        assert np.allclose(mine.r, other.r, atol=1e-6)
        assert np.allclose(mine.m, other.m, atol=1e-6)
        assert np.allclose(mine.sum, other.sum, rtol=1e-6, atol=1e-6)
    assert {"severed", "state"} & {event.kind for event in apart.events()}


def test_an_exception_in_the_pass_costs_nobody_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every member is fused apart in that very tick and keeps its grants; the bug is reported once."""
    one = ward()
    one.stage.bugs_are_meant = True

    def raises(_fusion: PooledFusion, _members: list[Member], _instant: int) -> list[Fused]:
        raise Bug

    monkeypatch.setattr(PooledFusion, "fuse_members", raises)
    for _ in range(3):
        ticks = [one.newest(name).tick for name in NAMES]
        one.stage.hop()
        assert one.granted() == list(NAMES)
        assert [one.newest(name).tick for name in NAMES] == [tick + 1 for tick in ticks]
    told = [event for event in one.events() if event.kind == "step-failed"]
    assert len(told) == 1
    assert "pass" in told[0].sentence
    assert one.stage.meters.counts["step-failed:pass"] == 3


@pytest.mark.parametrize("step", ["opening", "closing"])
def test_a_bug_of_one_member_is_its_own(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Dreamscape whose opening or closing raises is at zero; the others' grants go on."""
    one = ward(monkeypatch)
    one.stage.bugs_are_meant = True
    dusk = one.stage.app.registry["dusk"].dreamscape

    def raises(*_: object, **__: object) -> None:
        raise Bug

    broken = dusk.exposure if step == "opening" else dusk.monitor
    monkeypatch.setattr(broken, "judge", raises)
    one.stage.hop()
    assert one.granted() == ["dawn", "noon"]
    assert one.passes[-1] == (2 if step == "opening" else 3)
    assert [event.dreamscape for event in one.events() if event.kind == "step-failed"] == ["dusk"]


def test_a_dreamscape_severed_in_its_opening_closes_before_the_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its zero and its tick's message leave before any other member is fused."""
    one = ward(monkeypatch)
    order = list[str]()
    one.stage.link.carry = lambda message: order.append(message.dreamscape)
    whole = PooledFusion.fuse_members

    def noted(fusion: PooledFusion, members: list[Member], instant: int) -> list[Fused]:
        order.append(f"pass of {len(members)}")
        return whole(fusion, members, instant)

    monkeypatch.setattr(PooledFusion, "fuse_members", noted)
    dusk = one.stage.app.registry["dusk"].dreamscape

    def judge(_now_s: float) -> Iterator[object]:
        dusk.sever(Cause.MASS, "a test")
        return iter(())

    monkeypatch.setattr(dusk.exposure, "judge", judge)
    one.stage.hop()
    assert order == ["dusk", "dusk", "pass of 2", "dawn", "noon"]
    assert not one.newest("dusk").coupling.any()
    assert dusk.state is DreamscapeState.SEVERED


def test_a_dreamscape_of_another_owner_is_in_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the term is lost nothing is fused or published, and the others go on."""
    one = ward(monkeypatch)
    one.stage.app.registry["noon"].dreamscape.ownership.lost = True
    tick = one.newest("noon").tick
    one.stage.hop(2)
    assert one.passes[-1] == 2
    assert one.newest("noon").tick == tick
    assert one.granted()[:2] == ["dawn", "dusk"]


@pytest.mark.parametrize("asked", [{"pooled": False}, {"fewest": len(NAMES) + 1}])
def test_without_a_pass_each_is_fused_apart(asked: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where passes are turned off, or Dreamscapes too few, there is none; all are granted all the same."""
    one = ward(monkeypatch, **asked)  # type: ignore[arg-type]
    assert not one.passes


def test_a_tick_is_its_own_parts_and_a_share_of_the_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass of 12 ms over three equal Dreamscapes costs each 4 ms, and nobody the openings of the others."""
    one = ward()
    stage, whole = one.stage, PooledFusion.fuse_members

    def slowly(fusion: PooledFusion, members: list[Member], instant: int) -> list[Fused]:
        stage.clock.at_s += 0.012
        return whole(fusion, members, instant)

    monkeypatch.setattr(PooledFusion, "fuse_members", slowly)
    for runtime in stage.app.registry.values():
        _slowed(stage, runtime.dreamscape.exposure, "judge", 0.002, monkeypatch)
        _slowed(stage, runtime.dreamscape.monitor, "judge", 0.001, monkeypatch)
    stage.hop()
    took = [runtime.dreamscape.tick_s for runtime in stage.app.registry.values()]
    assert took == pytest.approx([0.002 + 0.004 + 0.001] * 3, abs=1e-4)


def _slowed(stage: Stage, of: object, name: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    act: Callable[..., object] = getattr(of, name)

    def slow(*values: object, **words: object) -> object:
        stage.clock.at_s += seconds
        return act(*values, **words)

    monkeypatch.setattr(of, name, slow)
