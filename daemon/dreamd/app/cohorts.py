"""The cohorts of one Dreamscape: the newest frames by column, and the broadcast made of them.

Here seats have become numbers. Everything that happens per tick is one pass over columns; what happens
per frame or per change (a slot given, a breaker moved) touches one row. A slot that is not allowed has
weight zero and coupling zero in the same message, because both are read from one mask.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamd.app.seats import NOTHING, Reading
from dreamd.core.limits import COHORT_SLOTS, HOP_S
from dreamd.core.session.roster import Slot
from dreamd.fusion.collective import Fused, Fusion
from dreamd.fusion.columns import Columns, Mask, Written
from dreamwire.blend import coupling_to_byte
from dreamwire.messages import Collective, Floats, Frame
from dreamwire.schema import WIRE_REVISION, Schema

GRACE_HOPS = round(3.0 / HOP_S)
"""A pod has this long after its assign before missing frames count."""


@dataclass(slots=True)
class Cohort:
    """One cohort's columns and who may take part. granted: uint8[slots], as last broadcast."""

    columns: Columns
    occupied: Mask
    allowed: Mask
    since: NDArray[np.int64]
    granted: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SlotAt:
    """Where something was found: cohort and slot."""

    cohort: int
    slot: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Of one cohort, bool[slots]: sound frames may be scored; of fresh ones only the quality is too low."""

    sound: Mask
    fresh: Mask


class Cohorts:
    """All cohorts of one Dreamscape."""

    def __init__(self, schema: Schema, mu_db: Floats, sigma_db: Floats) -> None:
        self._schema = schema
        self._fusion = Fusion(schema, mu_db, sigma_db)
        self._cohorts: list[Cohort] = []
        self.fused: Fused | None = None
        self.tick_number = 0
        self._lost = 0

    def _cohort(self, number: int) -> Cohort:
        while number >= len(self._cohorts):
            self._cohorts.append(
                Cohort(
                    Columns(self._schema),
                    np.zeros(COHORT_SLOTS, dtype=np.bool_),
                    np.zeros(COHORT_SLOTS, dtype=np.bool_),
                    np.zeros(COHORT_SLOTS, dtype=np.int64),
                    np.zeros(COHORT_SLOTS, dtype=np.uint8),
                )
            )
        return self._cohorts[number]

    def occupy(self, slot: Slot, instant: int, *, allowed: bool) -> None:
        """A slot has been given."""
        cohort = self._cohort(slot.cohort)
        cohort.columns.clear(slot.slot)
        cohort.occupied[slot.slot] = True
        cohort.allowed[slot.slot] = allowed
        cohort.since[slot.slot] = instant

    def vacate(self, slot: Slot) -> None:
        """A slot's assignment has ended; its every trace leaves the sums with the next tick."""
        cohort = self._cohort(slot.cohort)
        cohort.occupied[slot.slot] = cohort.allowed[slot.slot] = False
        cohort.granted[slot.slot] = 0
        cohort.columns.clear(slot.slot)

    def allow(self, slot: Slot, *, allowed: bool) -> None:
        """Whether this slot may have weight and coupling, from the next message on."""
        self._cohort(slot.cohort).allowed[slot.slot] = allowed

    def write(self, slot: Slot, frame: Frame, newest_instant: int) -> Written:
        """Take in one frame."""
        return self._cohort(slot.cohort).columns.write(slot.slot, frame, newest_instant)

    def missing(self, instant: int) -> list[SlotAt]:
        """Slots whose frames are due and more than three hops old, or never came."""
        found = []
        for number, cohort in enumerate(self._cohorts):
            due = cohort.occupied & (instant - cohort.since > GRACE_HOPS)
            late = due & (cohort.columns.stale(instant) | ~cohort.columns.present)
            found += [SlotAt(number, int(slot)) for slot in np.flatnonzero(late)]
        return found

    def doubtful(self, instant: int, quality_out: float) -> list[SlotAt]:
        """Slots whose newest frame is fresh and says that its quality is not good enough."""
        found = []
        for number, cohort in enumerate(self._cohorts):
            fresh = cohort.occupied & cohort.columns.present & ~cohort.columns.stale(instant)
            poor = fresh & ~(cohort.columns.quality >= quality_out)
            found += [SlotAt(number, int(slot)) for slot in np.flatnonzero(poor)]
        return found

    def lossy(self) -> list[SlotAt]:
        """Slots that lost more than a fifth of the last ten seconds' frames."""
        found = []
        for number, cohort in enumerate(self._cohorts):
            found += [
                SlotAt(number, int(slot)) for slot in np.flatnonzero(cohort.occupied & cohort.columns.lossy())
            ]
        return found

    def conditions(self, instant: int) -> list[Condition]:
        """How every slot's newest frame is at this grid instant, one entry a cohort."""
        everyone = np.ones(COHORT_SLOTS, dtype=np.bool_)
        return [
            Condition(c.columns.eligible(instant, everyone), c.columns.present & ~c.columns.stale(instant))
            for c in self._cohorts
        ]

    def fuse(self, instant: int) -> Fused:
        """Fuse the newest frames at this grid instant."""
        self._lost += sum(cohort.columns.advance(instant) for cohort in self._cohorts)
        self.fused = self._fusion.tick(
            [cohort.columns for cohort in self._cohorts],
            [cohort.allowed for cohort in self._cohorts],
            instant,
        )
        return self.fused

    def broadcasts(
        self, dreamscape: str, instant: int, level: float, term_of: Callable[[int], int]
    ) -> list[Collective]:
        """One message a cohort: the collective, and `level` for whoever is included in it.

        With `level` zero (or nothing fused yet) every coupling is zero: this is how everyone is severed.
        """
        self.tick_number += 1
        fused = self.fused
        byte = coupling_to_byte(level)
        zeros = np.zeros(self._schema.size, dtype=np.float32)
        messages = []
        for number, cohort in enumerate(self._cohorts):
            included = fused.included[number] if fused and number < len(fused.included) else None
            granted = np.zeros(COHORT_SLOTS, dtype=np.uint8)
            answered = np.zeros(COHORT_SLOTS, dtype=np.uint16)
            if included is not None:
                granted = np.where(included & cohort.allowed, np.uint8(byte), np.uint8(0))
                answered = cohort.columns.answered(included)
            cohort.granted = granted
            messages.append(
                Collective(
                    dreamscape=dreamscape,
                    cohort=number,
                    tick=self.tick_number,
                    instant=instant,
                    term=term_of(number),
                    min_reader=WIRE_REVISION,
                    r=fused.r if fused else zeros,
                    m=fused.m if fused else zeros,
                    sum=fused.s if fused else zeros,
                    weight=fused.w if fused else 0.0,
                    coupling=granted,
                    answered=answered,
                    phase_means=fused.phase_means if fused else np.zeros((0, 2), dtype=np.float32),
                )
            )
        return messages

    def counts(self) -> tuple[int, int]:
        """(assigned, healthy): occupied slots, and those of them whose breaker is closed."""
        assigned = sum(int(np.count_nonzero(c.occupied)) for c in self._cohorts)
        return assigned, sum(int(np.count_nonzero(c.occupied & c.allowed)) for c in self._cohorts)

    def held_s(self, slot: Slot, instant: int) -> float:
        """Seconds since this slot was given."""
        return float(instant - self._cohort(slot.cohort).since[slot.slot]) * HOP_S

    def take_lost(self) -> int:
        """Frames found lost since this was last asked."""
        lost, self._lost = self._lost, 0
        return lost

    def merged_besides(self, slot: Slot | None) -> int:
        """How many of the others render a share above zero, by their newest frames."""
        merged = 0
        for number, cohort in enumerate(self._cohorts):
            coupled = cohort.occupied & cohort.allowed & (cohort.columns.applied > 0.0)
            if slot is not None and slot.cohort == number:
                coupled[slot.slot] = False
            merged += int(np.count_nonzero(coupled))
        return merged

    def merged(self, instant: int) -> int:
        """How many pods say, in a frame that is not stale, that they render a share above zero."""
        return sum(
            int(np.count_nonzero(c.occupied & (c.columns.applied > 0.0) & ~c.columns.stale(instant)))
            for c in self._cohorts
        )

    def reading(self, slot: Slot) -> Reading:
        """What the last tick says of this slot."""
        if slot.cohort >= len(self._cohorts):
            return NOTHING
        cohort = self._cohorts[slot.cohort]
        distance = 0.0
        if self.fused and slot.cohort < len(self.fused.residuals):
            distance = float(np.nan_to_num(self.fused.residuals[slot.cohort][slot.slot]))
        return Reading(
            granted=int(cohort.granted[slot.slot]) / 255,
            applied=float(cohort.columns.applied[slot.slot]),
            quality=float(cohort.columns.quality[slot.slot]),
            distance=distance,
        )
