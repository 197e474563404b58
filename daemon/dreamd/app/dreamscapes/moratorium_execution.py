"""The execution of moratoria: what one does to the sleepers that it reaches. It severs and wakes nobody.

Rules
- A Dreamscape that dreams, and of which every seat is reached, is severed as a whole: a person resumes it
  once nothing bars it. Of any other one the reached seats are left, and their pods released: such a pod is
  seated again once its sleeper is checked in anew, as after a sever of a site.
- A start that waits for the ledger is refused where its Dreamscape is reached.
- A pod that appears later in a Dreamscape that dreams, with a seat from before, is left in the same way.
- The retained place holds the moratoria beside the wake order. One that is newer than the book stands again.
"""

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.barred import is_person
from dreamd.app.dreamscapes.dreamscape import NOT_STARTED, Dreamscape
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.fleet.registry import PodRecord
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.refusals import Refusal
from dreamd.core.safety.causes import Cause
from dreamwire.messages import Release, WakeOrder


class MoratoriumExecution:
    """Severs the sleepers that acting moratoria reach."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._dreamscapes = dreamscapes

    def sever_reached(self) -> PendingSever:
        """Set everyone to zero whom a moratorium reaches now: every zero first, then what is written."""
        living = [runtime.dreamscape for runtime in self._dreamscapes.values()]
        whole = [one for one in living if one.state is DreamscapeState.DREAMING and self._covered(one)]
        alone = [
            (one, record)
            for one in living
            if one.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED) and not self._covered(one)
            for record in self._reached(one)
        ]
        for dreamscape in whole:
            dreamscape.zero(Cause.MORATORIUM)
        pods = [seat.pod for one in whole for seat in one.holding()]
        ticket = self._deps.tickets.issue([*pods, *(record.pod for _, record in alone)])
        for dreamscape, record in alone:
            self._leave(dreamscape, record)
        for dreamscape in whole:
            barred = self._barred_as_whole(dreamscape) or self._barred(dreamscape.holding()[0])
            dreamscape.sever(Cause.MORATORIUM, barred.sentence if barred is not None else "")
        for dreamscape in {id(one): one for one, _ in alone}.values():
            dreamscape.keep_record()
        self._overtake(living)
        return ticket

    def sever_due(self) -> None:
        """End what is over, sever where something begins to act, and write."""
        if self._deps.moratoria.pass_time():
            self.sever_reached()
        self._deps.moratoria.show_changes()
        self._deps.moratoria.flush()

    def unseat(self, record: PodRecord) -> None:
        """A pod that is reached leaves the seat that it holds in a Dreamscape that dreams."""
        runtime = self._dreamscapes.seating(record)
        if runtime is None or runtime.dreamscape.state is not DreamscapeState.DREAMING:
            return
        seat = runtime.dreamscape.seats.of(record.pod)
        if seat is not None and (seat.slot is not None or seat.returning) and self._bars(record):
            self._leave(runtime.dreamscape, record)
            runtime.dreamscape.keep_record()

    def on_place(self, found: WakeOrder | None) -> None:
        """The retained place holds something that we did not publish last: moratoria lost with a ledger."""
        if self._deps.moratoria.take_up(found):
            self.sever_reached()
            self._deps.moratoria.flush()

    # -- the reach --------------------------------------------------------------------------------

    def _bars(self, record: PodRecord) -> bool:
        return self._deps.moratoria.barring(record.presence.site, person=is_person(record)) is not None

    def _barred(self, seat: Seat) -> Refusal | None:
        record = self._deps.fleet.get(seat.pod)
        if record is None:
            return None
        return self._deps.moratoria.barring(record.presence.site, person=is_person(record))

    def _barred_as_whole(self, dreamscape: Dreamscape) -> Refusal | None:
        return self._deps.moratoria.barring(dreamscape.plan.site, person=False)

    def _covered(self, dreamscape: Dreamscape) -> bool:
        """Whether every sleeper of it is reached: by its plan, or seat by seat."""
        if self._barred_as_whole(dreamscape) is not None:
            return True
        holding = dreamscape.holding()
        return bool(holding) and all(self._barred(seat) is not None for seat in holding)

    def _reached(self, dreamscape: Dreamscape) -> list[PodRecord]:
        records = (self._deps.fleet.get(seat.pod) for seat in dreamscape.holding())
        return [record for record in records if record is not None and self._bars(record)]

    def _leave(self, dreamscape: Dreamscape, record: PodRecord) -> None:
        dreamscape.cut(record, Cause.MORATORIUM)
        order, now_s = Release(Cause.MORATORIUM.value), self._deps.clock.now_s()
        self._deps.orders.send(record.pod, record.incarnation, order, now_s)

    def _overtake(self, living: list[Dreamscape]) -> None:
        for dreamscape in living:
            barred = self._barred_as_whole(dreamscape) if dreamscape.state in NOT_STARTED else None
            if barred is not None:
                dreamscape.seat_commits.overtaken(barred)
