"""Breakers as operators use them: viewed, tripped, reset; and across restarts."""

from dataclasses import replace

import numpy as np

from dreamd.app.safety.breaker_registry import MOVES_KEPT
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.views import BreakerView
from dreamwire.messages import Assign, Frame, PodEventKind
from fakes.callers import OPERATOR, named
from fakes.ledger import MemoryLedger
from fakes.stage import Puppet, Stage

SCORED_HOPS = 32


def dreaming(pods: int = 5, ledger: MemoryLedger | None = None) -> Stage:
    """A Dreamscape of so many pods, granted."""
    stage = Stage(pods, ledger)
    stage.appear()
    stage.dream()
    return stage


def breaker(stage: Stage, name: str = "pods/bed-1") -> BreakerView:
    """The breaker in the caller's view."""
    view = stage.app.breakers.get(name)
    assert isinstance(view, BreakerView), view
    return view


def refused(answer: object) -> Code:
    """The code of a refusal."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def spoil(frame: Frame) -> Frame:
    """The same frame with NaN features."""
    return replace(frame, features=np.full_like(frame.features, np.nan))


def lock(stage: Stage, pod: Puppet) -> None:
    """Two hard trips within half an hour."""
    sound = pod.bend
    for _ in range(2):
        pod.bend = spoil
        stage.hop(2)
        pod.bend = sound
        stage.hop(200)
    assert breaker(stage, f"pods/{pod.name}").state is BreakerState.LOCKED


def test_a_persons_trip_is_zero_in_the_next_message_and_waits_like_any() -> None:
    """A trip by a person zeroes weight and coupling in the next broadcast; it then waits and is scored."""
    stage = dreaming()
    view = stage.app.breakers.trip(named("mira"), "pods/bed-1", "looks pale")
    assert isinstance(view, BreakerView)
    assert (view.state, view.cause, view.evidence) == (BreakerState.OPEN, "operator", "mira: looks pale")
    assert view.until_s > view.since_s == view.tripped_s == stage.clock.now_s()
    stage.hop(1)
    slot = stage.pod("bed-1").assign.slot
    assert stage.coupling("bed-1") == 0 == stage.link.collectives[-1].answered[slot]
    assert stage.coupling("bed-2") > 0
    stage.hop(200)
    assert stage.coupling("bed-1") > 0
    words = [move.after for move in breaker(stage).history]
    assert words == [BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED]


def test_a_trip_is_valid_in_every_state_and_for_a_pod_without_a_seat() -> None:
    """A trip is accepted in every state and without a seat, and never loosens a lock."""
    stage = dreaming()
    for _ in range(2):
        assert stage.app.breakers.trip(OPERATOR, "pods/bed-1", "").state is BreakerState.OPEN
    lock(stage, stage.pod("bed-2"))
    assert stage.app.breakers.trip(named("mira"), "pods/bed-2", "again").state is BreakerState.LOCKED
    alone = Stage(1)
    alone.appear()
    assert alone.app.breakers.trip(named("mira"), "pods/bed-1", "smell").state is BreakerState.OPEN
    assert breaker(alone).evidence == "mira: smell"


def test_unknown_names_are_refused() -> None:
    """An unknown pod or Dreamscape is refused."""
    stage = dreaming()
    assert refused(stage.app.breakers.get("pods/bed-9")) is Code.POD_UNKNOWN
    assert refused(stage.app.breakers.trip(named("m"), "dreamscapes/none", "r")) is Code.DREAMSCAPE_UNKNOWN
    assert refused(stage.app.breakers.reset(named("m"), "pods/bed-9", "r")) is Code.POD_UNKNOWN


def test_the_list_holds_pods_and_live_dreamscapes_and_filters() -> None:
    """The list is sorted by name and filtered by state; an ended Dreamscape is not in it."""
    stage = dreaming(4)
    names = [view.name for view in stage.app.breakers.list()]
    assert names == ["dreamscapes/night", "pods/bed-1", "pods/bed-2", "pods/bed-3", "pods/bed-4"]
    stage.app.breakers.trip(named("mira"), "pods/bed-3", "x")
    assert [view.name for view in stage.app.breakers.list(BreakerState.OPEN)] == ["pods/bed-3"]
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    stage.hop(8)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.ENDED
    assert "dreamscapes/night" not in [view.name for view in stage.app.breakers.list()]


def test_tripping_a_dreamscape_is_sever_and_only_resume_closes_it() -> None:
    """Tripping a Dreamscape severs it in the call; Reset is refused, Resume closes the breaker."""
    stage = dreaming()
    assert breaker(stage, "dreamscapes/night").state is BreakerState.CLOSED
    view = stage.app.breakers.trip(named("mira"), "dreamscapes/night", "noise")
    assert not stage.link.collectives[-1].coupling.any()
    assert (view.state, view.cause, view.evidence) == (BreakerState.OPEN, "operator", "operator: mira: noise")
    assert view.since_s == stage.clock.now_s()
    assert (
        refused(stage.app.breakers.reset(named("mira"), "dreamscapes/night", "ok")) is Code.BREAKER_NOT_LOCKED
    )
    stage.hop(1)
    stage.app.dreamscapes.resume(OPERATOR, "night")
    closed = breaker(stage, "dreamscapes/night")
    assert (closed.state, closed.cause) == (BreakerState.CLOSED, "")
    assert [move.after for move in closed.history] == [BreakerState.OPEN, BreakerState.CLOSED]


def test_a_lost_quorum_shows_on_the_dreamscapes_breaker() -> None:
    """A lost quorum opens the Dreamscape's breaker with its cause."""
    stage = dreaming(6)
    stage.hop(8)
    for pod in stage.pods[:4]:
        pod.event(PodEventKind.SEVERED, "railed", evidence_ns=1, zero_ns=2)
        stage.hop(41)
    assert breaker(stage, "dreamscapes/night").cause == "quorum"


def test_a_reset_needs_a_name_and_a_reason() -> None:
    """A reset without name or reason leaves the lock."""
    stage = dreaming()
    lock(stage, stage.pod("bed-1"))
    for by, reason in (("", "mended"), ("mira", " "), (" ", "mended")):
        assert refused(stage.app.breakers.reset(named(by), "pods/bed-1", reason)) is Code.INVALID_ARGUMENT
        assert breaker(stage).state is BreakerState.LOCKED


def test_only_a_locked_breaker_is_reset() -> None:
    """A reset of a closed or open breaker is refused with its state."""
    stage = dreaming()
    assert refused(stage.app.breakers.reset(named("mira"), "pods/bed-1", "x")) is Code.BREAKER_NOT_LOCKED
    stage.app.breakers.trip(named("mira"), "pods/bed-1", "x")
    assert refused(stage.app.breakers.reset(named("mira"), "pods/bed-1", "x")) is Code.BREAKER_NOT_LOCKED
    assert breaker(stage).state is BreakerState.OPEN


def test_a_locked_sleeper_stays_out_until_reset_then_is_scored() -> None:
    """LOCKED outlives minutes of good frames; Reset leads to HALF_OPEN, thirty good frames to a grant."""
    stage = dreaming()
    lock(stage, stage.pod("bed-1"))
    stage.hop(1000)
    assert stage.coupling("bed-1") == 0
    locked = breaker(stage)
    stale = stage.app.breakers.reset(named("mira"), "pods/bed-1", "new electrodes", etag="open-0")
    assert refused(stale) is Code.STALE_ETAG
    view = stage.app.breakers.reset(named("mira"), "pods/bed-1", "new electrodes", etag=locked.etag)
    assert isinstance(view, BreakerView)
    assert (view.state, view.evidence) == (BreakerState.HALF_OPEN, "mira: new electrodes")
    stage.hop(SCORED_HOPS - 4)
    assert stage.coupling("bed-1") == 0
    stage.hop(8)
    assert stage.coupling("bed-1") > 0


def test_no_restart_resets_a_lock() -> None:
    """A restart keeps the lock with cause and evidence, and seats the pod only after a reset."""
    stage = dreaming()
    lock(stage, stage.pod("bed-1"))
    before = breaker(stage)
    for _ in range(2):
        stage.clock.at_s += 1800.0
        stage.restart()
        for pod in stage.pods:
            pod.presence()
        stage.hop(60)
        again = breaker(stage)
        assert (again.state, again.cause) == (BreakerState.LOCKED, "nonfinite")
        assert (again.since_s, again.evidence) == (before.since_s, before.evidence)
        seats = {seat.pod: seat.refusal_code for seat in stage.app.dreamscapes.get("night").seats}
        assert seats["bed-1"] == "BREAKER_LOCKED"
    stage.app.breakers.reset(named("mira"), "pods/bed-1", "mended")
    stage.hop(SCORED_HOPS + 8)
    assert stage.coupling("bed-1") > 0
    stage.restart()
    stage.pod("bed-1").presence()
    assert breaker(stage).state is BreakerState.HALF_OPEN, "scored, as everybody after a restart"


def test_a_lock_severs_though_the_ledger_is_broken_and_is_kept_later() -> None:
    """With a full disk a lock still severs, is reported once, and is written later."""
    ledger = MemoryLedger()
    stage = dreaming(ledger=ledger)
    ledger.broken = "the disk is full"
    stage.app.breakers.trip(named("mira"), "pods/bed-2", "x")
    ledger.broken = ""
    pod = stage.pod("bed-1")
    pod.bend = spoil
    stage.hop(2)
    pod.bend = lambda frame: frame
    stage.hop(200)
    ledger.broken = "the disk is full"
    pod.bend = spoil
    stage.hop(12)
    assert breaker(stage).state is BreakerState.LOCKED
    assert stage.coupling("bed-1") == 0
    sentences = [event.sentence for event in stage.app.journal._events]
    assert sum("could not keep a lock" in sentence for sentence in sentences) == 1
    assert refused(stage.app.breakers.reset(named("mira"), "pods/bed-1", "x")) is Code.LEDGER_UNAVAILABLE
    assert ledger.storage.locks == {}
    ledger.broken = ""
    stage.hop(1)
    assert [lock.pod for lock in ledger.locks()] == ["bed-1"]


def test_a_reset_pod_that_is_seated_an_hour_later_is_scored_from_then() -> None:
    """The HALF_OPEN deadline begins with the slot: an hour without a seat does not lock again."""
    stage = dreaming()
    lock(stage, stage.pod("bed-1"))
    stage.app.pods.release(OPERATOR, "bed-1", "to the nurse")
    stage.app.breakers.reset(named("mira"), "pods/bed-1", "mended")
    stage.clock.at_s += 600.0
    stage.app.run_due()
    stage.app.pods.check_out(OPERATOR, "bed-1")
    stage.lie_down("bed-1", "another")
    stage.hop(SCORED_HOPS + 12)
    assert stage.coupling("bed-1") > 0
    assert [move.after for move in breaker(stage).history][-2:] == [
        BreakerState.HALF_OPEN,
        BreakerState.CLOSED,
    ]


def test_the_history_is_bounded() -> None:
    """A breaker keeps a bounded history of its newest moves."""
    stage = dreaming()
    for _ in range(MOVES_KEPT // 3 + 1):  # opened, half-open and closed each time: more than are kept
        stage.app.breakers.trip(named("mira"), "pods/bed-1", "again")
        stage.hop(200)
    history = breaker(stage).history
    assert len(history) == MOVES_KEPT
    assert history[-1].after is BreakerState.CLOSED


def test_a_pod_with_an_actuator_fault_gets_a_fresh_slot() -> None:
    """After an actuator fault the closed breaker brings a new assign, which resets the pod's guard."""
    stage = dreaming()
    pod = stage.pod("bed-1")
    first = pod.assign
    pod.event(PodEventKind.MALFUNCTION, "actuator")
    stage.hop(40)
    assert pod.assign == first
    stage.hop(160)
    assert pod.assign is not None
    assert pod.assign.assignment != first.assignment
    assert stage.coupling("bed-1") > 0
    commands = stage.link.commands
    given = {c.what.assignment: c.pod for c in commands if isinstance(c.what, Assign)}
    assert sorted(given.values()) == ["bed-1", "bed-1", "bed-2", "bed-3", "bed-4", "bed-5"]
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING


def test_the_fresh_slot_is_given_in_one_step() -> None:
    """The new slot is assigned in one step: the count of assigned pods never dips."""
    stage = dreaming()
    first = stage.pod("bed-1").assign
    stage.pod("bed-1").event(PodEventKind.MALFUNCTION, "actuator")
    while breaker(stage).state is not BreakerState.CLOSED:
        stage.hop(1)
        assert stage.app.dreamscapes.get("night").assigned == 5
    assert stage.pod("bed-1").assign not in (None, first)
