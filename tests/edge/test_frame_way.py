"""The way of a bed's frames: by its gateway while the daemon has them, else on the bed's own connection."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from dreamedge.core.agent import Agent, Restored
from dreamedge.core.clock import SessionClock
from dreamedge.core.frame_way import AFTER_NS, LONGEST_S, SPREAD, TRY_AGAIN_S, FrameWay
from dreamedge.core.merging.effects import Effect, Note, SendFrame
from dreamwire.messages import ClockProbe
from fakes.edge import (
    HOP_NS,
    OFFSET_S,
    PULSE_NS,
    START_NS,
    Bed,
    assignment,
    identity,
    opens,
    own_scale,
)


def passes(_at_s: float) -> bool:
    """Every frame arrives."""
    return True


def never(_at_s: float) -> bool:
    """None does."""
    return False


class Way:
    """A bed's frames and probes at a daemon that answers at once.

    by_gateway, by_own: whether a frame that leaves so many seconds after the start arrives. seated: whether
    the daemon has a slot for the bed.
    """

    def __init__(
        self,
        by_gateway: Callable[[float], bool],
        by_own: Callable[[float], bool] = passes,
        *,
        seed: int = 1,
    ) -> None:
        self.clock, self.by_gateway, self.by_own = SessionClock(), by_gateway, by_own
        self.way = FrameWay("ward-a", self.clock, random.Random(seed))
        self.now_ns, self.newest, self.seated = START_NS, START_NS // HOP_NS + OFFSET_S * 4, True
        self.said: list[tuple[float, Note]] = []
        self.sent: list[tuple[float, bool, bool]] = []
        self.probes = 0

    @property
    def at_s(self) -> float:
        """Seconds since the start."""
        return (self.now_ns - START_NS) / 1e9

    def run(self, seconds: float) -> None:
        """A frame a hop, and a probe whenever one is due."""
        for _ in range(round(seconds * 1e9 / PULSE_NS)):
            self.now_ns += PULSE_NS
            if self.now_ns % HOP_NS == 0:
                self.frame()
            if self.clock.due(self.now_ns):
                self._probe()

    def frame(self) -> None:
        """A frame leaves."""
        instant = self.now_ns // HOP_NS + OFFSET_S * 4
        own = self.way.route_frame(instant, self.now_ns)
        arrives = (self.by_own if own else self.by_gateway)(self.at_s)
        self.sent.append((self.at_s, own, arrives))
        self.newest = instant if arrives else self.newest

    def _probe(self) -> None:
        self.probes += 1
        probe = self.clock.probe(self.now_ns, self.probes)
        session_us = self.now_ns // 1000 + OFFSET_S * 10**6
        answer = replace(probe, t1_us=session_us, t2_us=session_us, frame_instant=self.newest * self.seated)
        assert self.clock.answer(answer, self.now_ns) is None
        self.said += [(self.at_s, note) for note in self.way.take_answer(answer, self.now_ns)]

    def changes(self) -> list[tuple[float, str]]:
        """When the way changed, and how."""
        return [(at_s, note.kind) for at_s, note in self.said]

    def missed(self, from_s: float) -> list[float]:
        """When frames left that did not arrive."""
        return [at_s for at_s, _, arrived in self.sent if not arrived and at_s >= from_s]


class DeniedBed(Bed):
    """A bed with a slot at a daemon that hears no frame of it. ways: whether each took the own connection."""

    def __init__(self, gateway: str) -> None:
        super().__init__()
        self.ways: list[bool] = []
        self.agent = Agent(
            identity(gateway=gateway),
            self.source,
            self.clock,
            own_scale(),
            Restored(),
            random.Random(1),
            opens=opens,
        )

    def take(self, effects: list[Effect]) -> list[Effect]:
        """Keep the ways."""
        self.ways += [effect.own for effect in effects if isinstance(effect, SendFrame)]
        return super().take(effects)

    def answered(self, probe: ClockProbe, offset_s: float = OFFSET_S) -> ClockProbe:
        """The daemon waits for the first frame since the start."""
        return replace(super().answered(probe, offset_s), frame_instant=START_NS // HOP_NS + OFFSET_S * 4)


def test_frames_of_a_silently_denied_gateway_take_the_own_connection() -> None:
    """From a denial in silence on the bed sends by itself within 3.5 seconds, and every frame arrives."""
    way = Way(lambda at_s: at_s < 10.0)
    way.run(30.0)
    ((changed_s, kind),) = way.changes()
    assert kind == "gateway-unheard"
    assert 11.0 <= changed_s <= 13.5
    assert way.missed(changed_s) == []


def test_a_gateway_that_was_never_allowed_is_left_too() -> None:
    """A gateway whose first frame is denied is left within 3.5 seconds: none need have been answered."""
    way = Way(never)
    way.run(10.0)
    ((changed_s, kind),) = way.changes()
    assert (kind, changed_s <= 3.5) == ("gateway-unheard", True)


def test_a_gateway_that_works_keeps_its_beds() -> None:
    """Over ten minutes no frame takes the own connection, and the clock is asked as seldom as ever."""
    way = Way(passes)
    way.run(600.0)
    assert way.changes() == []
    assert not any(own for _, own, _ in way.sent)
    assert way.probes <= 308


def test_a_try_costs_one_frame_and_tries_grow_rarer() -> None:
    """In an hour of silence each try loses a single frame; the waits double, up to ten minutes."""
    way = Way(never)
    way.run(3600.0)
    assert len(way.changes()) == 1
    missed = way.missed(way.changes()[0][0])
    waits = [b - a for a, b in zip([way.changes()[0][0], *missed], missed, strict=False)]
    planned = [TRY_AGAIN_S * 2.0**n for n in range(5)]
    assert len(waits) >= 7
    for wait_s, want_s in zip(waits, [*planned, *[LONGEST_S] * 99], strict=False):
        assert want_s * (1.0 - SPREAD) <= wait_s <= want_s * (1.0 + SPREAD) + 1.0


def test_a_gateway_that_is_back_is_used_again() -> None:
    """A gateway that is allowed again gets its beds back at the next try, without the loss of a frame."""
    way = Way(lambda at_s: not 10.0 <= at_s < 25.0)
    way.run(60.0)
    assert [kind for _, kind in way.changes()] == ["gateway-unheard", "gateway-heard"]
    back_s = way.changes()[1][0]
    assert back_s <= 10.0 + 3.5 + TRY_AGAIN_S * (1.0 + SPREAD) + 1.0
    assert way.missed(25.0) == []
    assert not way.sent[-1][1]


def test_a_gateway_that_comes_and_goes_does_not_make_its_beds_flap() -> None:
    """A gateway that works for three of every six seconds moves a bed 20 times at most within an hour."""
    for seed in range(5):
        way = Way(lambda at_s: at_s % 6.0 < 3.0, seed=seed)
        way.run(3600.0)
        moves = way.changes()
        assert len(moves) <= 20
        assert len(way.missed(0.0)) <= 0.02 * len(way.sent)


def test_without_a_slot_no_way_is_judged() -> None:
    """A daemon that has no slot for the bed, or tells none, is evidence against no gateway."""
    way = Way(never)
    way.seated = False
    way.run(60.0)
    assert way.changes() == []


def test_a_daemon_that_reads_everything_late_accuses_no_gateway() -> None:
    """Frames are as old as the probe that asks for them: a delay of 1.8 s of both is no gateway's."""
    way = Way(passes)
    way.run(5.0)
    for nonce in range(1001, 1005):
        probe, newest = way.clock.probe(way.now_ns, nonce), way.newest
        for _ in range(7):
            way.now_ns += HOP_NS
            way.frame()
        session_us = way.now_ns // 1000 + OFFSET_S * 10**6
        answer = replace(probe, t1_us=session_us, t2_us=session_us, frame_instant=newest)
        assert way.way.take_answer(answer, way.now_ns) == []
    assert not way.way.own


def test_frames_lost_with_a_link_accuse_no_gateway() -> None:
    """A new link, or a new assignment, begins anew: frames that were sent before it prove nothing."""
    way = Way(lambda at_s: at_s < 10.0)
    way.run(11.0)
    way.way.begin_anew()
    way.by_gateway = passes
    way.clock.begin()
    way.run(30.0)
    assert way.changes() == []


def test_an_answer_to_an_older_probe_is_no_second_proof() -> None:
    """Answers that a frozen broker held back come all at once, and count as one."""
    way = Way(lambda at_s: at_s < 5.0)
    way.run(5.0)
    newest = way.newest
    for _ in range(8):
        way.now_ns += HOP_NS
        way.frame()
    probes = [way.clock.probe(way.now_ns, nonce) for nonce in range(1001, 1009)]
    for probe in probes:
        way.way.take_answer(replace(probe, t1_us=1, t2_us=1, frame_instant=newest), way.now_ns + 10**9)
    assert not way.way.own
    way.now_ns += 10**9 + AFTER_NS
    again = way.clock.probe(way.now_ns, 1009)
    noted = way.way.take_answer(replace(again, t1_us=1, t2_us=1, frame_instant=newest), way.now_ns)
    assert [note.kind for note in noted] == ["gateway-unheard"]


@pytest.mark.parametrize(("gateway", "said"), [("ward-a", ["gateway-unheard"]), ("", [])])
def test_a_bed_at_zero_leaves_a_denied_gateway(gateway: str, said: list[str]) -> None:
    """The agent of a bed that was never merged moves its frames; one without a gateway moves none."""
    bed = DeniedBed(gateway)
    bed.run(1.0)
    bed.order(assignment())
    bed.run(5.0)
    assert [note.kind for note in bed.notes if note.kind.startswith("gateway")] == said
    assert bed.ways[0] is not bool(gateway)
    assert bed.ways[-4:] == [True] * 4
    assert bed.status is not None
    assert bed.status.unheard_gateway == gateway
