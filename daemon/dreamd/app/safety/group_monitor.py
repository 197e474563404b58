"""The group monitor of one Dreamscape: every tick it reads the group's signs and decides what follows.

The statistics are `fusion.group_statistics`, the decisions `core.safety.group`; this module applies them to
seats, breakers and the journal. Order in a tick: `judge_persons` before the fusion, so that a severed sleeper
has neither weight nor coupling in that tick's message; `judge` after it, so that a halving or a zero is in
the same message as its evidence; `digest` when the message has left.

Rules
- A halving is a shift of what a slot is granted, below its own ceiling: once for the group, once for the
  person. It goes down at once; the way back is the pods' own slew.
- A sleeper severed for identity stays halved when they come back, until they are like themselves
  again, and is judged by what came after. Alone, a person returns to themselves; else the breaker locks.
- Nothing is halved or severed while no sleeper may be coupled. Two pods that carry one brain are severed
  whenever they are found: no copy is ever right.
- Every act is an event with its evidence: the values now, and those of the last minute.
- Trips and a sever of the Dreamscape are returned as values; the control loop carries them out at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never

import numpy as np

from dreamd.app.collective.cohorts import Cohorts
from dreamd.app.events.dreamscape_log import DreamscapeLog
from dreamd.app.fleet.registry import PodRegistry
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.dreamscapes.views import BreakerState, IdentityView, RunawayView
from dreamd.core.limits import COHORT_SLOTS, HALVED_FOR_S
from dreamd.core.safety.breaker import Trip
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
from dreamd.ports.recordings import Calibrated
from dreamwire import blend
from dreamwire.messages import Floats

SYNCHRONY_EVERY: Final = 4
"""Synchrony is read in ticks whose instant is a multiple of this."""
_FAST: Final = (Cause.GAIN, Cause.SYNCHRONY)


@dataclass(frozen=True, slots=True)
class GroupSever:
    """The whole Dreamscape is to be severed, now."""

    cause: Cause
    reason: str


class GroupMonitor:
    """Monitors the group of one Dreamscape."""

    def __init__(self, seats: Seats, cohorts: Cohorts, fleet: PodRegistry, log: DreamscapeLog) -> None:
        self._seats = seats
        self._cohorts = cohorts
        self._fleet = fleet
        self._log = log
        self.start_over()

    def start_over(self) -> None:
        """Begin anew, as the cohorts have: nothing is known and nothing is halved."""
        self._state = GroupState()
        self._halved: set[int] = set()
        self._measured = np.zeros(0, dtype=np.bool_)
        self._calibrated: dict[int, tuple[Floats, Floats]] = {}
        self._fusion: GroupStatistics | None = None

    @property
    def fusion(self) -> GroupStatistics:
        """The statistics, made when they are first needed."""
        if self._fusion is None:
            self._fusion = GroupStatistics(self._cohorts.schema)
        return self._fusion

    # -- in and out -------------------------------------------------------------------------------

    def take_up(self, seat: Seat) -> None:
        """The seat has been given a slot: its calibration is its own scale."""
        if seat.slot is None:
            return
        record = self._fleet.get(seat.pod)
        told = record.status.calibration if record is not None and record.status is not None else None
        nothing = np.zeros(0, dtype=np.float32)
        template, scale = (told.template_db, told.scale_db) if told else (nothing, nothing)
        row = _row(seat.slot)
        self.fusion.take_up(row, template, scale)
        self._calibrated[row] = template, scale
        self._set_shift(row)

    def gone(self, slot: Slot) -> None:
        """The slot has been given back."""
        self.fusion.clear(_row(slot))
        if _row(slot) < len(self._measured):
            self._measured[_row(slot)] = False
        self._calibrated.pop(_row(slot), None)
        self._halved.discard(_row(slot))
        self._set_shift(_row(slot))

    def take_calibrated(self) -> tuple[Calibrated, ...]:
        """Return the rows given since this was last asked, for a recording."""
        banks = self._cohorts.banks
        if not self._calibrated or not banks:
            return ()
        given, self._calibrated = self._calibrated, {}
        slots = banks[0].columns.slots
        return tuple(Calibrated(*divmod(row, slots), *own) for row, own in given.items())

    # -- every tick -------------------------------------------------------------------------------

    def judge_persons(self, *, live: bool) -> Iterator[tuple[Seat, Trip]]:
        """Before the fusion: yield each seat to trip, to be tripped before the next is asked for.

        Pods that carry one brain come first, both of a pair, for either may be the copy. Then come the
        sleepers that are losing themselves.
        """
        for pair in self.fusion.crosstalk.take_pairs():
            yield from self._one_brain(pair)
        doubted = self.fusion.doubted()
        if doubted and live:
            for row in sorted({*doubted, *self._halved}):
                yield from self._judge_person(row)

    def judge(self, instant: int, now_s: float, *, live: bool) -> GroupSever | None:
        """After the fusion, before the message: halve, restore, or return the sever of the Dreamscape.

        Args:
            instant: the grid instant that closes.
            now_s: session time.
            live: the Dreamscape is DREAMING, and our own uplink is not lost.
        """
        self._observe(instant)
        self._state, acts = step(self._state, self.fusion.signs(), now_s, live=live)
        severs = [self._follow(act) for act in acts]
        return next((sever for sever in severs if sever is not None), None)

    def digest(self) -> None:
        """When the message has left."""
        self.fusion.digest(lambda a, b: pair_ppc(self._phases(a), self._phases(b)))
        known = np.isfinite(self.fusion.identity.likeness)
        known[: len(self._measured)] |= self._measured[: len(known)]
        self._measured = known

    def _observe(self, instant: int) -> None:
        cohorts, fusion = self._cohorts, self.fusion
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
                x=blend.to_shared(features, *cohorts.scale),
                included=np.concatenate(included),
                age=np.concatenate(age),
                m=fused.m,
                instant=instant,
            )
        )
        if instant % SYNCHRONY_EVERY == 0:
            fusion.synchronised(fused.synchrony.z, instant)

    def _phases(self, rows: Rows) -> Phasors:
        parts, begin = [], 0
        order = np.zeros(0, dtype=np.int64)
        for phases in self._cohorts.fusion.chorus.banks:
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

    def _follow(self, act: Act) -> GroupSever | None:
        match act:
            case Halve(cause, sign):
                self._shift_all()
                sentence = CAUSES[cause].sentence
                must = f"; zero unless it falls within {HALVED_FOR_S:.0f} s" if cause in _FAST else ""
                self._write(
                    "coupling-halved",
                    f"every coupling is halved, {sentence} ({_than(sign.value, sign.limit)}){must}",
                    cause,
                )
            case Restore(cause):
                self._shift_all()
                self._write("coupling-restored", "couplings are back at their full value", cause)
            case Zero(cause, sign, why):
                self._shift_all()
                self._write("group-severed", f"{CAUSES[cause].sentence}: {why}", cause)
                return GroupSever(cause, f"{CAUSES[cause].sentence} ({_than(sign.value, sign.limit)})")
            case Labelled(cause, label, value):
                seen = f"{CAUSES[cause].sentence}: {label.value}, as it is {value:.2f} without coupling"
                self._write("cause-classified", seen, cause, label=label.value)
            case _:
                assert_never(act)
        return None

    def _write(self, kind: str, sentence: str, cause: Cause, label: str = "") -> None:
        sentence = f"{self._log.dreamscape}: {sentence}"
        self._log.append_event(kind, sentence, label or cause.value, values=self.fusion.evidence(cause))

    def _judge_person(self, row: int) -> Iterator[tuple[Seat, Trip]]:
        seat = self._seat_at(row)
        record = self._fleet.get(seat.pod) if seat is not None else None
        if seat is None or record is None or record.breaker.state is not BreakerState.CLOSED:
            return
        likeness, chance = self.fusion.likeness(row)
        values = {"likeness": likeness, "chance": chance}
        evidence = f"{seat.pod} is {likeness:.2f} like their own first minute"
        found = judge_person(likeness, chance, halved=row in self._halved)
        match found:
            case PersonAct.NOTHING:
                return
            case PersonAct.HALVE:
                self._halved.add(row)
                sentence = f"the coupling of {seat.pod} is halved: {evidence}"
                self._log.write_seat("coupling-halved", seat, sentence, Cause.IDENTITY.value, values)
            case PersonAct.RESTORE:
                self._halved.discard(row)
                sentence = f"the coupling of {seat.pod} is back at its full value: {evidence}"
                self._log.write_seat("coupling-restored", seat, sentence, Cause.IDENTITY.value, values)
            case PersonAct.SEVER:
                self._halved.add(row)
                self._log.write_seat("identity-lost", seat, evidence, Cause.IDENTITY.value, values)
                self.fusion.identity.restart(row)
                yield seat, Trip(Cause.IDENTITY, "the daemon", evidence)
            case _:
                assert_never(found)
        self._set_shift(row)

    def _one_brain(self, pair: Pair) -> Iterator[tuple[Seat, Trip]]:
        seats = self._seat_at(pair.a), self._seat_at(pair.b)
        for seat, other in (seats, seats[::-1]):
            if seat is not None and other is not None:
                evidence = (
                    f"one brain with {other.pod}: features correlate by {pair.correlation:.3f}, "
                    f"phases agree by {pair.ppc:.2f} and more in three bands"
                )
                yield seat, Trip(Cause.CROSSTALK, "the daemon", evidence)

    def _seat_at(self, row: int) -> Seat | None:
        return self._seats.at(*divmod(row, COHORT_SLOTS))

    # -- halving ----------------------------------------------------------------------------------

    def _shift_all(self) -> None:
        everyone = int(self._state.halved is not None)
        for bank in self._cohorts.banks:
            bank.halved[:] = everyone
        for row in self._halved:
            self._set_shift(row)

    def _set_shift(self, row: int) -> None:
        begin = 0
        for bank in self._cohorts.banks:
            slots = bank.columns.slots
            if begin <= row < begin + slots:
                bank.halved[row - begin] = int(self._state.halved is not None) + int(row in self._halved)
            begin += slots

    # -- what is shown ----------------------------------------------------------------------------

    @property
    def halved(self) -> Cause | None:
        """The cause for which every coupling is halved; None: it is not."""
        return self._state.halved

    def identity(self) -> IdentityView:
        """The group's axes."""
        a = self.fusion.identity.axes
        return IdentityView(a.dispersion, a.rank, a.i_self, a.i_others, a.i_diff, a.identified)

    def runaway(self) -> RunawayView:
        """The loop's signs."""
        runaway = self.fusion.runaway
        return RunawayView(runaway.energy.mean, runaway.energy.limit, runaway.centres.correlation)

    def measured(self, slot: Slot) -> bool:
        """Whether the sleeper's likeness to their own first window was ever known in this slot."""
        row = _row(slot)
        return row < len(self._measured) and bool(self._measured[row])

    def likeness(self, slot: Slot) -> float:
        """Return one person's likeness to their own first window; NaN: not known."""
        return self.fusion.likeness(_row(slot))[0]


def _row(slot: Slot) -> int:
    return slot.cohort * COHORT_SLOTS + slot.slot


def _than(value: float, limit: float) -> str:
    return f"{value:.2f}, limit {limit:.2f}"
