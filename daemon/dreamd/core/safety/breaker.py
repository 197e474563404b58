"""The breaker of one sleeper: the decision to sever, as one table over states and signs.

A breaker is given exactly one observation a tick: Good (a fresh sound frame), Bad (evidence against it), or
Tick (a tick passed without a frame: silence is a failure, so ticks must drive the breaker). Trip and Reset
may come at any time. `step` returns the next breaker and the transition it made, if any.

States
- CLOSED: may have weight and coupling. OPEN: zero, waiting. HALF_OPEN: zero, frames are scored. LOCKED: zero
  until a named person resets it with a reason, to HALF_OPEN.

Rules
- HARD causes trip at one observation. SOFT causes trip at five in a row, or at half of a 10 s window with at
  least 20 observations in it. Silence trips when the newest frame is more than three hops old.
- A trip by a cause of the person or the device waits 30 s +- 20 % (so that a ward does not return in the same
  second), then scores: 30 good frames in a row within 60 s close it; a hard cause, or the deadline, trips it
  again. A second such trip within 30 min locks it. Ten minutes CLOSED forget the first.
- A trip reported late counts at the time of its evidence. Evidence from before an earlier trip could have
  ended its wait belongs to that earlier trip: the breaker opens, and the trip is not counted again.
- A trip by transport waits until frames arrive again, then scores. It never locks and is never counted. It
  cannot shorten another wait, but a cause of person or device takes over from it.
- An order (an operator's sever of a Dreamscape) waits like a person's cause but is not counted either.
- Nothing but Reset leaves LOCKED, and Reset leaves nothing but LOCKED.
- EXCLUDE is neither good nor bad. Time that goes back, or is not finite, does not pass.
"""

from collections.abc import Callable
from math import inf
from random import Random
from typing import Final, NamedTuple

from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.limits import (
    BREAKER_OPEN_JITTER,
    BREAKER_OPEN_S,
    FORGET_AFTER_CLOSED_S,
    FRAME_STALE_HOPS,
    HALF_OPEN_DEADLINE_S,
    HALF_OPEN_TICKS,
    HOP_S,
    LOCK_WITHIN_S,
    SOFT_IN_A_ROW,
    SOFT_WINDOW_MIN,
    SOFT_WINDOW_S,
    SOFT_WINDOW_SHARE,
)
from dreamd.core.safety.causes import CAUSES, Cause, Kind, kind_of
from dreamd.core.safety.evidence_ages import SAME_TRIP_S
from dreamd.core.safety.observations import Bad, Good, Observation, Reset, Sign, Tick, Transition, Trip, read

__all__ = ["RULES", "TRANSPORT_OPEN_S", "Bad", "Breaker", "Good", "Observation", "Reset", "Sign", "Tick"]
__all__ += ["Transition", "Trip", "about_to_close", "closed", "initial_after_crash", "kept_from_closing"]
__all__ += ["locked", "rested", "seated", "step"]

TRANSPORT_OPEN_S: Final = 1.0
"""Least wait after a transport trip; then the first frame half-opens."""

_WINDOW_TICKS: Final = round(SOFT_WINDOW_S / HOP_S)
_WINDOW: Final = (1 << _WINDOW_TICKS) - 1


class Breaker(NamedTuple):
    """One breaker; a value, replaced by `step`. Times are session-clock seconds.

    cause: of the last trip. since_s: start of this state. until_s: end of the wait (OPEN), deadline
    (HALF_OPEN). seen, bad: bit k stands for the k-th tick before `tick`. row: soft observations in a row.
    silent: ticks in a row without a frame. good: good frames in a row while HALF_OPEN. tripped_s: time of the
    last trip by a cause of person or device, -inf for none or forgotten.
    """

    state: BreakerState = BreakerState.CLOSED
    cause: Cause | None = None
    at_s: float = 0.0
    since_s: float = 0.0
    until_s: float = 0.0
    tick: int = 0
    seen: int = 0
    bad: int = 0
    row: int = 0
    silent: int = 0
    good: int = 0
    tripped_s: float = -inf

    @property
    def may_couple(self) -> bool:
        """Whether weight and coupling may be above zero."""
        return self.state is BreakerState.CLOSED

    @property
    def away(self) -> bool:
        """Whether it is out for a cause that counts against no person, no device and no operator.

        Such a seat counts for neither side of the quorum: its network failed, or a zero was reported before a
        crash.
        """
        out = self.state in (BreakerState.OPEN, BreakerState.HALF_OPEN) and self.cause is not None
        return out and self.cause is not Cause.OPERATOR and not _counts(self.cause)


Rule = Callable[[Breaker, Cause, Random | None], Breaker]


def closed(now_s: float) -> Breaker:
    """Return the breaker of a sleeper just admitted."""
    return Breaker(at_s=now_s, since_s=now_s, tick=int(now_s / HOP_S))


def initial_after_crash(
    now_s: float,
    reported_severed: Cause | None,
    rng: Random | None = None,
    *,
    tripped_s: float = -inf,
    known: bool = False,
) -> Breaker:
    """Return the first breaker of a sleeper after a crash of the daemon that owned it.

    OPEN with the whole wait where the pod reports that it was severed; otherwise HALF_OPEN, because no
    sleeper is coupled before a frame is scored. An earlier trip (`tripped_s`, from the ledger) still counts,
    so a second trip that was not written locks as it would have. `known`: the reported sever is that earlier
    trip.
    """
    fresh = closed(now_s)
    if reported_severed is None:
        return _half_open(fresh._replace(tripped_s=tripped_s), Cause.LEASE, rng)
    if known:
        return _trip(fresh, reported_severed, rng)._replace(tripped_s=tripped_s)
    return _trip(fresh._replace(tripped_s=tripped_s), reported_severed, rng)


def kept_from_closing(breaker: Breaker, now_s: float) -> Breaker:
    """Return a HALF_OPEN breaker that may not close yet, with its deadline paused."""
    at = _advance(breaker, now_s)
    return at._replace(until_s=at.at_s + HALF_OPEN_DEADLINE_S, silent=0)


def about_to_close(breaker: Breaker) -> bool:
    """Return whether one more good frame closes the breaker."""
    return breaker.state is BreakerState.HALF_OPEN and breaker.good + 1 >= HALF_OPEN_TICKS


def locked(since_s: float, cause: Cause) -> Breaker:
    """Return a LOCKED breaker, as an earlier process left it; only a person resets it."""
    return closed(since_s)._replace(state=BreakerState.LOCKED, cause=cause, until_s=inf, tripped_s=since_s)


def seated(breaker: Breaker, now_s: float) -> Breaker:
    """Return the breaker of a sleeper given a slot: scoring and its deadline begin with the slot."""
    scored = breaker.state is BreakerState.HALF_OPEN
    return _half_open(_advance(breaker, now_s), Cause.SILENCE, None) if scored else breaker


def rested(breaker: Breaker, now_s: float) -> BreakerState:
    """Return the effective state of a breaker that no tick drives: an OPEN wait that is over counts as over.

    HALF_OPEN means that the sleeper may be seated and scored, at weight and coupling zero.
    """
    over = breaker.state is BreakerState.OPEN and now_s >= breaker.until_s
    return BreakerState.HALF_OPEN if over else breaker.state


def step(
    breaker: Breaker, observation: Observation, now_s: float, rng: Random | None = None
) -> tuple[Breaker, Transition | None]:
    """Give a breaker one observation at `now_s`; return the next one and the transition made, if any.

    `rng` spreads the waits by +-20 %; without one they are exact.
    """
    sign, cause, detail = read(observation)
    now = _advance(breaker, now_s)
    seen_s = observation.seen_s if isinstance(observation, Trip) else None
    again = seen_s is not None and seen_s < now.tripped_s + SAME_TRIP_S
    after = _told_again(now, cause, rng) if again else RULES[breaker.state, sign](now, cause, rng)
    if after.state is breaker.state:
        return after, None
    if not detail and after.state in (BreakerState.OPEN, BreakerState.LOCKED):
        late = breaker.state is BreakerState.HALF_OPEN
        detail = f"no recovery within {HALF_OPEN_DEADLINE_S:.0f} s" if late else CAUSES[cause].sentence
    return after, Transition(after.at_s, breaker.state, after.state, after.cause, detail, seen_s)


def _advance(b: Breaker, now_s: float) -> Breaker:
    """Let time pass: shift the window, forget an old trip after ten quiet minutes."""
    at_s = now_s if b.at_s <= now_s < inf else b.at_s
    tick = int(at_s / HOP_S)
    shift = min(max(tick - b.tick, 0), _WINDOW_TICKS)
    forget = b.state is BreakerState.CLOSED and at_s - b.since_s >= FORGET_AFTER_CLOSED_S
    # Built by position: `_replace` is slower, and a tick may advance thousands of unsettled breakers.
    return Breaker(
        b.state,
        b.cause,
        at_s,
        b.since_s,
        b.until_s,
        max(tick, b.tick),
        (b.seen << shift) & _WINDOW,
        (b.bad << shift) & _WINDOW,
        b.row,
        b.silent,
        b.good,
        -inf if forget else b.tripped_s,
    )


def _is_transport(cause: Cause | None) -> bool:
    return cause is not None and kind_of(cause) is Kind.TRANSPORT


def _counts(cause: Cause | None) -> bool:
    """Whether a trip by this cause counts towards a lock."""
    return cause is not None and kind_of(cause) in (Kind.HARD, Kind.SOFT)


def _wait_s(rng: Random | None) -> float:
    spread = 0.0 if rng is None else rng.uniform(-BREAKER_OPEN_JITTER, BREAKER_OPEN_JITTER)
    return BREAKER_OPEN_S * (1.0 + spread)


def _trip(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    """Open, or lock where a cause of person or device tripped within the last half hour."""
    stopped = b._replace(
        state=BreakerState.OPEN, cause=cause, since_s=b.at_s, seen=0, bad=0, row=0, silent=0, good=0
    )
    if _is_transport(cause):
        return stopped._replace(until_s=b.at_s + TRANSPORT_OPEN_S)
    # Without an earlier trip tripped_s is -inf, so the difference is inf and nothing locks.
    if _counts(cause) and b.at_s - b.tripped_s <= LOCK_WITHIN_S:
        return stopped._replace(state=BreakerState.LOCKED, until_s=inf, tripped_s=b.at_s)
    tripped_s = b.at_s if _counts(cause) else b.tripped_s
    return stopped._replace(until_s=b.at_s + _wait_s(rng), tripped_s=tripped_s)


def _told_again(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    """Open for an earlier trip that is reported late; that trip stays the one that counts."""
    return RULES[b.state, Sign.TRIP](b._replace(tripped_s=-inf), cause, rng)._replace(tripped_s=b.tripped_s)


def _half_open(b: Breaker, cause: Cause, _rng: Random | None) -> Breaker:
    return b._replace(
        state=BreakerState.HALF_OPEN,
        cause=b.cause or cause,  # the trip's cause stays visible while its frames are scored
        since_s=b.at_s,
        until_s=b.at_s + HALF_OPEN_DEADLINE_S,
        good=0,
        silent=0,
    )


def _stay(b: Breaker, _cause: Cause, _rng: Random | None) -> Breaker:
    return b


def _closed_good(b: Breaker, _cause: Cause, _rng: Random | None) -> Breaker:
    return b._replace(seen=b.seen | 1, row=0, silent=0)


def _closed_soft(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    # The window is judged only from SOFT_WINDOW_MIN observations on: one bad frame after a restart is 100 %
    # of one.
    seen, bad, row = b.seen | 1, b.bad | 1, b.row + 1
    total = seen.bit_count()
    ok = row < SOFT_IN_A_ROW and (total < SOFT_WINDOW_MIN or bad.bit_count() < SOFT_WINDOW_SHARE * total)
    return b._replace(seen=seen, bad=bad, row=row, silent=0) if ok else _trip(b, cause, rng)


def _closed_silent(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    silent = b.silent + 1
    return b._replace(silent=silent) if silent <= FRAME_STALE_HOPS else _trip(b, cause, rng)


def _open_wait(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    """Half-open after a wait for a person or device; a transport wait needs a frame, see `_open_heard`."""
    return _half_open(b, cause, rng) if b.at_s >= b.until_s and not _is_transport(b.cause) else b


def _open_heard(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    return _half_open(b, cause, rng) if b.at_s >= b.until_s else b


def _open_hard(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    """Keep the wait: a hard cause in OPEN is the same trip, unless an order or transport opened it."""
    return _open_wait(b, cause, rng) if _counts(b.cause) else _trip(b, cause, rng)


def _open_trip(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    """Restart the wait: a trip in OPEN is the same trip, unless an order or transport opened it."""
    if _is_transport(cause):
        return b
    return b._replace(until_s=b.at_s + _wait_s(rng)) if _counts(b.cause) else _trip(b, cause, rng)


def _half_good(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    good = b.good + 1
    if good < HALF_OPEN_TICKS:
        return _half_wait(b._replace(good=good, silent=0), b.cause or cause, rng)
    return b._replace(
        state=BreakerState.CLOSED, since_s=b.at_s, until_s=0.0, seen=0, bad=0, row=0, silent=0, good=0
    )


def _half_wait(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    return b if b.at_s < b.until_s else _trip(b, cause, rng)


def _half_neutral(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    return _half_wait(b, b.cause or cause, rng)


def _half_soft(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    return _half_wait(b._replace(good=0, silent=0), cause, rng)


def _half_silent(b: Breaker, cause: Cause, rng: Random | None) -> Breaker:
    silent = b.silent + 1
    if silent <= FRAME_STALE_HOPS:
        return _half_wait(b._replace(silent=silent), cause, rng)
    return _trip(b, cause, rng)


_C, _O = BreakerState.CLOSED, BreakerState.OPEN
_H, _L = BreakerState.HALF_OPEN, BreakerState.LOCKED

RULES: Final[dict[tuple[BreakerState, Sign], Rule]] = {
    (_C, Sign.GOOD): _closed_good,
    (_C, Sign.SOFT): _closed_soft,
    (_C, Sign.HARD): _trip,
    (_C, Sign.TRANSPORT): _trip,
    (_C, Sign.SILENT): _closed_silent,
    (_C, Sign.TRIP): _trip,
    (_C, Sign.NEUTRAL): _stay,
    (_C, Sign.RESET): _stay,
    (_O, Sign.GOOD): _open_heard,
    (_O, Sign.SOFT): _open_heard,
    (_O, Sign.HARD): _open_hard,
    (_O, Sign.TRANSPORT): _open_wait,
    (_O, Sign.SILENT): _open_wait,
    (_O, Sign.TRIP): _open_trip,
    (_O, Sign.NEUTRAL): _open_wait,
    (_O, Sign.RESET): _open_wait,
    (_H, Sign.GOOD): _half_good,
    (_H, Sign.SOFT): _half_soft,
    (_H, Sign.HARD): _trip,
    (_H, Sign.TRANSPORT): _trip,
    (_H, Sign.SILENT): _half_silent,
    (_H, Sign.TRIP): _trip,
    (_H, Sign.NEUTRAL): _half_neutral,
    (_H, Sign.RESET): _half_neutral,
    **dict.fromkeys([(_L, sign) for sign in Sign], _stay),
    (_L, Sign.RESET): _half_open,
}
"""The whole machine: a rule for every state and sign."""

assert set(RULES) == {(state, sign) for state in BreakerState for sign in Sign}
