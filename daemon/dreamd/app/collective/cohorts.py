"""The cohorts of one Dreamscape: the newest frames by column, and the broadcast made of them.

Here seats have become numbers. A bank of rows holds all cohorts that the Dreamscape's seats can fill, 256
rows each, allocated when the first is opened; the next bank comes when slots have been given and left so
often that it is full. Everything that happens per tick is one pass over a bank's columns; what happens
per frame or per change (a slot given, a breaker moved) touches one row. A slot that is not allowed has
weight zero and coupling zero in the same message, because both are read from one mask.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from dreamd.app.collective.slot_table import SlotTable
from dreamd.app.stage.live_lead import NOBODY
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import NOTHING, Reading
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.fleet.freshness import SILENCE, Word
from dreamd.core.limits import (
    ALONE_WITHIN_S,
    COHORT_SLOTS,
    HOP_S,
    LOST_WINDOW_S,
    QUALITY_IN,
)
from dreamd.core.safety.breaker import Breaker
from dreamd.core.safety.causes import Cause
from dreamd.fusion.collective import Fused, Fusion
from dreamd.fusion.frame_table import FrameVerdict, Mask
from dreamwire.blend import coupling_to_byte
from dreamwire.messages import Collective, Floats, Frame
from dreamwire.schema import WIRE_REVISION, Schema

__all__ = ["GRACE_HOPS", "OUTLIVES_S", "Cohorts", "Condition", "SlotAt", "SlotTable"]

GRACE_HOPS = round(3.0 / HOP_S)
"""A pod has this long after its assign before missing frames count."""
OUTLIVES_S = ALONE_WITHIN_S
"""A permission lives this long after the last message that gave it."""


@dataclass(frozen=True, slots=True)
class SlotAt:
    """Where something was found: cohort and slot."""

    cohort: int
    slot: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Of one slot's newest frame: sound, so that it may be scored; poor: new, and its quality is too low."""

    sound: bool
    poor: bool


class Cohorts:
    """All cohorts of one Dreamscape of so many seats."""

    def __init__(self, schema: Schema, mu_db: Floats, sigma_db: Floats, seats: int) -> None:
        self._schema = schema
        self.bands = tuple(band.name for band in schema.phase_bands)
        self._zeros = np.zeros(schema.size, dtype=np.float32)
        self._scale = mu_db, sigma_db
        self._fusion: Fusion | None = None
        self._a_bank = max(-(-seats // COHORT_SLOTS), 1)
        self._banks: list[SlotTable] = []
        self._opened = 0
        self._used: dict[int, int] = {}
        self.fused: Fused | None = None
        self.tick_number = 0
        self.level = 0.0
        self.artist = NOBODY
        self._lost = 0
        self._frames_above = 0
        self._counted: tuple[int, int, int] | None = None
        self._lived_to: int | None = None

    @property
    def fusion(self) -> Fusion:
        """The fusion, made when it is first needed: a Dreamscape that only gathers holds no arrays."""
        if self._fusion is None:
            self._fusion = Fusion(self._schema, *self._scale)
        return self._fusion

    def _open(self, cohort: int) -> None:
        """Make room for cohorts up to this one."""
        self._opened = max(self._opened, cohort + 1)
        while self._opened > len(self._banks) * self._a_bank:
            self._banks.append(SlotTable.of(self._schema, self._a_bank * COHORT_SLOTS))

    def _of(self, slot: Slot | SlotAt) -> tuple[SlotTable, int]:
        """The bank and the row of a slot."""
        if slot.cohort >= self._opened:
            self._open(slot.cohort)
        bank, cohort = divmod(slot.cohort, self._a_bank)
        return self._banks[bank], cohort * COHORT_SLOTS + slot.slot

    def where(self, masks: Iterable[Mask]) -> list[SlotAt]:
        """The slots that one mask a bank shows."""
        found = []
        for number, mask in enumerate(masks):
            for row in mask.nonzero()[0].tolist():
                cohort, slot = divmod(row, COHORT_SLOTS)
                found.append(SlotAt(number * self._a_bank + cohort, slot))
        return found

    def occupy(self, slot: Slot, instant: int, breaker: Breaker, *, joins: bool = False) -> None:
        """A slot has been given, to somebody whose breaker is this; `joins`: they had none before."""
        bank, row = self._of(slot)
        self._counted = bank.seen = None
        self._used[slot.cohort] = max(self._used.get(slot.cohort, 0), slot.slot + 1)
        bank.columns.clear(row)
        bank.grants.clear(row, instant)
        bank.occupied[row] = True
        bank.allowed[row] = breaker.may_couple
        bank.away[row] = breaker.away or (joins and not breaker.may_couple)
        bank.since[row] = instant
        bank.most[row] = 0
        bank.rate[row] = bank.lived_min[row] = 0.0

    def limit(self, slot: Slot, ceiling: float) -> None:
        """The sleeper's own ceiling, 0..1, from the next message on."""
        bank, row = self._of(slot)
        bank.most[row] = coupling_to_byte(ceiling)

    def charged(self, slot: Slot, left_min: float) -> None:
        """What was taken out has been charged; so many merge-minutes are left for what is lived since."""
        bank, row = self._of(slot)
        bank.left_min[row] = left_min

    def charging(self, slot: Slot) -> None:
        """What was lived is on its way to the ledger: take it out, of what is left as well."""
        bank, row = self._of(slot)
        bank.left_min[row] -= bank.lived_min[row]
        bank.lived_min[row] = 0.0

    def lived_min(self, slot: Slot) -> float:
        """Merge-minutes lived since they were last charged, up to the last message."""
        bank, row = self._of(slot)
        return float(bank.lived_min[row])

    def vacated_min(self, slot: Slot) -> float:
        """The same for one who is to be granted nothing more: up to the end of their last fade."""
        bank, row = self._of(slot)
        last = max(bank.grants.largest(row), float(bank.rate[row]))
        return self.lived_min(slot) + last * OUTLIVES_S / 60.0

    def overexposed(self) -> list[SlotAt]:
        """Slots whose sleepers have lived all that the limit leaves them."""
        return self.where(b.occupied & ~(b.lived_min < b.left_min) for b in self._banks)

    def vacate(self, slot: Slot) -> None:
        """A slot's assignment has ended; its every trace leaves the sums with the next tick."""
        bank, row = self._of(slot)
        self._counted = bank.seen = None
        bank.occupied[row] = bank.allowed[row] = bank.away[row] = False
        bank.granted[row] = 0
        bank.columns.clear(row)

    def close(self, cohort: int) -> None:
        """The cohort is in no later message; a slot given in it opens it again."""
        self._used.pop(cohort, None)

    def moved(self, slot: Slot, breaker: Breaker) -> None:
        """Whether this slot may have weight and coupling, from the next message on."""
        bank, row = self._of(slot)
        bank.allowed[row] = breaker.may_couple
        scored = breaker.state is BreakerState.HALF_OPEN
        bank.away[row] = breaker.away or (scored and bank.away[row])
        self._counted = None

    def write(self, slot: Slot, frame: Frame, newest_instant: int) -> FrameVerdict:
        """Take in one frame."""
        bank, row = self._of(slot)
        bank.seen = None
        return bank.columns.write(row, frame, newest_instant)

    def calm(self, instant: int, quality_out: float) -> bool:
        """Whether nobody is `disobedient`, `missing`, `lossy` or `doubtful`: most ticks are so."""
        for bank in self._banks:
            columns = bank.columns
            well = bank.recent(instant) & (columns.quality >= quality_out)
            ill = ~well | columns.lossy() | bank.grants.disobeyed(columns, instant)
            if (bank.occupied & ill).any():
                return False
        return True

    def missing(self, instant: int) -> list[SlotAt]:
        """Slots whose frames are due and more than three hops old, or never came."""
        return self.where(
            b.occupied & ~b.recent(instant) & (instant - b.since > GRACE_HOPS) for b in self._banks
        )

    def doubtful(self, instant: int, quality_out: float) -> list[SlotAt]:
        """Slots whose newest frame is fresh, not looked at before, and of a quality that is not enough."""
        return self.where(
            b.occupied & b.anew(instant) & b.recent(instant) & ~(b.columns.quality >= quality_out)
            for b in self._banks
        )

    def lossy(self) -> list[SlotAt]:
        """Slots that lost more than a fifth of the last ten seconds' frames."""
        return self.where(b.occupied & b.columns.lossy() for b in self._banks)

    def disobedient(self, instant: int) -> list[SlotAt]:
        """Slots whose frames say, two running, that more is rendered than was granted."""
        return self.where(b.occupied & b.grants.disobeyed(b.columns, instant) for b in self._banks)

    def evidence(self, at: SlotAt, cause: Cause, instant: int) -> str:
        """What was seen of this slot that speaks for this cause, in words."""
        bank, row = self._of(at)
        columns = bank.columns
        match cause:
            case Cause.ACTUATOR:
                return f"renders {columns.applied[row]:.3f}, granted {bank.grants.largest(row):.3f}"
            case Cause.QUALITY:
                return f"quality {columns.quality[row]:.2f}"
            case Cause.STALE if columns.present[row]:
                return f"no data for {HOP_S * (instant - int(columns.instant[row])):.1f} s"
            case Cause.STALE:
                return (
                    f"no data for {HOP_S * (instant - int(bank.since[row])):.1f} s since the slot was given"
                )
            case _:
                return f"{columns.lost_lately(row)} frames lost in {LOST_WINDOW_S:.0f} s"

    def condition_of(self, instant: int) -> Callable[[Slot], Condition]:
        """Return who says of any slot how its newest frame is at this grid instant."""
        sound = [b.columns.eligible(instant, np.ones(b.columns.slots, dtype=np.bool_)) for b in self._banks]
        poor = [b.anew(instant) & b.recent(instant) & ~(b.columns.quality >= QUALITY_IN) for b in self._banks]

        def condition(slot: Slot) -> Condition:
            bank, cohort = divmod(slot.cohort, self._a_bank)
            row = cohort * COHORT_SLOTS + slot.slot
            return Condition(bool(sound[bank][row]), bool(poor[bank][row]))

        return condition

    def fuse(self, instant: int) -> Fused:
        """Fuse the newest frames at this grid instant."""
        self._lost += sum(bank.columns.advance(instant) for bank in self._banks)
        self.fused = self.fusion.tick(
            [bank.columns for bank in self._banks],
            [bank.allowed for bank in self._banks],
            instant,
        )
        return self.fused

    def broadcasts(
        self, dreamscape: str, instant: int, level: float, term_of: Callable[[int], int]
    ) -> list[Collective]:
        """One message a cohort that is open: the collective, and `level` for whoever is included in it.

        Its arrays end with the highest slot that was given in it.

        With `level` zero (or nothing fused yet) every coupling is zero: this is how everyone is severed.
        """
        self.tick_number += 1
        self.level = level
        self._live(instant)
        fused = self.fused
        artist, share = self.artist if level > 0.0 else NOBODY
        zeros = self._zeros
        spoken = [self._grant(number, instant, level) for number in range(len(self._banks))]
        messages = []
        for cohort, used in sorted(self._used.items()):
            bank, place = divmod(cohort, self._a_bank)
            rows = slice(place * COHORT_SLOTS, place * COHORT_SLOTS + used)
            granted, answered = spoken[bank]
            messages.append(
                Collective(
                    dreamscape=dreamscape,
                    cohort=cohort,
                    tick=self.tick_number,
                    instant=instant,
                    term=term_of(cohort),
                    min_reader=WIRE_REVISION,
                    r=fused.r if fused else zeros,
                    m=fused.m if fused else zeros,
                    sum=fused.s if fused else zeros,
                    weight=fused.w if fused else 0.0,
                    artist=artist,
                    share=share,
                    coupling=granted[rows],
                    answered=answered[rows],
                    phase_means=fused.phase_means if fused else zeros[:0].reshape(0, 2),
                )
            )
        return messages

    def _grant(self, number: int, instant: int, level: float) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        """What one bank's sleepers are granted, uint8[slots], and for which frames, uint16[slots]."""
        bank, fused = self._banks[number], self.fused
        byte = coupling_to_byte(level)
        if fused is not None and number < len(fused.included):
            included = fused.included[number]
            granted = np.minimum((included & bank.allowed) * np.uint8(byte), bank.most) >> bank.halved
            answered = bank.columns.answered(included)
        else:
            granted = np.zeros(bank.columns.slots, dtype=np.uint8)
            answered = np.zeros(bank.columns.slots, dtype=np.uint16)
        bank.granted = granted
        bank.grants.note(instant, granted)
        bank.bound(instant)
        return granted, answered

    def _live(self, instant: int) -> None:
        hops = instant - self._lived_to if self._lived_to is not None else 0
        self._lived_to = instant
        for bank in self._banks:
            bank.live(min(hops * HOP_S, OUTLIVES_S + HOP_S))

    def forgive(self, instant: int) -> None:
        """Our own way is broken: what is missing now, and until it is whole, nobody has lost."""
        for bank in self._banks:
            bank.columns.forgive(instant)

    def forget(self) -> None:
        """Nothing is fused any more: what is broadcast until the next tick holds nobody's state."""
        self.fused = None

    def counts(self) -> tuple[int, int, int]:
        """(assigned, healthy, away): occupied slots, those whose breaker is closed, those away (`quorum`)."""
        if self._counted is None:
            assigned = sum(int(np.count_nonzero(b.occupied)) for b in self._banks)
            healthy = sum(int(np.count_nonzero(b.occupied & b.allowed)) for b in self._banks)
            away = sum(int(np.count_nonzero(b.occupied & b.away)) for b in self._banks)
            self._counted = assigned, healthy, away
        return self._counted

    def held_s(self, slot: Slot, instant: int) -> float:
        """Seconds since this slot was given."""
        bank, row = self._of(slot)
        return float(instant - bank.since[row]) * HOP_S

    def take_lost(self) -> int:
        """Frames found lost since this was last asked."""
        lost, self._lost = self._lost, 0
        return lost

    @property
    def banks(self) -> tuple[SlotTable, ...]:
        """The columns, to be read."""
        return tuple(self._banks)

    def take_frames_above(self) -> int:
        """Frames that said so, since this was last asked."""
        found = sum(bank.grants.frames_above for bank in self._banks)
        taken, self._frames_above = found - self._frames_above, found
        return taken

    def merged(self, instant: int) -> int:
        """How many pods say, in a frame that is not stale, that they render a share above zero."""
        return sum(
            int(np.count_nonzero(b.occupied & (b.columns.applied > 0.0) & b.recent(instant)))
            for b in self._banks
        )

    def word(self, slot: Slot, now_s: float) -> Word:
        """The newest frame of this slot; its age counts from the instant that it speaks of."""
        if slot.cohort >= self._opened:
            return SILENCE
        bank, row = self._of(slot)
        columns = bank.columns
        if not columns.present[row]:
            return SILENCE
        age_s = max(0.0, now_s - int(columns.instant[row]) * HOP_S)
        return Word(float(columns.applied[row]), float(columns.quality[row]), age_s)

    def unheard(self, now_s: float) -> int:
        """How many of those who have a slot have said nothing for too long, since it was given at least."""
        oldest = (now_s - ALONE_WITHIN_S) / HOP_S
        spoke = (np.where(b.columns.present, b.columns.instant, b.since) for b in self._banks)
        silent = (b.occupied & ~(at >= oldest) for b, at in zip(self._banks, spoke, strict=True))
        return sum(int(np.count_nonzero(mask)) for mask in silent)

    def reading(self, slot: Slot) -> Reading:
        """What the last tick says of this slot."""
        if slot.cohort >= self._opened:
            return NOTHING
        bank, row = self._of(slot)
        number = slot.cohort // self._a_bank
        distance, synchrony = 0.0, nan
        if self.fused and number < len(self.fused.residuals):
            distance = float(self.fused.residuals[number][row])
            synchrony = float(self.fused.own_synchrony[number][row])
        return Reading(
            granted=int(bank.granted[row]) / 255,
            distance=distance,
            synchrony=synchrony,
        )
