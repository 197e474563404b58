"""Acts: a Dreamscape from its creation to its end, its artist, and a reading every few seconds."""

from collections.abc import Callable, Sequence
from typing import Final

from dreamd.core.dreamscapes.views import DreamscapeState, DreamscapeView, Plan, SeatState
from dreamd.core.limits import HOP_S
from dreamd.core.pieces.piece import NO_CREDITS, Credits
from dreamd.core.refusals import Refusal
from dreamd.festival.play.house import OPERATOR, HouseOfFestival
from dreamd.festival.timeline import HappeningKind
from dreamd.simulation.processes.pods import Pod

ADMITTED_S: Final = 2.0
STARTED_S: Final = 1.0
READ_EVERY_S: Final = 5.0
HOME_S: Final = 4.0
"""After the end of an act each bed has confirmed zero within so long."""
SEATS_LEAST: Final = 3

Leads = Callable[[float], tuple[Sequence[float], float]]
"""The vector and the share of an artist, by the seconds since the sleepers merge."""


class Act:
    """One Dreamscape, from its creation to its end."""

    def __init__(
        self,
        house: HouseOfFestival,
        name: str,
        beds: Sequence[Pod],
        *,
        share: float = 0.0,
        ceiling: float = 0.15,
    ) -> None:
        """share: of an artist, at most."""
        self._house = house
        self.name = name
        self.beds = tuple(beds)
        self._share = share
        self._ceiling = ceiling
        self.begun_s = 0.0
        self.merged_most = 0
        self.barred = ""
        self._created = False

    def open_act(self) -> bool:
        """Create it, wait for the admissions, and start it; whether it dreams. A refusal is kept."""
        house = self._house
        house.world.dreamscape = self.name
        plan = Plan(
            *(self.name, SEATS_LEAST, max(len(self.beds), 5)),
            pods=tuple(bed.name for bed in self.beds),
            artist_share=self._share,
            ceiling=self._ceiling,
        )
        created = house.answer_of(
            f"the creation of {self.name}", house.app.dreamscapes.create(OPERATOR, plan)
        )
        if isinstance(created, Refusal):
            self.barred = created.code.value
            return False
        self._created = True
        house.let_pass(ADMITTED_S)
        for bed in self.beds:
            self._look_at(bed)
        started = house.answer_of(
            f"the start of {self.name}", house.app.dreamscapes.start(OPERATOR, self.name)
        )
        if isinstance(started, Refusal):
            self.barred = started.code.value
            return False
        house.let_pass(STARTED_S)
        self.begun_s = house.now_s
        return True

    def _look_at(self, bed: Pod) -> None:
        """Keep the refusal of a seat that is not admitted."""
        checks = self._house.app.dreamscapes.explain(self.name, bed.name)
        if isinstance(checks, Refusal):
            return
        for check in checks:
            if not check.passed and check.code:
                call = f"the admission of {bed.name} to {self.name}"
                self._house.keep_refusal(call, check.code, check.sentence, check.metadata)
                return

    @property
    def view(self) -> DreamscapeView:
        """The Dreamscape now."""
        found = self._house.app.dreamscapes.get(self.name)
        assert isinstance(found, DreamscapeView)
        return found

    def play(self, seconds: float, leads: Leads | None = None, words: Credits = NO_CREDITS) -> None:
        """Let it dream for so long; leads: of an artist, words: their own on it."""
        house = self._house
        until_s, read_s = self.begun_s + seconds, house.now_s
        stream = None
        if leads is not None:
            found = house.app.dreamscapes.lead(OPERATOR, self.name, words)
            stream = None if isinstance(found, Refusal) else found
            if isinstance(found, Refusal):
                house.note_refusal(f"the lead of {self.name}", found)
        while house.now_s < until_s - HOP_S / 2.0:
            if stream is not None and leads is not None:
                vector, share = leads(house.now_s - self.begun_s)
                no = stream.offer(vector, share)
                if no is not None:
                    stream = None
            house.run_until(min(until_s, house.now_s + HOP_S))
            if house.now_s >= read_s:
                read_s += READ_EVERY_S
                self.tell_reading()
        if stream is not None:
            stream.close()

    def tell_reading(self) -> None:
        """Tell a reading of it."""
        house = self._house
        if not self._created:
            return
        view = self.view
        shares = [house.watch.share_now(bed.name) for bed in self.beds]
        whole = view.state is DreamscapeState.SEVERED
        severed = sum(
            seat.state is SeatState.SEVERED or (whole and seat.state is not SeatState.LEFT)
            for seat in view.seats
        )
        self.merged_most = max(self.merged_most, sum(share > 0.0 for share in shares))
        house.announce(
            HappeningKind.AUDIENCE,
            f"{self.name}: {sum(share > 0.0 for share in shares)} of {len(self.beds)} are merged",
            merged=sum(share > 0.0 for share in shares),
            seated=sum(seat.state is not SeatState.LEFT for seat in view.seats),
            severed=severed,
            share=round(max(shares, default=0.0), 4),
            state=view.state.value,
            second=round(house.now_s - self.begun_s, 2),
        )

    def close_act(self, why: str, *, wake: bool = False) -> None:
        """End it: everyone is home. wake: the sleepers are woken first."""
        house = self._house
        if not self._created:
            return
        if wake and self.view.state in (DreamscapeState.DREAMING, DreamscapeState.SEVERED):
            house.watch.by_order = True
            house.answer_of(
                f"the waking of {self.name}", house.app.dreamscapes.wake(OPERATOR, self.name, why)
            )
            house.let_pass(HOME_S)
        house.answer_of(f"the end of {self.name}", house.app.dreamscapes.end(OPERATOR, self.name, why))
        house.let_pass(HOME_S)
        house.watch.by_order = False
