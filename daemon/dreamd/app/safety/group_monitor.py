"""The crowd of one Dreamscape, watched every tick: what it shows, what follows, and who is told.

The statistics stand in `fusion.crowd`, the decisions in `core.severing.crowd`; here they meet seats, breakers
and the journal. In a tick's order: `judge_persons` before the fusion, so that whoever is severed has neither
weight nor coupling in that tick's message; `judge` after it, so that halving or zero is in the same message
as what was seen; `digest` when the message has left.

Rules
- A halving is a shift of what a slot is granted, whatever its own ceiling: once for the crowd, once for
  the person. It goes down at once; the way back is the pods' own slew.
- Whoever is severed for identity stays halved when they come back, until they are themselves again, and
  is judged by what came after: alone, one returns to oneself, and who does not is locked.
- Nothing is halved or severed while nobody may be coupled. Two pods that carry one brain are severed whenever
  they are found: no copy is ever right.
- Every act is an event with its evidence: the values now, and the picture of the last minute.
"""

from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.dependencies import Dependencies
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.dreamscapes.views import BreakerState, IdentityView, RunawayView
from dreamd.core.limits import COHORT_SLOTS, HALVED_FOR_S
from dreamd.core.safety.causes import CAUSES, Cause
from dreamd.core.safety.group import (
    Act,
    GroupState,
    Halve,
    Labelled,
    PersonAct,
    Restore,
    Zero,
    judge_person,
    step,
)
from dreamd.fusion.crosstalk import Pair, Phasors, pair_ppc
from dreamd.fusion.group_statistics import GroupStatistics, Heard, Rows
from dreamwire import blend

if TYPE_CHECKING:
    from dreamd.app.dreamscapes.dreamscape import Dreamscape

SYNCHRONY_EVERY: Final = 4
"""Synchrony is read in ticks whose instant is a multiple of this."""


class GroupMonitor:
    """Watches over one Dreamscape's crowd."""

    def __init__(self, session: "Dreamscape", dependencies: Dependencies) -> None:
        self._session = session
        self._deps = dependencies
        self._of: Cohorts | None = None
        self._state = GroupState()
        self._halved: set[int] = set()
        self._fusion: GroupStatistics | None = None

    @property
    def fusion(self) -> GroupStatistics:
        """The statistics: made when first needed, and anew with the cohorts, which is once, at Start."""
        cohorts = self._session.cohorts
        if self._fusion is None or self._of is not cohorts:
            self._of, self._fusion = cohorts, GroupStatistics(self._session.schema)
            self._halved.clear()
        return self._fusion

    # -- in and out -------------------------------------------------------------------------------

    def take_up(self, seat: Seat) -> None:
        """The seat has been given a slot: its calibration is its own scale."""
        if seat.slot is None:
            return
        record = self._deps.fleet.get(seat.pod)
        told = record.status.calibration if record is not None and record.status is not None else None
        nothing = np.zeros(0, dtype=np.float32)
        template, scale = (told.template_db, told.scale_db) if told else (nothing, nothing)
        row = _row(seat.slot)
        self.fusion.take_up(row, template, scale)
        self._set_shift(row)

    def gone(self, slot: Slot) -> None:
        """The slot has been given back."""
        self.fusion.clear(_row(slot))
        self._halved.discard(_row(slot))
        self._set_shift(_row(slot))

    # -- every tick -------------------------------------------------------------------------------

    def judge_persons(self, *, live: bool) -> None:
        """Before the fusion: copies of one brain, and people who are losing themselves."""
        for pair in self.fusion.crosstalk.take():
            self._one_brain(pair)
        doubted = self.fusion.doubted()
        if doubted and live:
            for row in sorted({*doubted, *self._halved}):
                self._judge_person(row)

    def judge(self, instant: int, now_s: float, *, live: bool) -> None:
        """After the fusion, before the message: what the crowd shows decides what it is granted.

        Args:
            instant: the grid instant that closes.
            now_s: session time.
            live: the Dreamscape dreams, and our own way to the pods is not broken.
        """
        self._observe(instant)
        self._state, acts = step(self._state, self.fusion.signs(), now_s, live=live)
        for act in acts:
            self._follow(act)

    def digest(self) -> None:
        """When the message has left."""
        self.fusion.digest(self._agreement)

    def _observe(self, instant: int) -> None:
        cohorts, fusion = self._session.cohorts, self.fusion
        fused = cohorts.fused
        if fused is None or not cohorts.banks:
            return
        rows, db, included, age, begin = [], [], [], [], 0
        for bank, counted in zip(cohorts.banks, fused.included, strict=True):
            columns = bank.columns
            sound = columns.eligible(instant, bank.occupied)
            here = np.flatnonzero(sound)
            rows.append(here + begin)
            db.append(columns.db[here])
            included.append(counted[here])
            age.append(np.maximum(instant - columns.instant[here], 0))
            begin += columns.slots
        fusion.reserve(begin)
        features = np.concatenate(db) if len(db) > 1 else db[0]
        fusion.observe(
            Heard(
                rows=np.concatenate(rows),
                db=features,
                x=blend.to_shared(features, *self._session.scale),
                included=np.concatenate(included),
                age=np.concatenate(age),
                m=fused.m,
                instant=instant,
            )
        )
        if instant % SYNCHRONY_EVERY == 0:
            fusion.synchronised(fused.synchrony.z, instant)

    def _agreement(self, a: Rows, b: Rows) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
        """PPC of pairs of rows over the last ten seconds, float64[P, B]."""
        return pair_ppc(self._phases(a), self._phases(b))

    def _phases(self, rows: Rows) -> Phasors:
        parts, begin = [], 0
        order = np.zeros(0, dtype=np.int64)
        for phases in self._session.cohorts.fusion.chorus.banks:
            slots = phases.z.shape[1]
            here = np.flatnonzero((rows >= begin) & (rows < begin + slots))
            parts.append(phases.z[:, rows[here] - begin])
            order = np.concatenate([order, here])
            begin += slots
        together = np.concatenate(parts, axis=1)
        found = np.zeros((together.shape[0], len(rows), together.shape[2]), dtype=np.complex64)
        found[:, order] = together
        return found

    # -- what follows -----------------------------------------------------------------------------

    def _follow(self, act: Act) -> None:
        match act:
            case Halve(cause, sign):
                self._shift_all()
                sentence = CAUSES[cause].sentence
                must = f"; zero unless it falls within {HALVED_FOR_S:.0f} s" if cause in _FAST else ""
                self._say(
                    "coupling-halved",
                    f"every coupling is halved, {sentence} ({_than(sign.value, sign.limit)}){must}",
                    cause,
                )
            case Restore(cause):
                self._shift_all()
                self._say("coupling-restored", "couplings are back at their full value", cause)
            case Zero(cause, sign, why):
                self._shift_all()
                self._say("group-severed", f"{CAUSES[cause].sentence}: {why}", cause)
                self._session.sever(cause, f"{CAUSES[cause].sentence} ({_than(sign.value, sign.limit)})")
            case Labelled(cause, label, value):
                seen = f"{CAUSES[cause].sentence}: {label.value}, as it is {value:.2f} without coupling"
                self._say("cause-classified", seen, cause, label=label.value)
            case _:
                assert_never(act)

    def _say(self, kind: str, sentence: str, cause: Cause, label: str = "") -> None:
        self._deps.journal.append(
            self._deps.clock.now_s(),
            kind,
            f"{self._session.plan.dreamscape}: {sentence}",
            dreamscape=self._session.plan.dreamscape,
            cause=label or cause.value,
            values=self.fusion.evidence(cause),
        )

    def _judge_person(self, row: int) -> None:
        seat = self._seat_at(row)
        record = self._deps.fleet.get(seat.pod) if seat is not None else None
        if seat is None or record is None or record.breaker.state is not BreakerState.CLOSED:
            return
        likeness, chance = self.fusion.likeness(row)
        found = judge_person(likeness, chance, halved=row in self._halved)
        told = f"{seat.pod} is {likeness:.2f} like their own first minute"
        match found:
            case PersonAct.NOTHING:
                return
            case PersonAct.HALVE:
                self._halved.add(row)
                self._tell(
                    seat, "coupling-halved", f"the coupling of {seat.pod} is halved: {told}", likeness, chance
                )
            case PersonAct.RESTORE:
                self._halved.discard(row)
                self._tell(
                    seat,
                    "coupling-restored",
                    f"the coupling of {seat.pod} is back at its full value: {told}",
                    likeness,
                    chance,
                )
            case PersonAct.SEVER:
                self._halved.add(row)
                self._tell(seat, "identity-lost", told, likeness, chance)
                self.fusion.identity.restart(row)
                self._session.judge.trip(seat, Cause.IDENTITY, "the daemon", told)
            case _:
                assert_never(found)
        self._set_shift(row)

    def _tell(self, seat: Seat, kind: str, sentence: str, likeness: float, chance: float) -> None:
        self._deps.journal.append(
            self._deps.clock.now_s(),
            kind,
            sentence,
            dreamscape=self._session.plan.dreamscape,
            pod=seat.pod,
            seat=seat.number,
            cause=Cause.IDENTITY.value,
            values={"likeness": likeness, "chance": chance},
        )

    def _one_brain(self, pair: Pair) -> None:
        """Both are severed: nobody can say which pod's brain it is."""
        seats = self._seat_at(pair.a), self._seat_at(pair.b)
        for seat, other in (seats, seats[::-1]):
            if seat is not None and other is not None:
                evidence = (
                    f"one brain with {other.pod}: features correlate by {pair.correlation:.3f}, "
                    f"phases agree by {pair.ppc:.2f} and more in three bands"
                )
                self._session.judge.trip(seat, Cause.CROSSTALK, "the daemon", evidence)

    def _seat_at(self, row: int) -> Seat | None:
        return self._session.seats.at(*divmod(row, COHORT_SLOTS))

    # -- halving ----------------------------------------------------------------------------------

    def _shift_all(self) -> None:
        everyone = int(self._state.halved is not None)
        for bank in self._session.cohorts.banks:
            bank.halved[:] = everyone
        for row in self._halved:
            self._set_shift(row)

    def _set_shift(self, row: int) -> None:
        begin = 0
        for bank in self._session.cohorts.banks:
            slots = bank.columns.slots
            if begin <= row < begin + slots:
                bank.halved[row - begin] = int(self._state.halved is not None) + int(row in self._halved)
            begin += slots

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def halved(self) -> Cause | None:
        """Why every coupling is halved; None: it is not."""
        return self._state.halved

    def identity(self) -> IdentityView:
        """The group's axes."""
        a = self.fusion.identity.axes
        return IdentityView(a.dispersion, a.rank, a.i_self, a.i_others, a.i_diff, a.identified)

    def runaway(self) -> RunawayView:
        """The loop's signs."""
        runaway = self.fusion.runaway
        return RunawayView(runaway.energy.mean, runaway.energy.limit, runaway.centres.correlation)

    def likeness(self, slot: Slot) -> float:
        """One person's likeness to their own first window; NaN: not known."""
        return self.fusion.likeness(_row(slot))[0]


_FAST: Final = (Cause.GAIN, Cause.SYNCHRONY)


def _row(slot: Slot) -> int:
    return slot.cohort * COHORT_SLOTS + slot.slot


def _than(value: float, limit: float) -> str:
    return f"{value:.2f}, limit {limit:.2f}"
