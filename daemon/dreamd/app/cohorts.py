"""The cohorts of one Dreamscape: the newest frames by column, and the broadcast made of them.

Here seats have become numbers. Everything that happens per tick is one pass over columns; what happens
per frame or per change (a slot given, a breaker moved) touches one row. A slot that is not allowed has
weight zero and coupling zero in the same message, because both are read from one mask.

Exposure is summed from above. A frame says what was rendered when it was captured; since then it can have
risen by RISE at most, and never above the largest grant in force; of a pod that is silent nothing better than
that grant is known. A pause of the daemon counts as long as a permission can outlive its last message.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamd.app.grants import Grants
from dreamd.app.seats import NOTHING, Reading
from dreamd.core.limits import (
    COHORT_SLOTS,
    FRAME_STALE_HOPS,
    GUIDELINE_CAP,
    HOP_S,
    LEASE_FADE_S,
    LEASE_S,
    LOST_WINDOW_S,
    QUALITY_IN,
    RAMP_MIN_S,
)
from dreamd.core.session.roster import Slot
from dreamd.core.severing.causes import Cause
from dreamd.fusion.collective import Fused, Fusion
from dreamd.fusion.columns import Columns, Mask, Written
from dreamwire.blend import coupling_to_byte
from dreamwire.messages import Collective, Floats, Frame
from dreamwire.schema import WIRE_REVISION, Schema

GRACE_HOPS = round(3.0 / HOP_S)
"""A pod has this long after its assign before missing frames count."""
RISE = GUIDELINE_CAP / RAMP_MIN_S * (FRAME_STALE_HOPS + 2) * HOP_S
"""How much a share can rise between a frame that is not stale and the tick after next."""
OUTLIVES_S = LEASE_S + LEASE_FADE_S
"""A permission lives this long after the last message that gave it."""


@dataclass(slots=True)
class Cohort:
    """One cohort's columns and who may take part. granted: uint8[slots], as last broadcast.

    most: the sleepers' own ceilings, as bytes. By slot, float64: `rate` is the share that nobody renders
    more than, `lived_min` what that came to since it was last charged, `left_min` what the limit leaves.
    """

    columns: Columns
    occupied: Mask
    allowed: Mask
    since: NDArray[np.int64]
    granted: NDArray[np.uint8]
    grants: Grants
    most: NDArray[np.uint8]
    rate: NDArray[np.float64]
    lived_min: NDArray[np.float64]
    left_min: NDArray[np.float64]

    def live(self, seconds: float) -> None:
        """So much time has passed since the last message."""
        self.lived_min += self.rate * (seconds / 60.0)

    def bound(self, instant: int) -> None:
        """After a message: what nobody can be rendering more of until the next."""
        told = self.columns.applied.astype(np.float64)
        granted = self.grants.most()
        risen = np.maximum(told, np.minimum(told + RISE, granted))
        self.rate = np.where(self.occupied, np.where(self.columns.recent(instant), risen, granted), 0.0)


@dataclass(frozen=True, slots=True)
class SlotAt:
    """Where something was found: cohort and slot."""

    cohort: int
    slot: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Of one cohort, bool[slots]: sound frames may be scored; the quality of poor ones is too low."""

    sound: Mask
    poor: Mask


class Cohorts:
    """All cohorts of one Dreamscape."""

    def __init__(self, schema: Schema, mu_db: Floats, sigma_db: Floats) -> None:
        self._schema = schema
        self._fusion = Fusion(schema, mu_db, sigma_db)
        self._cohorts: list[Cohort] = []
        self.fused: Fused | None = None
        self.tick_number = 0
        self._lost = 0
        self._counted: tuple[int, int] | None = None
        self._lived_to: int | None = None

    def _cohort(self, number: int) -> Cohort:
        while number >= len(self._cohorts):
            self._cohorts.append(
                Cohort(
                    Columns(self._schema),
                    np.zeros(COHORT_SLOTS, dtype=np.bool_),
                    np.zeros(COHORT_SLOTS, dtype=np.bool_),
                    np.zeros(COHORT_SLOTS, dtype=np.int64),
                    np.zeros(COHORT_SLOTS, dtype=np.uint8),
                    Grants(COHORT_SLOTS),
                    np.zeros(COHORT_SLOTS, dtype=np.uint8),
                    np.zeros(COHORT_SLOTS),
                    np.zeros(COHORT_SLOTS),
                    np.full(COHORT_SLOTS, np.inf),
                )
            )
        return self._cohorts[number]

    def occupy(self, slot: Slot, instant: int, *, allowed: bool) -> None:
        """A slot has been given."""
        cohort = self._cohort(slot.cohort)
        self._counted = None
        cohort.columns.clear(slot.slot)
        cohort.grants.clear(slot.slot)
        cohort.occupied[slot.slot] = True
        cohort.allowed[slot.slot] = allowed
        cohort.since[slot.slot] = instant
        cohort.most[slot.slot] = 0
        cohort.rate[slot.slot] = cohort.lived_min[slot.slot] = 0.0

    def limit(self, slot: Slot, ceiling: float) -> None:
        """The sleeper's own ceiling, 0..1, from the next message on."""
        self._cohort(slot.cohort).most[slot.slot] = coupling_to_byte(ceiling)

    def charged(self, slot: Slot, left_min: float) -> None:
        """What was lived has been charged; so many merge-minutes are left."""
        cohort = self._cohort(slot.cohort)
        cohort.lived_min[slot.slot], cohort.left_min[slot.slot] = 0.0, left_min

    def lived_min(self, slot: Slot) -> float:
        """Merge-minutes lived since they were last charged, up to the last message."""
        return float(self._cohort(slot.cohort).lived_min[slot.slot])

    def vacated_min(self, slot: Slot) -> float:
        """The same for one who is to be granted nothing more: up to the end of their last fade."""
        cohort = self._cohort(slot.cohort)
        last = max(cohort.grants.largest(slot.slot), float(cohort.rate[slot.slot]))
        return self.lived_min(slot) + last * OUTLIVES_S / 60.0

    def overexposed(self) -> list[SlotAt]:
        """Slots whose sleepers have lived all that the limit leaves them."""
        found = []
        for number, cohort in enumerate(self._cohorts):
            over = cohort.occupied & ~(cohort.lived_min < cohort.left_min)
            found += [SlotAt(number, int(slot)) for slot in np.flatnonzero(over)]
        return found

    def vacate(self, slot: Slot) -> None:
        """A slot's assignment has ended; its every trace leaves the sums with the next tick."""
        cohort = self._cohort(slot.cohort)
        self._counted = None
        cohort.occupied[slot.slot] = cohort.allowed[slot.slot] = False
        cohort.granted[slot.slot] = 0
        cohort.columns.clear(slot.slot)

    def allow(self, slot: Slot, *, allowed: bool) -> None:
        """Whether this slot may have weight and coupling, from the next message on."""
        self._cohort(slot.cohort).allowed[slot.slot] = allowed
        self._counted = None

    def write(self, slot: Slot, frame: Frame, newest_instant: int) -> Written:
        """Take in one frame."""
        return self._cohort(slot.cohort).columns.write(slot.slot, frame, newest_instant)

    def missing(self, instant: int) -> list[SlotAt]:
        """Slots whose frames are due and more than three hops old, or never came."""
        found = []
        for number, cohort in enumerate(self._cohorts):
            due = cohort.occupied & (instant - cohort.since > GRACE_HOPS)
            late = due & ~cohort.columns.recent(instant)
            found += [SlotAt(number, int(slot)) for slot in np.flatnonzero(late)]
        return found

    def doubtful(self, instant: int, quality_out: float) -> list[SlotAt]:
        """Slots whose newest frame is fresh and says that its quality is not good enough."""
        found = []
        for number, cohort in enumerate(self._cohorts):
            poor = cohort.columns.recent(instant) & ~(cohort.columns.quality >= quality_out)
            poor &= cohort.occupied
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

    def disobedient(self) -> list[SlotAt]:
        """Slots whose frames say, two running, that more is rendered than was granted."""
        found = []
        for number, cohort in enumerate(self._cohorts):
            over = cohort.occupied & cohort.grants.disobeyed(cohort.columns)
            found += [SlotAt(number, int(slot)) for slot in np.flatnonzero(over)]
        return found

    def evidence(self, at: SlotAt, cause: Cause, instant: int) -> str:
        """What was seen of this slot that speaks for this cause, in words."""
        cohort = self._cohorts[at.cohort]
        columns = cohort.columns
        match cause:
            case Cause.ACTUATOR:
                return f"renders {columns.applied[at.slot]:.3f}, granted {cohort.grants.largest(at.slot):.3f}"
            case Cause.QUALITY:
                return f"quality {columns.quality[at.slot]:.2f}"
            case Cause.STALE if columns.present[at.slot]:
                return f"the newest frame is {instant - int(columns.instant[at.slot])} hops old"
            case Cause.STALE:
                return f"no frame in {instant - int(cohort.since[at.slot])} hops"
            case _:
                return f"{columns.lost_lately(at.slot)} frames lost in {LOST_WINDOW_S:.0f} s"

    def conditions(self, instant: int) -> list[Condition]:
        """How every slot's newest frame is at this grid instant, one entry a cohort."""
        everyone = np.ones(COHORT_SLOTS, dtype=np.bool_)
        return [
            Condition(
                c.columns.eligible(instant, everyone),
                c.columns.recent(instant) & ~(c.columns.quality >= QUALITY_IN),
            )
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
        self._live(instant)
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
                granted = np.minimum(granted, cohort.most)
                answered = cohort.columns.answered(included)
            cohort.granted = granted
            cohort.grants.note(instant, granted)
            cohort.bound(instant)
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

    def _live(self, instant: int) -> None:
        hops = instant - self._lived_to if self._lived_to is not None else 0
        self._lived_to = instant
        for cohort in self._cohorts:
            cohort.live(min(hops * HOP_S, OUTLIVES_S + HOP_S))

    def forgive(self, instant: int) -> None:
        """Our own way is broken: what is missing now, and until it is whole, nobody has lost."""
        for cohort in self._cohorts:
            cohort.columns.forgive(instant)

    def forget(self) -> None:
        """Nothing is fused any more: what is broadcast until the next tick holds nobody's state."""
        self.fused = None

    def counts(self) -> tuple[int, int]:
        """(assigned, healthy): occupied slots, and those of them whose breaker is closed."""
        if self._counted is None:
            assigned = sum(int(np.count_nonzero(c.occupied)) for c in self._cohorts)
            healthy = sum(int(np.count_nonzero(c.occupied & c.allowed)) for c in self._cohorts)
            self._counted = assigned, healthy
        return self._counted

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
            int(np.count_nonzero(c.occupied & (c.columns.applied > 0.0) & c.columns.recent(instant)))
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
