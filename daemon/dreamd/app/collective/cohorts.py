"""The cohorts of one Dreamscape: the newest frames by column, and the broadcast made of them.

A slot is a row of a table. One table holds all cohorts that the Dreamscape's seats can fill, 256 rows each.
It is allocated when its first cohort is opened; the next table is allocated when slots have been given and
left so often that the first is full. Work per tick is one pass over a table's columns; work per frame or per
change (a slot given, a breaker moved) touches one row. A slot that is not allowed has weight zero and
coupling zero in the same message, because both are read from one mask.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dreamd.app.collective.artist_input import NO_ARTIST
from dreamd.app.collective.asked import Asked
from dreamd.app.collective.broker_rows import BrokerRows
from dreamd.app.collective.slot_table import SlotTable
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.seats import NOTHING, Reading
from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.fleet.freshness import SILENCE, Word
from dreamd.core.guidelines.running import RunningLimits
from dreamd.core.limits import ALONE_WITHIN_S, COHORT_SLOTS, HOP_S, INTIMATE_BELOW
from dreamd.core.safety.breaker import Breaker
from dreamd.fusion.collective import Fused, Fusion, TickPart
from dreamd.fusion.frame_table import FrameTable, FrameVerdict, Mask
from dreamd.fusion.pooled.pooled_fusion import Member
from dreamd.fusion.summary import Summary
from dreamwire.blend import coupling_to_byte, from_shared
from dreamwire.messages import Collective, Floats, Frame
from dreamwire.schema import OLDEST_READER, Schema

__all__ = ["GRACE_HOPS", "OUTLIVES_S", "Cohorts", "SlotAt", "SlotTable"]

GRACE_HOPS = round(3.0 / HOP_S)
"""A pod has this long after its assign before missing frames count."""
OUTLIVES_S = ALONE_WITHIN_S
"""A permission lives this long after the last message that gave it."""


@dataclass(frozen=True, slots=True)
class SlotAt:
    """Where something was found: cohort and slot."""

    cohort: int
    slot: int


class Cohorts:
    """All cohorts of one Dreamscape.

    scale: the shared one, float32[D] each, dB. artist: the input of the next broadcast. granting: whether the
    newest broadcast granted anything.
    """

    def __init__(self, schema: Schema, seats: int, *, whole_minutes: bool = False) -> None:
        """Begin with the scale that the schema ships, and room for so many seats.

        whole_minutes: a minute counts whole, whatever the share; of an anchor session.
        """
        self.whole_minutes = whole_minutes
        self.restart(schema, seats)

    def restart(self, schema: Schema, seats: int) -> None:
        """Begin anew: no slot is given, every array is given back."""
        self.schema = schema
        self.scale = schema.shipped_mu(), schema.shipped_sigma()
        self.bands = tuple(band.name for band in schema.phase_bands)
        self._zeros = np.zeros(schema.size, dtype=np.float32)
        self._fusion: Fusion | None = None
        self._a_bank = max(-(-seats // COHORT_SLOTS), 1)
        self._banks: list[SlotTable] = []
        self.brokers = BrokerRows(lambda: self._banks)
        self._opened = 0
        self._used: dict[int, int] = {}
        self.fused: Fused | None = None
        self._asked: list[Asked] = []
        self._summed: list[Asked] = []
        self.tick_number = 0
        self.level = 0.0
        self.granting = False
        self.artist = NO_ARTIST
        self._lost = 0
        self._frames_above = 0
        self._counted: tuple[int, int, int] | None = None
        self._lived_to: int | None = None

    def freeze_scale(self, mu_db: ArrayLike, sigma_db: ArrayLike) -> None:
        """Use this shared scale, float32[D] each, dB, from now on; call it before the first slot is given."""
        assert not self._opened, "the scale is frozen before the first slot is given"
        self.scale = np.asarray(mu_db, dtype=np.float32), np.asarray(sigma_db, dtype=np.float32)
        self._fusion = None

    @property
    def fusion(self) -> Fusion:
        """The fusion, made when it is first needed: a Dreamscape that only gathers holds no arrays."""
        if self._fusion is None:
            self._fusion = Fusion(self.schema, *self.scale)
        return self._fusion

    def locate(self, slot: Slot | SlotAt) -> tuple[SlotTable, int]:
        """Return the table and the row of a slot; its arrays are made when they are first needed."""
        self._opened = max(self._opened, slot.cohort + 1)
        while self._opened > len(self._banks) * self._a_bank:
            self._banks.append(SlotTable.empty_table(self.schema, self.table_slots))
        bank, row = self.place_of(slot)
        return self._banks[bank], row

    def place_of(self, slot: Slot | SlotAt) -> tuple[int, int]:
        """Return the number of the table and the row of a slot."""
        bank, cohort = divmod(slot.cohort, self._a_bank)
        return bank, cohort * COHORT_SLOTS + slot.slot

    def where(self, masks: Iterable[Mask]) -> list[SlotAt]:
        """The slots that one mask a bank shows."""
        found = []
        for number, mask in enumerate(masks):
            for row in mask.nonzero()[0].tolist():
                cohort, slot = divmod(row, COHORT_SLOTS)
                found.append(SlotAt(number * self._a_bank + cohort, slot))
        return found

    def occupy(
        self, slot: Slot, instant: int, breaker: Breaker, *, joins: bool = False, broker: int = 0
    ) -> None:
        """A slot has been given to a pod with this breaker; joins: its sleeper held none before."""
        bank, row = self.locate(slot)
        self._counted = bank.seen = None
        self._used[slot.cohort] = max(self._used.get(slot.cohort, 0), slot.slot + 1)
        bank.columns.clear_slot(row)
        bank.grants.new_holder(row, instant)
        bank.occupied[row] = True
        self.brokers.place(bank, row, broker)
        bank.subject[row] = slot.seat
        bank.allowed[row] = breaker.may_couple
        bank.away[row] = breaker.away or (joins and not breaker.may_couple)
        bank.since[row] = instant
        bank.most[row] = bank.most_few[row] = 0
        bank.rate[row] = bank.lived_min[row] = 0.0

    def limit(self, slot: Slot, ceiling: float, few: float) -> None:
        """The sleeper's own ceiling, 0..1, from the next message on; few: among fewer than five people."""
        bank, row = self.locate(slot)
        bank.most[row] = coupling_to_byte(ceiling)
        bank.most_few[row] = coupling_to_byte(few)

    def rule(self, slot: Slot, limits: RunningLimits) -> None:
        """The slot is assigned under these limits of the guidelines: looser ones wait for the next assign."""
        bank, row = self.locate(slot)
        bank.ruled[row] = coupling_to_byte(limits.ceiling)
        bank.ruled_few[row] = coupling_to_byte(min(limits.ceiling, limits.ceiling_intimate))
        bank.ruled_share[row] = limits.artist_share

    def tighten(self, limits: RunningLimits) -> None:
        """Hold every slot to these limits too, from the next message on."""
        few = min(limits.ceiling, limits.ceiling_intimate)
        for bank in self._banks:
            np.minimum(bank.ruled, coupling_to_byte(limits.ceiling), out=bank.ruled)
            np.minimum(bank.ruled_few, coupling_to_byte(few), out=bank.ruled_few)
            np.minimum(bank.ruled_share, limits.artist_share, out=bank.ruled_share)

    def share_most(self) -> float:
        """The most that an artist may have of the blend by the guidelines of every slot, 0..1."""
        return min(
            (float(b.ruled_share.min(where=b.occupied, initial=1.0)) for b in self._banks), default=1.0
        )

    def vacate(self, slot: Slot) -> None:
        """A slot's assignment has ended; its every trace leaves the sums with the next tick."""
        bank, row = self.locate(slot)
        self._counted = bank.seen = None
        bank.occupied[row] = bank.allowed[row] = bank.away[row] = False
        bank.granted[row] = bank.subject[row] = 0
        bank.centres.clear_slot(row)
        bank.columns.clear_slot(row)

    def centre_of(self, slot: Slot) -> Floats | None:
        """The mean centre over the slot's merged time, float32[D], dB; None: never merged with others."""
        bank, row = self.locate(slot)
        mean = None if self.whole_minutes else bank.centres.mean(row, int(bank.granted[row]))
        return None if mean is None else from_shared(mean, *self.scale)

    def close(self, cohort: int) -> None:
        """The cohort is in no later message; a slot given in it opens it again."""
        self._used.pop(cohort, None)

    def moved(self, slot: Slot, breaker: Breaker) -> None:
        """Whether this slot may have weight and coupling, from the next message on."""
        bank, row = self.locate(slot)
        bank.allowed[row] = breaker.may_couple
        scored = breaker.state is BreakerState.HALF_OPEN
        bank.away[row] = breaker.away or (scored and bank.away[row])
        self._counted = None

    def write(self, slot: Slot, frame: Frame, newest_instant: int) -> FrameVerdict:
        """Take in one frame."""
        bank, row = self.locate(slot)
        bank.seen = None
        return bank.columns.write(row, frame, newest_instant)

    def sum_up(self, instant: int) -> TickPart:
        """Sum up the newest frames at this grid instant, as a part of a whole; `fuse_whole` follows.

        Frames and slots may change before it: the message answers the frames that are in the sums.
        """
        tables, allowed = self._advanced(instant)
        self.fusion.chorus.parted = True
        part = self.fusion.sum_up(tables, allowed, instant)
        self._summed = [Asked.at_sums(bank, at) for bank, at in zip(self._banks, part.included, strict=True)]
        return part

    def fuse_whole(self, part: TickPart, total: Summary) -> Fused:
        """Make the collective of the whole, in which the sums of `part` are."""
        fused = self.fusion.fuse_whole(part, total)
        self.fused = fused if len(self._summed) == len(self._banks) else None  # a table has been added
        self._asked = self._summed
        return fused

    def repeat_newest(self, part: TickPart) -> bool:
        """Let the next message be the newest one again, where it granted something; else False.

        It answers the same frames, so no permission lives longer by it. A slot that is not in the sums of
        this tick, `part`, is at zero in it.
        """
        held = self.fused
        if held is None or not self.granting or len(held.included) != len(part.included):
            return False
        both = tuple(was & now for was, now in zip(held.included, part.included, strict=True))
        told = np.full_like(held.phase_means, np.nan)
        self.fused = replace(held, included=both, outliers=part.outliers, phase_means=told)
        return True

    def fuse(self, instant: int) -> Fused:
        """Fuse the newest frames at this grid instant."""
        self.fused = self.fusion.tick(*self._advanced(instant), instant)
        return self.fused

    def member(self, instant: int) -> Member | None:
        """Return what a pass fuses at this grid instant, into `fused`; None: only `fuse` can."""
        return Member.of_banks(self.fusion, *self._advanced(instant))

    def _advanced(self, instant: int) -> tuple[list[FrameTable], list[Mask]]:
        """Close this instant for all tables; return their columns, and the slots that are allowed."""
        self._lost += sum(bank.columns.advance(instant) for bank in self._banks)
        return [bank.columns for bank in self._banks], [bank.reachable for bank in self._banks]

    def broadcasts(
        self, dreamscape: str, instant: int, level: float, term_of: Callable[[int], int]
    ) -> list[Collective]:
        """Return one message for each open cohort: the collective, and `level` for each included slot.

        Its arrays end with the highest slot that was given in it.

        With `level` zero (or nothing fused yet) every coupling is zero: so every sleeper is severed. Such a
        message holds nothing else either, for it is not encrypted (`seating.cohort_keys`).
        """
        self.tick_number += 1
        self.level = level
        hops = instant - self._lived_to if self._lived_to is not None else 0
        self._lived_to = instant
        for table in self._banks:
            table.live(min(hops * HOP_S, OUTLIVES_S + HOP_S), whole=self.whole_minutes)
        self.granting = level > 0.0 and self.fused is not None
        fused = self.fused if self.granting else None
        artist, share = self.artist if self.granting else NO_ARTIST
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
                    min_reader=OLDEST_READER,
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
        """Return one table's grants, uint8[slots], and the frames they answer, uint16[slots]."""
        bank, fused = self._banks[number], self.fused if self.granting else None
        byte = coupling_to_byte(level)
        if fused is not None and number < len(fused.included):
            included, answered = self._held(number, fused.included[number])
            many = fused.n >= INTIMATE_BELOW
            own, ruled = (bank.most, bank.ruled) if many else (bank.most_few, bank.ruled_few)
            most = np.minimum(own, ruled)
            granted = np.minimum((included & bank.reachable) * np.uint8(byte), most) >> bank.halved
        else:
            granted = np.zeros(bank.columns.slots, dtype=np.uint8)
            answered = np.zeros(bank.columns.slots, dtype=np.uint16)
        bank.centres.add_tick(bank.granted, granted, None if fused is None else fused.m)
        bank.granted = granted
        bank.grants.record_grants(instant, granted)
        bank.bound(instant)
        return granted, answered

    def _held(self, number: int, included: Mask) -> tuple[Mask, NDArray[np.uint16]]:
        """Return which of those included have their slot still, and the frames that the message answers."""
        bank = self._banks[number]
        if self._asked:
            return self._asked[number].now(bank, included)
        return included, bank.columns.answered(included)

    def drop_fused(self) -> None:
        """Nothing is fused any more: broadcasts until the next tick hold no sleeper's state."""
        self.fused = None

    def counts(self) -> tuple[int, int, int]:
        """(assigned, healthy, away): occupied slots, those with a closed breaker, those away (`quorum`)."""
        if self._counted is None:
            assigned = sum(int(np.count_nonzero(b.occupied)) for b in self._banks)
            healthy = sum(int(np.count_nonzero(b.occupied & b.allowed)) for b in self._banks)
            away = sum(int(np.count_nonzero(b.occupied & b.away)) for b in self._banks)
            self._counted = assigned, healthy, away
        return self._counted

    def held_s(self, slot: Slot, instant: int) -> float:
        """Seconds since this slot was given."""
        bank, row = self.locate(slot)
        return float(instant - bank.since[row]) * HOP_S

    def take_lost(self) -> int:
        """Frames found lost since this was last asked."""
        lost, self._lost = self._lost, 0
        return lost

    @property
    def table_slots(self) -> int:
        """The rows of one table of slots."""
        return self._a_bank * COHORT_SLOTS

    @property
    def banks(self) -> tuple[SlotTable, ...]:
        """The columns, to be read."""
        return tuple(self._banks)

    def take_frames_above(self) -> int:
        """Frames that reported more than was granted, since this was last asked."""
        found = sum(bank.grants.frames_above for bank in self._banks)
        taken, self._frames_above = found - self._frames_above, found
        return taken

    def merged(self, instant: int) -> int:
        """Return how many pods report, in a frame that is not stale, a rendered share above zero."""
        return sum(
            int(np.count_nonzero(b.occupied & (b.columns.applied > 0.0) & b.recent(instant)))
            for b in self._banks
        )

    def word(self, slot: Slot, now_s: float) -> Word:
        """The newest frame of this slot; its age counts from the instant that it speaks of."""
        if slot.cohort >= self._opened:
            return SILENCE
        bank, row = self.locate(slot)
        columns = bank.columns
        if not columns.present[row]:
            return SILENCE
        age_s = max(0.0, now_s - int(columns.instant[row]) * HOP_S)
        return Word(float(columns.applied[row]), float(columns.quality[row]), age_s)

    def unheard(self, now_s: float) -> int:
        """Return how many slots have been silent for too long, since they were given at least."""
        oldest = (now_s - ALONE_WITHIN_S) / HOP_S
        spoke = (np.where(b.columns.present, b.columns.instant, b.since) for b in self._banks)
        silent = (b.occupied & ~(at >= oldest) for b, at in zip(self._banks, spoke, strict=True))
        return sum(int(np.count_nonzero(mask)) for mask in silent)

    def reading(self, slot: Slot) -> Reading:
        """Return the last tick's figures of this slot."""
        if slot.cohort >= self._opened:
            return NOTHING
        number, row = self.place_of(slot)
        bank = self._banks[number]
        distance, synchrony = 0.0, nan
        if self.fused and number < len(self.fused.residuals):
            distance = float(self.fused.residuals[number][row])
            own = self.fused.own_synchrony or self.fusion.chorus.own()
            synchrony = float(own[number][row])
        return Reading(granted=int(bank.granted[row]) / 255, distance=distance, synchrony=synchrony)
