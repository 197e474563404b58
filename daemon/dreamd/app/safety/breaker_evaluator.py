"""The judge: breakers of the seated, moved once a tick by what frames and ticks say.

Only those who need attention are looked at one by one: whoever gave cause this tick, and whoever's
breaker is not closed or still counts something against them. Everyone else costs nothing. One broken
sleeper never moves another's breaker; if more than half are missing at once it is our own way to them
that is broken: nobody is tripped for it, nobody is granted anything, and it is said. Whether the broker tells
the end of a pod's connection makes no difference to that, for a switch ends connections as a crash does. Only
after half a minute are those gone whose end was told: they are out, for a cause of the way; the rest go on.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dreamd.app.collective.cohorts import Cohorts, Condition, SlotAt
from dreamd.app.dependencies import Dependencies
from dreamd.app.fleet.registry import PodRecord
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.limits import OWN_FAULT_HOLDS_S, QUALITY_OUT
from dreamd.core.safety.breaker import (
    Bad,
    Breaker,
    Good,
    Observation,
    Reset,
    Tick,
    Transition,
    Trip,
    about_to_close,
    kept_from_closing,
    seated,
    step,
)
from dreamd.core.safety.causes import Cause, Kind, kind_of
from dreamd.core.safety.quorum import own_fault
from dreamwire.messages import StoredSever

Moved = Callable[[PodRecord, Seat, Transition], None]
Told = Callable[[Seat], tuple[int, int] | None]
"""The (term, tick) of the broadcast in which what happens now will be told to this seat's pod."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge saw this tick. blind: most frames are missing at once."""

    blind: bool
    missing: int


class BreakerEvaluator:
    """Moves the breakers of one Dreamscape's seats; `moved` is told of every transition."""

    def __init__(self, dependencies: Dependencies, moved: Moved, told: Told) -> None:
        self._deps = dependencies
        self._moved = moved
        self._told = told
        self._attention: dict[int, Seat] = {}
        self.blind = False
        self._blind_s = 0.0

    def attend(self, seat: Seat) -> None:
        """Look at this seat every tick until nothing is held against it."""
        self._attention[seat.number] = seat

    def forget(self, seat: Seat) -> None:
        """The seat holds no slot any more."""
        self._attention.pop(seat.number, None)

    def trip(
        self, seat: Seat, cause: Cause, by: str, evidence: str = "", seen_s: float | None = None
    ) -> None:
        """Something spoke against this seat's sleeper, seen at `seen_s` (None: now): open the breaker now."""
        record = self._deps.fleet.get(seat.pod)
        seat.disobeyed = seat.disobeyed or cause is Cause.ACTUATOR
        if record is None or (record.breaker.state is BreakerState.OPEN and record.breaker.cause is cause):
            return
        self._apply(record, seat, Trip(cause, by, evidence, seen_s))
        self.attend(seat)

    def reset(self, seat: Seat, observation: Reset) -> None:
        """A person resets this seat's locked breaker: its frames are scored from now on."""
        record = self._deps.fleet.get(seat.pod)
        if record is not None:
            self._apply(record, seat, observation)
            self.attend(seat)

    def adopt(self, record: PodRecord, severed: StoredSever | None) -> None:
        """A restored seat's pod has spoken: what it says of its last sever is where its breaker starts.

        A lock stays: no restart resets it. So does what its events have told before.
        """
        locked = record.breaker.state is BreakerState.LOCKED
        if not locked and self._deps.locks.unheard(record.pod, record.breaker):
            now_s = self._deps.clock.now_s()
            record.breaker = self._deps.locks.after_crash(record.pod, severed, now_s, self._deps.rng)

    def _apply(self, record: PodRecord, seat: Seat, observation: Observation) -> Breaker:
        now_s = self._deps.clock.now_s()
        if isinstance(observation, Bad) and observation.cause is Cause.ACTUATOR:
            seat.disobeyed = True
        good = isinstance(observation, Good)
        if good and about_to_close(record.breaker) and not self._deps.locks.settled(record.pod):
            record.breaker = kept_from_closing(record.breaker, now_s)
            return record.breaker
        record.breaker, transition = step(record.breaker, observation, now_s, self._deps.rng)
        if transition is not None:
            self._deps.locks.note_pod(record.pod, transition, record.breaker, self._told(seat))
            self._moved(record, seat, transition)
            if seat.slot is not None and _severs(transition):
                self._deps.tickets.issue([record.pod])
            self._deps.fleet.changed(record, now_s)
        return record.breaker

    def tick(
        self,
        cohorts: Cohorts,
        instant: int,
        seat_at: Callable[[SlotAt], Seat | None],
        assigned: int,
        *,
        going_home: bool = False,
    ) -> Verdict:
        """Judge one tick, before it is fused.

        going_home: the pods were ordered to leave, so their silence is obedience. Evidence about a sleeper
        or a device is judged all the same.
        """
        signs: dict[int, tuple[Seat, Observation]] = {}
        stale: list[Seat] = []
        for at, cause in _found(cohorts, instant):
            seat = seat_at(at)
            if seat is not None:
                signs.setdefault(seat.number, (seat, Bad(cause, cohorts.evidence(at, cause, instant))))
                stale += [seat] if cause is Cause.STALE else []
        out = set[int]() if going_home else self._look_at_our_way(stale, assigned)
        condition = cohorts.condition_of(instant) if self._attention else None
        for number, seat in self._attention.items():
            if number not in signs and seat.slot is not None and condition is not None:
                signs[number] = (seat, _sign(condition(seat.slot)))
        heard = not self.blind and not going_home
        for seat, sign in signs.values():
            if heard or seat.number in out or _of_the_sleeper(sign):
                self._judge(seat, sign)
        return Verdict(self.blind, len(stale))

    def _look_at_our_way(self, stale: list[Seat], assigned: int) -> set[int]:
        """Is it our own way that is broken? Returns who is out all the same: the broker told their end."""
        now_s = self._deps.clock.now_s()
        records = ((seat.number, self._deps.fleet.get(seat.pod)) for seat in stale)
        offline = {number: record for number, record in records if record is not None and not record.online}
        gone = sum(not record.breaker.may_couple for record in offline.values())
        was_blind, self.blind = self.blind, own_fault(len(stale) - gone, assigned - gone)
        if self.blind and not was_blind:
            self._blind_s = now_s
        elif was_blind and not self.blind:
            self._excuse(now_s)
        lasting = now_s - self._blind_s >= OWN_FAULT_HOLDS_S
        return set(offline) if lasting else set()

    def _excuse(self, now_s: float) -> None:
        """The time of those on trial does not run while they cannot be heard."""
        for seat in self._attention.values():
            record = self._deps.fleet.get(seat.pod)
            if record is not None:
                record.breaker = seated(record.breaker, now_s)

    def _judge(self, seat: Seat, sign: Observation) -> None:
        record = self._deps.fleet.get(seat.pod)
        if record is None:
            return
        breaker = self._apply(record, seat, sign)
        if breaker.state is BreakerState.CLOSED and not breaker.bad and not breaker.row:
            self._attention.pop(seat.number, None)
        else:
            self.attend(seat)


def _of_the_sleeper(sign: Observation) -> bool:
    """Whether a sign says something of a sleeper or a device, and not of the way to them."""
    return isinstance(sign, Good) or (isinstance(sign, Bad) and kind_of(sign.cause) is not Kind.TRANSPORT)


def _sign(condition: Condition) -> Observation:
    """A frame that is neither sound nor poor is too old: that says nothing of a person."""
    if condition.sound:
        return Good()
    return Bad(Cause.QUALITY) if condition.poor else Tick()


def _severs(transition: Transition) -> bool:
    """Whether the pod is now to say that it is at zero; of one that is lost on its way no word can come."""
    stopped = transition.after in (BreakerState.OPEN, BreakerState.LOCKED)
    return stopped and transition.cause is not None and kind_of(transition.cause) is not Kind.TRANSPORT


def _found(cohorts: Cohorts, instant: int) -> list[tuple[SlotAt, Cause]]:
    if cohorts.calm(instant, QUALITY_OUT):
        return []
    return [
        *((at, Cause.ACTUATOR) for at in cohorts.disobedient(instant)),
        *((at, Cause.STALE) for at in cohorts.missing(instant)),
        *((at, Cause.LOST) for at in cohorts.lossy()),
        *((at, Cause.QUALITY) for at in cohorts.doubtful(instant, QUALITY_OUT)),
    ]
