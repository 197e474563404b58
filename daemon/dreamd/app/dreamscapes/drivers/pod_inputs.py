"""The inputs of a Dreamscape from its pods: frames, presence, statuses, answers to an assign, events.

A frame that is not taken in is counted and is evidence against its pod. A pod's own event is written into the
journal and counted, and leads to what follows for its seat.
"""

from typing import Final

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.drivers.handed_slots import HandedSlots
from dreamd.app.dreamscapes.drivers.pod_events import GONE, reports_spent_dose, sentence_of, stamps_of
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.senders import may_send
from dreamd.core.consent.pod_refusal import pod_refusal
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.limits import HOP_S
from dreamd.core.safety.breaker import Trip
from dreamd.core.safety.causes import Cause, act, cause_named
from dreamd.fusion.frame_table import FrameVerdict
from dreamwire.messages import Assign, Frame, PodEvent, PodEventKind, Status
from dreamwire.topics import FramesTopic

ORPHAN_AFTER_S: Final = 3.0

EVIDENCE: Final = {
    FrameVerdict.NONFINITE: Cause.NONFINITE,
    FrameVerdict.RANGE: Cause.RANGE,
    FrameVerdict.FROZEN: Cause.FROZEN,
    FrameVerdict.REPLAYED: Cause.REPLAYED,
    FrameVerdict.COPIED: Cause.REPLAYED,
    FrameVerdict.MISFIT: Cause.MISFIT,
    FrameVerdict.CLOCK: Cause.CLOCK,
}
"""The cause of which a frame that was not taken in is evidence."""


class PodInputs:
    """Takes in what the pods of one Dreamscape send. handed: of its last owner, set where it handed over."""

    def __init__(self, dreamscape: Dreamscape, dependencies: Dependencies) -> None:
        self._dreamscape = dreamscape
        self._deps = dependencies
        self.handed = HandedSlots()

    def on_frame(self, topic: FramesTopic, frame: Frame, newest_instant: int) -> None:
        """One frame for one of the cohorts."""
        dreamscape = self._dreamscape
        seat = dreamscape.seats.by_assignment(frame.assignment)
        slot = seat.slot if seat else None
        if seat is None or slot is None:
            self._deps.meters.frame_refused("not-assigned")
            return
        if topic.cohort != slot.cohort or not may_send(self._deps.fleet, topic.sender, seat.pod):
            self._deps.meters.frame_refused("wrong-sender")
            return
        written = dreamscape.cohorts.write(slot, frame, newest_instant + 1)
        if written.sound:
            self._deps.meters.frames_accepted(1, late=int(written is FrameVerdict.LATE))
        else:
            self._deps.meters.frame_refused(written.value)
        # A copy by a gateway is its own doing; a contradiction is of the frame itself, by any way.
        twice = written is FrameVerdict.COPIED and topic.sender != seat.pod
        cause = None if written.sound or twice else EVIDENCE.get(written)
        if cause is not None:
            evidence = f"number {frame.seq} of instant {frame.instant}"
            dreamscape.evaluator.trip(seat, Trip(cause, "a frame", evidence))
        if frame.applied == 0.0 and not frame.fading:
            captured_s = frame.instant * HOP_S - frame.uncertainty_us * 1e-6
            self._deps.tickets.confirm(seat.pod, captured_s)

    def on_presence(self, record: PodRecord, *, rebooted: bool) -> None:
        """The pod has come back, as another process or not, or is gone."""
        dreamscape = self._dreamscape
        seat = dreamscape.seats.of(record.pod)
        if seat is None:
            return
        if dreamscape.state is DreamscapeState.WAKING and (rebooted or not record.online):
            dreamscape.assignment.leave(seat, "gone")
            dreamscape.close_if_home()
        elif rebooted and seat.slot is not None and not dreamscape.going_home:
            dreamscape.assignment.vacate(seat)
            trip = Trip(Cause.STALE, "a reboot", f"incarnation {record.incarnation}")
            dreamscape.evaluator.trip(seat, trip)

    def on_status(self, record: PodRecord, status: Status) -> None:
        """The pod's status: it may have lost its slot, latched, or come home."""
        dreamscape = self._dreamscape
        seat = dreamscape.seats.of(record.pod)
        if seat is None:
            return
        if status.latched:
            dreamscape.assignment.leave(seat, status.latched)
        elif dreamscape.going_home:
            if dreamscape.state is DreamscapeState.WAKING:
                self._on_way_home(seat, record, status)
        elif seat.slot is not None and status.assignment != seat.slot.assignment_id:
            waited_s = dreamscape.cohorts.held_s(seat.slot, dreamscape.instant)
            if waited_s > ORPHAN_AFTER_S and not self._deps.orders.waiting_for(record.pod):
                dreamscape.assignment.vacate(seat)
                dreamscape.admission.refused(seat)
        elif seat.slot is not None:
            dreamscape.keys.remind(seat.slot)
        dreamscape.close_if_home()

    def _on_way_home(self, seat: Seat, record: PodRecord, status: Status) -> None:
        homecoming, severed_s = self._dreamscape.homecoming, self._dreamscape.severed_s
        if not homecoming.is_free(status):
            homecoming.order_again(seat, record, status, self._dreamscape.sever_cause)
        elif homecoming.is_home(status, severed_s):
            self._dreamscape.assignment.leave(seat, "home")

    def adopt(self, record: PodRecord, status: Status) -> bool:
        """A pod reports for the first time since this daemon came back; return whether it has a seat here."""
        seat = self._dreamscape.seats.of(record.pod)
        if seat is None or not seat.returning or seat.sleeper != record.sleeper:
            return False
        record.dreamscape, record.seat = self._dreamscape.plan.dreamscape, seat.number
        closed = self.handed.keeps_closed(record, status)
        self._dreamscape.evaluator.adopt(record, self.handed.trip_of(record, status), closed=closed)
        return True

    def on_assign_answered(self, record: PodRecord, assign: Assign, refused: str) -> None:
        """The pod obeys its assign, or refuses its slot: show that on the seat and ask again later.

        A pod that holds the slot has refused only a new key, which is sent again.
        """
        dreamscape, reason = self._dreamscape, refused
        seat = dreamscape.seats.of(record.pod)
        if not refused:
            dreamscape.keys.obeyed(assign)
            return
        if seat is None or seat.slot is None or seat.slot.assignment_id != assign.assignment:
            return
        if record.status is not None and record.status.assignment == assign.assignment:
            return
        dreamscape.assignment.vacate(seat)
        dreamscape.admission.refused(seat)
        seat.refusal = pod_refusal(seat.pod, reason)
        seat.cause = f"refused: {reason}"
        sentence = f"{seat.pod} refused its seat: {reason}"
        dreamscape.log.write_seat("assign-refused", seat, sentence, reason)

    def on_event(self, record: PodRecord, event: PodEvent) -> None:
        """Write an event from the pod's outbox, count it, and do what follows from it."""
        dreamscape = self._dreamscape
        seat, stamps = dreamscape.seats.of(record.pod), stamps_of(event)
        if event.kind is PodEventKind.MERGED:
            dreamscape.causes.merged(record)
        cause = dreamscape.causes.told(record, event.cause, dreamscape.withheld)
        dreamscape.log.write_pod(
            event.kind.name.lower(),
            record.pod,
            seat,
            sentence_of(record.pod, event, cause, stamps),
            cause,
            stamps,
            acted_s=event.unix_ms / 1000,
        )
        if event.kind is PodEventKind.SEVERED:
            self._deps.meters.severed(cause_named(cause).value)
            if "evidence_to_zero_ms" in stamps:
                self._deps.meters.evidence_to_zero(stamps["evidence_to_zero_ms"] / 1000)
        if seat is not None and event.kind in GONE:
            dreamscape.assignment.leave(seat, event.cause or event.kind.name.lower())
        elif seat is not None and reports_spent_dose(event, seat):
            dreamscape.assignment.release_for(seat, Cause.EXPOSURE)
        seat = dreamscape.seats.of(record.pod)
        waking = dreamscape.state is DreamscapeState.WAKING
        if (
            seat is not None
            and waking
            and dreamscape.homecoming.has_faded(record, event, dreamscape.severed_s)
        ):
            dreamscape.assignment.leave(seat, "home")
        dreamscape.close_if_home()


def tell_unseated(dependencies: Dependencies, record: PodRecord, event: PodEvent) -> None:
    """Write the event of a pod from an unknown Dreamscape, and count its sever."""
    kind, cause = event.kind.name.lower(), act(event.cause, record.zeroed_for)
    dependencies.journal.append(
        dependencies.clock.now_s(),
        kind,
        f"{record.pod} {kind}" + (f": {cause}" if cause else ""),
        dreamscape=event.dreamscape,
        pod=record.pod,
        cause=cause,
        acted_s=event.unix_ms / 1000,
    )
    if event.kind is PodEventKind.SEVERED:
        dependencies.meters.severed(cause_named(cause).value)
