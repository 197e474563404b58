"""Handed slots: what a planned handover lets the next owner of the house take on trust.

Theory of operation. An owner that ends while a standby waits sets everyone to zero and releases no pod. Its
last write names the pods that are well: CLOSED, each with the assignment that it holds. At a pod's first
status the next owner looks for it here. Two questions are apart.

- Is the zero that the pod has stored a trip? Not if the last owner named the pod and the zero is of that
  term: the owner has stated that the breaker was CLOSED after every message of the term. That stays true.
- Does the breaker begin CLOSED? Only where the handover was direct, and the pod still holds that assignment,
  in the same run of its agent, and reports no latch and no fault, nor has before that status. Else its frames
  are scored first, as after a crash.

The pod keeps its assignment, and goes on sending frames at zero, until the next owner's assign replaces it:
an assignment is of one term, and each owner has its own. Nothing here grants: a sleeper is coupled again by a
frame of theirs under the new assignment, and by the ramp from zero.

Rule: a trip stays one. A stored cause other than a zero of the daemon, a lock, or a ledger in doubt is judged
as after a crash.
"""

from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.fleet.registry import PodRecord, PodRegistry
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.safety.causes import Cause
from dreamd.ports.ledger.handovers import HandedSlot, Handover
from dreamwire.messages import Status, StoredSever

HANDED_IN = (DreamscapeState.DREAMING, DreamscapeState.SEVERED)


def handed_by(dreamscape: Dreamscape, fleet: PodRegistry) -> Handover | None:
    """Return the slots of this Dreamscape whose pods are well; None: there are none to hand over.

    An owner has seen nothing for a while of the pods at a lost broker, and vouches for none of them; nor does
    one that lost its terms.
    """
    if dreamscape.state not in HANDED_IN or dreamscape.ownership.lost:
        return None
    slots, lost = [], dreamscape.evaluator.ways.lost
    for seat in dreamscape.holding():
        record, slot = fleet.get(seat.pod), seat.slot
        if slot is None or record is None or seat.disobeyed or record.latched or record.broker in lost:
            continue
        if record.breaker.may_couple and record.incarnation == seat.incarnation:
            term = dreamscape.ownership.held(slot.cohort)
            slots.append(HandedSlot(seat.pod, seat.incarnation, slot.assignment_id, term))
    return Handover(dreamscape.plan.dreamscape, tuple(slots)) if slots else None


class HandedSlots:
    """The slots of one Dreamscape as its last owner left them; none where it did not hand over."""

    def __init__(self, handover: Handover | None = None) -> None:
        self._direct = handover is not None and handover.direct
        self._dreamscape = handover.dreamscape if handover is not None else ""
        self._doubted: set[str] = set()
        self._slots = {slot.pod: slot for slot in handover.slots} if handover is not None else {}

    def doubt(self, pod: str) -> None:
        """This pod has reported a fault before its first status: its breaker does not begin CLOSED."""
        self._doubted.add(pod)

    def trip_of(self, record: PodRecord, status: Status) -> StoredSever | None:
        """The stored sever as far as it may be a trip; None: there is none, or it is the handover's zero."""
        slot, severed = self._slots.get(record.pod), status.severed
        if slot is None or severed is None or severed.cause != Cause.DAEMON.value:
            return severed
        excused = severed.dreamscape == self._dreamscape and severed.term == slot.term
        return None if excused and slot.incarnation == record.incarnation else severed

    def keeps_closed(self, record: PodRecord, status: Status) -> bool:
        """Whether this pod is as well as the last owner left it, by its own first status."""
        slot = self._slots.get(record.pod)
        return (
            self._direct
            and slot is not None
            and record.pod not in self._doubted
            and slot.incarnation == record.incarnation == status.incarnation
            and slot.assignment == status.assignment
            and not status.latched
            and self.trip_of(record, status) is None
        )
