"""The breaker of one sleeper, rule by rule of DESIGN 8.1."""

from collections.abc import Iterable
from itertools import cycle, islice, repeat
from math import inf, nan
from random import Random

import pytest

from dreamd.core.dreamscapes.views import BreakerState as S
from dreamd.core.safety.breaker import (
    RULES,
    Bad,
    Breaker,
    Good,
    Observation,
    Reset,
    Sign,
    Tick,
    Transition,
    Trip,
    about_to_close,
    closed,
    initial_after_crash,
    kept_from_closing,
    step,
)
from dreamd.core.safety.causes import Cause, Kind, kind_of
from dreamd.core.safety.evidence_ages import SAME_TRIP_S

START_S = 1_700_000_000.0
RAILED, NONFINITE, LOST = Bad(Cause.RAILED), Bad(Cause.NONFINITE), Bad(Cause.LOST)


class Run:
    """A breaker driven a tick at a time."""

    def __init__(self, breaker: Breaker | None = None) -> None:
        self.breaker = breaker or closed(START_S)
        self.now_s = self.breaker.at_s
        self.moves: list[Transition] = []

    def feed(self, observations: Iterable[Observation]) -> "Run":
        for what in observations:
            self.now_s += 0.25
            self.breaker, moved = step(self.breaker, what, self.now_s)
            self.moves += [moved] if moved else []
        return self

    def seconds(self, what: Observation, seconds: float) -> "Run":
        return self.feed(repeat(what, round(seconds * 4)))

    def until(self, what: Observation, state: S, most_s: float = 100.0) -> float:
        """Feed until this state; return how long it took."""
        began_s = self.now_s
        while self.breaker.state is not state:
            assert self.now_s - began_s < most_s, f"never {state}"
            self.feed([what])
        return self.now_s - began_s

    @property
    def path(self) -> list[str]:
        return [move.after.value for move in self.moves]


def test_the_table_is_whole() -> None:
    """The table has a rule for every state and observation."""
    assert len(RULES) == len(S) * len(Sign)


@pytest.mark.parametrize("cause", [c for c in Cause if kind_of(c) is Kind.HARD])
def test_a_hard_cause_trips_at_one_observation(cause: Cause) -> None:
    """One observation of any hard cause opens a closed breaker; the transition has the cause."""
    run = Run().feed([Bad(cause, "seen once")])
    assert run.moves == [Transition(START_S + 0.25, S.CLOSED, S.OPEN, cause, "seen once")]
    assert not run.breaker.may_couple


@pytest.mark.parametrize("cause", [c for c in Cause if kind_of(c) is Kind.SOFT])
def test_a_soft_cause_trips_at_five_in_a_row(cause: Cause) -> None:
    """Five soft observations in a row trip, four do not; one good frame between restarts the count."""
    run = Run().feed([*[Bad(cause)] * 4, Good(), *[Bad(cause)] * 4])
    assert run.breaker.state is S.CLOSED
    assert run.feed([Bad(cause)]).breaker.state is S.OPEN


def test_a_soft_cause_trips_at_half_of_a_window_of_twenty() -> None:
    """Alternating good and bad frames trip once 20 are seen and half were bad, not before."""
    run = Run().feed(islice(cycle([Good(), RAILED]), 19))
    assert run.breaker.state is S.CLOSED
    assert run.feed([RAILED]).path == ["open"]


def test_bad_frames_older_than_ten_seconds_do_not_count() -> None:
    """Bad frames older than 10 s do not count: one bad in three never trips."""
    run = Run().feed(islice(cycle([Good(), RAILED, Good()]), 400))
    assert run.path == []
    assert run.breaker.seen.bit_count() == 40


def test_silence_trips_after_three_hops() -> None:
    """Three silent ticks do not trip, the fourth does; any frame between restarts the count."""
    run = Run().feed([Tick(), Tick(), Tick(), Good(), Tick(), Tick(), Tick()])
    assert run.path == []
    assert run.feed([Tick()]).path == ["open"]
    assert run.breaker.cause is Cause.SILENCE


def test_the_way_back_takes_thirty_seconds_and_thirty_good_frames() -> None:
    """After a person or device trip: OPEN 30 s, HALF_OPEN 30 good frames, then CLOSED."""
    run = Run().feed([NONFINITE])
    assert run.until(Good(), S.HALF_OPEN) == 30.0
    assert run.until(Good(), S.CLOSED) == 7.5
    assert run.path == ["open", "half-open", "closed"]


def test_the_wait_is_spread_by_a_fifth() -> None:
    """With a generator the waits fill 24 to 36 s and differ."""
    waits = [step(closed(0.0), NONFINITE, 0.0, Random(seed))[0].until_s for seed in range(200)]
    assert 24.0 <= min(waits) < 25.5
    assert 34.5 < max(waits) <= 36.0


def test_one_bad_frame_restarts_the_score() -> None:
    """In HALF_OPEN 29 good frames and one soft one do not close; 30 good in a row do."""
    run = Run().feed([NONFINITE])
    run.until(Good(), S.HALF_OPEN)
    run.feed([Good()] * 29).feed([RAILED])
    assert run.breaker.state is S.HALF_OPEN
    assert run.until(Good(), S.CLOSED) == 7.5


def test_a_half_open_that_never_gets_good_is_a_second_trip() -> None:
    """A HALF_OPEN without 30 good frames in a row within 60 s trips again, which locks within 30 min."""
    run = Run().feed([NONFINITE])
    run.until(Good(), S.HALF_OPEN)
    assert run.until(RAILED, S.LOCKED) == 60.0
    assert run.breaker.cause is Cause.RAILED


@pytest.mark.parametrize(("minutes", "state"), [(28.0, S.LOCKED), (31.0, S.OPEN)])
def test_a_second_trip_within_half_an_hour_locks(minutes: float, state: S) -> None:
    """A second device trip locks within 30 min of the first; later it only opens (never closed so long)."""
    run = Run().feed([NONFINITE])
    while run.now_s - START_S < minutes * 60:
        run.seconds(Good(), 60.0).seconds(Tick(), 2.0)
    run.until(Good(), S.CLOSED)
    assert run.feed([NONFINITE]).breaker.state is state


def test_ten_minutes_closed_forget_the_first_trip() -> None:
    """After 10 min CLOSED a trip counts as the first; slightly earlier it locks."""
    for closed_s, state in ((595.0, S.LOCKED), (600.0, S.OPEN)):
        run = Run().feed([NONFINITE])
        run.until(Good(), S.CLOSED)
        assert run.seconds(Good(), closed_s).feed([NONFINITE]).breaker.state is state


def test_transport_opens_and_half_opens_without_limit() -> None:
    """Twenty transport losses in a row open twenty times, recover with the frames, and never lock."""
    run = Run()
    for _ in range(20):
        run.until(Tick(), S.OPEN)
        run.seconds(Tick(), 20.0)
        run.until(Good(), S.CLOSED)
    assert run.path == ["open", "half-open", "closed"] * 20


def test_a_way_that_is_down_stays_open_until_a_frame_comes() -> None:
    """An hour of silence stays OPEN; the first frame half-opens."""
    run = Run().seconds(Tick(), 3600.0)
    assert run.path == ["open"]
    assert run.feed([Good()]).path == ["open", "half-open"]


def test_transport_is_not_held_against_the_person() -> None:
    """A device trip after many transport trips is a first one: it opens and does not lock."""
    run = Run()
    for _ in range(3):
        run.until(Tick(), S.OPEN)
        run.until(Good(), S.CLOSED)
    assert run.feed([NONFINITE]).breaker.state is S.OPEN


def test_transport_cannot_shorten_a_persons_wait() -> None:
    """Losses and silence during a 30 s wait do not shorten it."""
    run = Run().feed([NONFINITE, LOST, Trip(Cause.STALE, "judge"), *[Tick()] * 20])
    assert run.until(Good(), S.HALF_OPEN) == pytest.approx(30.0 - 22 * 0.25)


def test_a_device_cause_takes_over_from_transport() -> None:
    """A hard cause during a transport OPEN begins the long wait."""
    run = Run().until(Tick(), S.OPEN) and Run().seconds(Tick(), 5.0).feed([NONFINITE])
    assert run.breaker.cause is Cause.NONFINITE
    assert run.until(Good(), S.HALF_OPEN) == 30.0


def test_going_on_being_wrong_is_one_trip_until_the_wait_is_over() -> None:
    """A device that stays non-finite is one trip for 30 s and locked right after."""
    run = Run().seconds(NONFINITE, 30.0)
    assert run.path == ["open"]
    assert run.seconds(NONFINITE, 1.0).path == ["open", "half-open", "locked"]


ANYTHING: list[Observation] = [
    Good(),
    Tick(),
    RAILED,
    NONFINITE,
    LOST,
    Trip(Cause.OPERATOR, "mira"),
    Trip(Cause.WAKE, "bed"),
    Reset("", "why"),
    Reset("mira", " "),
]


@pytest.mark.parametrize("what", ANYTHING)
def test_nothing_but_a_named_reset_leaves_locked(what: Observation) -> None:
    """A day of any other observation, or a reset without name or reason, leaves LOCKED."""
    run = Run(Breaker(state=S.LOCKED, at_s=START_S, since_s=START_S, until_s=inf))
    for _ in range(24):
        run.now_s += 3600.0
        run.feed([what])
    assert run.breaker.state is S.LOCKED


def test_a_reset_leads_to_half_open_and_forgets_nothing() -> None:
    """A named reset with a reason half-opens; the next device trip within half an hour locks again."""
    run = Run().feed([NONFINITE])
    run.until(Good(), S.HALF_OPEN)
    run.feed([NONFINITE, Reset("mira", "new electrode")])
    assert run.breaker.state is S.HALF_OPEN
    assert run.moves[-1].detail == "mira: new electrode"
    run.until(Good(), S.CLOSED)
    assert run.feed([NONFINITE]).breaker.state is S.LOCKED


@pytest.mark.parametrize("state", [S.CLOSED, S.OPEN, S.HALF_OPEN])
def test_a_reset_overrides_no_trip(state: S) -> None:
    """A reset changes only LOCKED: it shortens no other wait."""
    breaker = Breaker(state=state, cause=Cause.RAILED, at_s=START_S, since_s=START_S, until_s=START_S + 30)
    after, moved = step(breaker, Reset("mira", "hurry"), START_S + 1.0)
    assert (after.state, after.until_s, moved) == (state, START_S + 30, None)


def test_an_operators_trip_opens_and_is_not_held_against_anyone() -> None:
    """Three severs by an operator in ten minutes open three times and never lock."""
    run = Run()
    for _ in range(3):
        run.feed([Trip(Cause.OPERATOR, "mira")])
        assert run.until(Good(), S.HALF_OPEN) == 30.0
        run.until(Good(), S.CLOSED)
    assert run.path == ["open", "half-open", "closed"] * 3


def test_an_order_does_not_launder_a_device_trip() -> None:
    """An operator's trip during a device's wait extends it, and the device trip stays counted."""
    run = Run().feed([NONFINITE]).seconds(Good(), 20.0).feed([Trip(Cause.OPERATOR, "mira")])
    assert run.until(Good(), S.HALF_OPEN) == 30.0
    assert run.feed([NONFINITE]).breaker.state is S.LOCKED


def test_an_outlier_is_neither_good_nor_bad() -> None:
    """An outlier trips nothing, is not scored, and does not break a run of good frames."""
    run = Run().seconds(Bad(Cause.OUTLIER), 60.0)
    assert run.path == []
    run.feed([NONFINITE])
    run.until(Good(), S.HALF_OPEN)
    run.feed([Good()] * 29).feed([Bad(Cause.OUTLIER)] * 5)
    assert run.breaker.state is S.HALF_OPEN
    assert run.feed([Good()]).breaker.state is S.CLOSED


@pytest.mark.parametrize("now_s", [nan, inf, -inf, START_S - 3600.0])
def test_time_that_is_not_time_does_not_pass(now_s: float) -> None:
    """A clock that is not finite, or goes back, ends no wait."""
    opened, _ = step(closed(START_S), NONFINITE, START_S)
    after, moved = step(opened, Good(), now_s)
    assert moved is None
    assert (after.state, after.at_s) == (S.OPEN, START_S)


def test_after_a_crash_an_earlier_trip_still_counts() -> None:
    """A second sever that the daemon had no time to store locks; the first one, repeated, does not."""
    before_s = START_S - 600.0
    assert initial_after_crash(START_S, Cause.RAILED, tripped_s=before_s).state is S.LOCKED
    same = initial_after_crash(START_S, Cause.RAILED, tripped_s=before_s, known=True)
    assert (same.state, same.tripped_s) == (S.OPEN, before_s)
    unheard = initial_after_crash(START_S, None, tripped_s=before_s)
    assert (unheard.state, unheard.tripped_s) == (S.HALF_OPEN, before_s)
    assert step(unheard, NONFINITE, START_S + 1.0)[0].state is S.LOCKED
    assert initial_after_crash(START_S, Cause.LEASE, tripped_s=before_s).state is S.OPEN
    assert initial_after_crash(START_S, Cause.RAILED, tripped_s=START_S - 1900.0).state is S.OPEN


def test_a_breaker_held_half_open_neither_closes_nor_trips() -> None:
    """A breaker held in HALF_OPEN has no deadline; after the hold one good frame closes it.

    A poor frame, or none, restarts the scoring and does not trip.
    """
    run = Run().feed([NONFINITE])
    run.until(Good(), S.HALF_OPEN)
    while not about_to_close(run.breaker):
        run.feed([Good()])
    kept = run.breaker
    for second in range(1, 600):
        kept = kept_from_closing(kept, run.breaker.at_s + second)
        assert kept.state is S.HALF_OPEN
    assert step(kept, Good(), kept.at_s + 0.25)[0].state is S.CLOSED
    for other in (Bad(Cause.QUALITY), Tick(), Bad(Cause.OUTLIER)):
        assert step(kept, other, kept.at_s + 0.25)[0].state is S.HALF_OPEN


def test_after_a_crash_no_breaker_starts_closed() -> None:
    """After a crash a pod that reports a sever is OPEN for the whole wait; all others are HALF_OPEN."""
    reported = initial_after_crash(START_S, Cause.RAILED)
    assert (reported.state, reported.cause, reported.until_s) == (S.OPEN, Cause.RAILED, START_S + 30.0)
    assert initial_after_crash(START_S, Cause.DAEMON).state is S.OPEN
    assert initial_after_crash(START_S, Cause.LEASE).state is S.OPEN
    silent = initial_after_crash(START_S, None)
    assert silent.state is S.HALF_OPEN
    assert Run(silent).until(Good(), S.CLOSED) == 7.5


@pytest.mark.parametrize("told_after_s", [1.0, 25.0, 32.0, 200.0, 600.0])
@pytest.mark.parametrize("seen_after_s", [-600.0, -0.5, 0.0, SAME_TRIP_S - 0.1])
def test_a_repeated_report_of_a_trip_never_locks(told_after_s: float, seen_after_s: float) -> None:
    """Repeated evidence from before the end of a trip's shortest wait opens again and counts once."""
    run = Run().feed([RAILED] * 5)
    tripped_s = run.breaker.tripped_s
    run.seconds(Good(), told_after_s)
    run.feed([Trip(Cause.RAILED, "the pod", "", tripped_s + seen_after_s)])
    assert run.breaker.state is S.OPEN
    assert run.breaker.tripped_s == tripped_s
    assert run.until(Good(), S.CLOSED) > 0.0


def test_a_second_trip_locks_however_late_the_report() -> None:
    """Evidence 24 s after a trip or later, within half an hour, is a second trip whenever it arrives."""
    run = Run().feed([RAILED] * 5)
    tripped_s = run.breaker.tripped_s
    run.seconds(Good(), 300.0)
    run.feed([Trip(Cause.FLAT, "the pod", "", tripped_s + SAME_TRIP_S)])
    assert run.breaker.state is S.LOCKED


def test_no_old_word_opens_a_lock() -> None:
    """A repeated report of the earlier trip leaves LOCKED."""
    run = Run().feed([RAILED] * 5)
    tripped_s = run.breaker.tripped_s
    run.until(Good(), S.CLOSED)
    run.feed([NONFINITE])
    assert run.breaker.state is S.LOCKED
    run.feed([Trip(Cause.RAILED, "the pod", "", tripped_s)])
    assert run.breaker.state is S.LOCKED
