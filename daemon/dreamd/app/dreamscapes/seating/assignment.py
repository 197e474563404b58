"""Assignment: the one order in which a seat is given a slot and a slot is given back.

Given: the slot, its pod's assign, its exposure, its place in the group, its breaker's scoring, then the
event. Given back: its exposure, its columns, its place in the group, the cohort's key, its breaker's
attention, its pod's record, then the event. A slot that is given back is in no later message.
"""

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.collective.exposure_meter import ExposureMeter
from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.record import RecordWriter
from dreamd.app.dreamscapes.seating.admission import Admission
from dreamd.app.dreamscapes.seating.cohort_keys import CohortKeys
from dreamd.app.durability.fencing import TermFence
from dreamd.app.events.dreamscape_log import DreamscapeLog
from dreamd.app.people.exposure import ExposureAccounting
from dreamd.app.safety.breaker_evaluator import BreakerEvaluator
from dreamd.app.safety.first_causes import FirstCauses
from dreamd.app.safety.group_monitor import GroupMonitor
from dreamd.core.clinic.restoration import Centre
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import SeatState
from dreamd.core.safety.causes import Cause
from dreamwire.messages import Release


class Assignment:
    """Gives the seats of one Dreamscape their slots, and takes them back. version: counts the changes."""

    def __init__(
        self,
        dependencies: Dependencies,
        *,
        seats: Seats,
        cohorts: Cohorts,
        ownership: TermFence,
        admission: Admission,
        exposure: ExposureAccounting,
        evaluator: BreakerEvaluator,
        monitor: GroupMonitor,
        keys: CohortKeys,
        causes: FirstCauses,
        records: RecordWriter,
        log: DreamscapeLog,
    ) -> None:
        self._deps = dependencies
        self._seats = seats
        self._cohorts = cohorts
        self._meter = ExposureMeter(cohorts)
        self._ownership = ownership
        self._admission = admission
        self._exposure = exposure
        self._evaluator = evaluator
        self._monitor = monitor
        self._keys = keys
        self._causes = causes
        self._records = records
        self._log = log
        self.version = 0

    def give(self, seat: Seat, instant: int) -> None:
        """Give a slot to a seat that is in the ledger; without a slot, or a term for it, the seat waits."""
        if not self._seats.slots_left:
            self._admission.exhausted(seat)
            self._exposure.gone(seat, 0.0)
            return
        if self._ownership.lacking(self._seats.upcoming(1), 0.0):
            seat.state = SeatState.WAITING
            return
        self._admission.assign(seat, instant, self._exposure.dose_at_assign(seat))
        self._exposure.seated(seat)
        self._monitor.take_up(seat)
        record = self._deps.fleet.get(seat.pod)
        if record is not None and not record.breaker.may_couple:
            self._deps.locks.restart_scoring(record)
            self._evaluator.attend(seat)
        self.version += 1
        self._log.write_seat("assigned", seat, f"{seat.pod} takes seat {seat.number}")

    def give_anew(self, seat: Seat, instant: int) -> None:
        """Give the seat another slot: its sleeper begins at zero; where no slot is left the seat waits."""
        ready = self._seats.slots_left and not self._ownership.lacking(self._seats.upcoming(1), 0.0)
        self.vacate(seat, stays=bool(ready))
        self.give(seat, instant)

    def vacate(self, seat: Seat, *, stays: bool = False) -> None:
        """The seat loses its slot and waits for another one; stays: it gets one in this very step."""
        self._take_back(seat, self._seats.void(seat), stays=stays)
        self.version += 1

    def leave(self, seat: Seat, cause: str) -> None:
        """The seat's sleeper goes: slot, weight and every trace in the sums go with them."""
        self._take_back(seat, self._seats.leave(seat, cause))
        record = self._deps.fleet.get(seat.pod)
        if record is not None and record.dreamscape == self._log.dreamscape:
            record.dreamscape, record.seat = "", 0
            self._causes.left(record, cause)
            self._deps.fleet.changed(record, self._deps.clock.now_s())
        self.version += 1
        self._records.changed = True
        self._log.write_seat("left", seat, f"{seat.pod} leaves seat {seat.number}: {cause}", cause)

    def release_for(self, seat: Seat, cause: Cause) -> None:
        """Take the seat's sleeper out of every later message and release its pod."""
        self._deps.tickets.issue([seat.pod] if seat.slot else [])
        self.leave(seat, cause.value)
        self._deps.orders.send(seat.pod, seat.incarnation, Release(cause.value), self._deps.clock.now_s())

    def _take_back(self, seat: Seat, slot: Slot | None, *, stays: bool = False) -> None:
        if slot is not None:
            self._exposure.gone(seat, self._meter.vacated_min(slot), stays=stays)
            if self._monitor.measured(slot):
                self._deps.nights.measured(seat.sleeper)
            self._deps.sittings.left_slot(seat.sleeper, self._centre(slot))
            self._cohorts.vacate(slot)
            self._monitor.gone(slot)
            self._keys.taken_back(slot)
        self._evaluator.forget_seat(seat)

    def _centre(self, slot: Slot) -> Centre | None:
        """The collective that the sleeper in this slot was drawn to."""
        db = self._cohorts.centre_of(slot)
        if db is None:
            return None
        return Centre(tuple(db.tolist()), tuple(map(float, self._cohorts.scale[1])))
