"""The newest frames as columns: one row a slot, preallocated for all seats, read by the tick without a loop.

A frame costs a few copies when it arrives (`write`); a tick reads whole columns (`advance`, `eligible`,
`recent`, `lossy`). Only the newest row of a frame is kept: raw signals never reach the daemon, and summaries
hold the history.

Rules
- The table remembers which of the newest 64 numbers have arrived. An older number that has not arrived yet
  was overtaken in the network: it is counted, never used, and counts against no pod, however late it is. A
  gap still open after 2 s is a lost frame. Numbers with low 16 bits of 0 leave no gap: pods skip them.
- A number that has arrived before is a copy while the frame is at most REPLAY_AGE_S old. On the pod's own
  connection that is a replay, because frames travel at QoS 0, which delivers nothing twice; a copy that a
  gateway sends is no evidence about a bed. An older one is evidence about the network: refused and counted.
- A frame with a number that goes forward and an instant that does not, or the reverse, is a replay at any
  age: it contradicts the pod's own earlier frame, and no network changes the content of a frame.
- The same features three times are frozen. A number must be finite and within the widest range (+-200 dB,
  shares 0..1). Each violation makes the slot ineligible at once.
- A frame more than 1 s ahead is refused: its clock has jumped. One more than 10 s behind is outdated.
- A refused frame leaves the row as it was, except that an unsound frame marks it so: its numbers never enter
  an array the fusion reads.
- Quality has a hysteresis: in at .5, out below .4. NaN is out. A frame from the future is not fresh.
"""

import math
from collections import deque
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamd.core.limits import (
    COHORT_SLOTS,
    FEATURE_DB_LIMIT,
    FRAME_FRESH_HOPS,
    FRAME_PAST_S,
    FRAME_STALE_HOPS,
    FROZEN_FRAMES,
    HOP_S,
    LOST_AFTER_S,
    LOST_SHARE_TRIP,
    LOST_WINDOW_S,
    QUALITY_IN,
    QUALITY_OUT,
    REPLAY_AGE_S,
)
from dreamwire.messages import Floats, Frame
from dreamwire.schema import INSTANTS_PER_HOP, Schema

Mask = NDArray[np.bool_]

CLOCK_JUMP_HOPS: Final = 4
"""A frame this far ahead of the daemon's own instant comes from a clock that has jumped (1 s)."""
PAST_HOPS: Final = round(FRAME_PAST_S / HOP_S)
"""A frame this far behind (10 s) is useless. The limit bounds the frames a slot accepts, however many are
sent."""
SHARE_MOST: Final = 1.001
"""Greatest quality or coupling: 1, and an allowance for rounding."""
FUTURE_HOPS: Final = 1
"""The furthest a fresh frame may be ahead: clocks differ by less than a hop."""

_LOST_AFTER_HOPS: Final = round(LOST_AFTER_S / HOP_S)
_REPLAY_AGE_HOPS: Final = round(REPLAY_AGE_S / HOP_S)
_LOST_WINDOW_HOPS: Final = round(LOST_WINDOW_S / HOP_S)
_LOST_MOST: Final = LOST_SHARE_TRIP * _LOST_WINDOW_HOPS
_NEVER: Final = -(1 << 62)
_SEQ_SPAN: Final = 1 << 32
SEQ_LOW: Final = 1 << 16
_REMEMBERED: Final = 64
"""Numbers for which arrival is remembered: more than a slot can receive within PAST_HOPS."""
_REMEMBERED_MASK: Final = (1 << _REMEMBERED) - 1


class FrameVerdict(Enum):
    """The outcome of a frame; the value is the reason counted where it was refused."""

    ACCEPTED = "accepted"
    LATE = "late"  # accepted, after the tick of its instant had closed
    FILLED = "filled"  # overtaken by the row's frame, so not used
    REPLAYED = "replayed"  # contradicts the pod's own earlier frame
    COPIED = "copied"  # a number that has come before, with its instant
    OUTDATED = "outdated"  # an old copy, or over 10 s behind: caused by the network
    FROZEN = "frozen"
    NONFINITE = "nonfinite"
    RANGE = "range"
    MISFIT = "misfit"  # another schema or shape
    CLOCK = "clock"  # from the future

    @property
    def sound(self) -> bool:
        """Whether the frame may count for its sleeper."""
        return self in (FrameVerdict.ACCEPTED, FrameVerdict.LATE, FrameVerdict.FILLED)


class FrameTable:
    """The newest frame of each slot of one bank, by column; a bank is one cohort or several in a row.

    db: float32[slots, D], dB. phasors: complex64[slots, 2, B], NaN where omitted, older instant first.
    instant: int64[slots]. seq: uint32[slots]. quality, applied, own_z: float32[slots]. uncertain_s:
    float32[slots], the instant's possible error, by the pod's clock. present: a frame has arrived since
    `clear`. finite (sound in every number), frozen: of the newest frame. good: its quality, by hysteresis.
    lost: frames of the whole bank lost so far. used: rows from here on have never been given. closed: the
    newest instant whose tick is closed. For `frame_batch`: phasor_pairs, the phasors as float32[slots, 2, B,
    2]; same, uint8[slots], frames in a row with the features in `db`; came, uint64[slots], bit k: the number
    k before the newest has come.
    """

    def __init__(self, schema: Schema, slots: int = COHORT_SLOTS) -> None:
        bands = len(schema.phase_bands)
        self.slots = slots
        self.used = 0
        self._code = schema.code
        self._shapes = ((schema.size,), (INSTANTS_PER_HOP, bands, 2))
        self.db = np.zeros((slots, schema.size), dtype=np.float32)
        self.phasors = np.full((slots, INSTANTS_PER_HOP, bands), np.nan, dtype=np.complex64)
        self.phasor_pairs = self.phasors.view(np.float32).reshape(slots, INSTANTS_PER_HOP, bands, 2)
        self.instant = np.full(slots, _NEVER, dtype=np.int64)
        self.seq = np.zeros(slots, dtype=np.uint32)
        self.quality = np.zeros(slots, dtype=np.float32)
        self.applied = np.zeros(slots, dtype=np.float32)
        self.own_z = np.zeros(slots, dtype=np.float32)
        self.uncertain_s = np.zeros(slots, dtype=np.float32)
        self.present = np.zeros(slots, dtype=np.bool_)
        self.finite = np.zeros(slots, dtype=np.bool_)
        self.frozen = np.zeros(slots, dtype=np.bool_)
        self.lost = 0
        self._told = 0
        self._forgiven_to = np.full(slots, _NEVER, dtype=np.int64)
        self.good = np.zeros(slots, dtype=np.bool_)
        self.closed = _NEVER
        self.same = np.zeros(slots, dtype=np.uint8)
        self.came = np.zeros(slots, dtype=np.uint64)
        self._gaps: dict[tuple[int, int], int] = {}  # (slot, seq) -> instant at which it is lost
        self._due: deque[tuple[int, int, int]] = deque()  # (instant, slot, seq), in order of instant
        self._lost = np.zeros((_LOST_WINDOW_HOPS, slots), dtype=np.int32)
        self._lost_lately = np.zeros(slots, dtype=np.int32)  # the sum of the window above

    def clear_slot(self, slot: int) -> None:
        """Reset this slot: it is given to a pod, or its assignment has ended."""
        self.used = max(self.used, slot + 1)
        self.present[slot] = self.finite[slot] = self.frozen[slot] = self.good[slot] = False
        self.db[slot] = 0.0
        self.phasors[slot] = np.nan
        self.instant[slot] = _NEVER
        self.quality[slot] = self.applied[slot] = self.own_z[slot] = self.uncertain_s[slot] = 0.0
        self.seq[slot] = 0
        self._lost[:, slot] = self._lost_lately[slot] = 0
        self.same[slot] = self.came[slot] = 0
        for key in [key for key in self._gaps if key[0] == slot]:
            del self._gaps[key]

    def write(self, slot: int, frame: Frame, instant_now: int) -> FrameVerdict:
        """Store one frame for this slot; return the outcome.

        Args:
            slot: 0 up to `slots`.
            frame: features float32[D] dB, phasors float32[2, B, 2].
            instant_now: the grid instant now; a frame far from it is refused.

        Raises:
            IndexError: there is no such slot.
        """
        if frame.schema != self._code or (frame.features.shape, frame.phasors.shape) != self._shapes:
            return FrameVerdict.MISFIT
        if not frame.instant - instant_now <= CLOCK_JUMP_HOPS:
            return FrameVerdict.CLOCK
        if not frame.instant - instant_now >= -PAST_HOPS:
            return FrameVerdict.OUTDATED
        if self.present[slot]:
            step = (frame.seq - int(self.seq[slot])) % _SEQ_SPAN
            if step == 0 or step >= _SEQ_SPAN // 2:
                return self._older(slot, frame, -step % _SEQ_SPAN, instant_now)
            if not frame.instant > self.instant[slot]:
                return FrameVerdict.REPLAYED
            if step > 1:
                self._open_gap(slot, int(self.seq[slot]), step, frame.instant)
            self.came[slot] = (int(self.came[slot]) << min(step, _REMEMBERED) | 1) & _REMEMBERED_MASK
        else:
            self.came[slot] = 1
        return self._take(slot, frame)

    def _older(self, slot: int, frame: Frame, back: int, instant_now: int) -> FrameVerdict:
        """Return the outcome of a frame with the newest number, or with the number `back` before it."""
        newest = int(self.instant[slot])
        bit = 1 << min(back, _REMEMBERED)
        consistent = frame.instant < newest if back else frame.instant == newest
        if not consistent:
            return FrameVerdict.REPLAYED
        if back < _REMEMBERED and not int(self.came[slot]) & bit:
            self.came[slot] = int(self.came[slot]) | bit
            self._gaps.pop((slot, frame.seq), None)
            return FrameVerdict.FILLED
        age_hops = max(instant_now, newest) - frame.instant
        return FrameVerdict.COPIED if age_hops <= _REPLAY_AGE_HOPS else FrameVerdict.OUTDATED

    def forgive(self, instant: int, rows: Mask | None = None) -> None:
        """Count no losses of an uplink failure: gaps open now, or opening within 2 s, are not losses.

        rows: bool[slots], the slots behind that uplink; None: all.
        """
        if rows is None:
            self._forgiven_to[:] = instant + _LOST_AFTER_HOPS
            self._gaps.clear()
            self._due.clear()
            return
        self._forgiven_to[rows] = instant + _LOST_AFTER_HOPS
        self._gaps = {key: due for key, due in self._gaps.items() if not rows[key[0]]}

    def _open_gap(self, slot: int, last: int, step: int, instant: int) -> None:
        """Record the numbers between `last` and the one `step` after it; all but the newest few are lost."""
        missing = step - 1 - ((last + step - 1) // SEQ_LOW - last // SEQ_LOW)
        if instant <= self._forgiven_to[slot]:
            return
        surplus = min(max(missing - _LOST_AFTER_HOPS, 0), _LOST_WINDOW_HOPS)
        if surplus:
            self._lose(slot, self.closed, surplus)
        due = max(instant, self._due[-1][0] - _LOST_AFTER_HOPS if self._due else instant) + _LOST_AFTER_HOPS
        noted, seq = 0, last + step - 1
        while noted < min(missing, _LOST_AFTER_HOPS):
            if seq % SEQ_LOW:
                self._gaps[slot, seq % _SEQ_SPAN] = due
                self._due.append((due, slot, seq % _SEQ_SPAN))
                noted += 1
            seq -= 1

    def _lose(self, slot: int, instant: int, count: int) -> None:
        self._lost[instant % _LOST_WINDOW_HOPS, slot] += count
        self._lost_lately[slot] += count
        self.lost += count

    def _take(self, slot: int, frame: Frame) -> FrameVerdict:
        self.used = max(self.used, slot + 1)
        self.present[slot] = True
        self.instant[slot] = frame.instant
        self.seq[slot] = frame.seq
        self.quality[slot] = frame.quality
        self.applied[slot] = frame.applied
        self.own_z[slot] = frame.own_z
        self.uncertain_s[slot] = frame.uncertainty_us * 1e-6
        unsound = _unsound(frame)
        self.finite[slot] = ok = unsound is None
        if unsound is not None and not (unsound is FrameVerdict.NONFINITE and _says_so_itself(frame)):
            return unsound
        if not ok:
            return FrameVerdict.LATE if frame.instant <= self.closed else FrameVerdict.ACCEPTED
        alike = frame.features.tobytes() == self.db[slot].tobytes()
        self.same[slot] = same = min(int(self.same[slot]) + 1, FROZEN_FRAMES) if alike else 1
        self.db[slot] = frame.features
        self.phasor_pairs[slot] = frame.phasors
        self.frozen[slot] = same >= FROZEN_FRAMES
        if same >= FROZEN_FRAMES:
            return FrameVerdict.FROZEN
        return FrameVerdict.LATE if frame.instant <= self.closed else FrameVerdict.ACCEPTED

    def advance(self, instant: int) -> int:
        """Close the tick of this instant: a frame that arrives for it now is late; safe to repeat.

        Returns:
            The number of frames found lost since the last call; `lost` counts them all.
        """
        skipped = min(max(instant - self.closed, 0), _LOST_WINDOW_HOPS)
        for hop in range(instant - skipped + 1, instant + 1):
            self._lost_lately -= self._lost[hop % _LOST_WINDOW_HOPS]
            self._lost[hop % _LOST_WINDOW_HOPS] = 0
        self.closed = max(self.closed, instant)
        while self._due and self._due[0][0] <= instant:
            due, slot, seq = self._due.popleft()
            if self._gaps.get((slot, seq)) == due:
                del self._gaps[slot, seq]
                self._lose(slot, instant, 1)
        found, self._told = self.lost - self._told, self.lost
        return found

    def eligible(self, instant_now: int, allowed: Mask) -> Mask:
        """Return bool[slots]: the slots with a base weight of 1 this tick (DESIGN 7.2).

        Quality's hysteresis moves here, once a tick; a second call for the same tick changes nothing.

        Args:
            instant_now: the grid instant that closes.
            allowed: bool[slots], the slots that breakers, consent and guidelines allow.
        """
        self.good = good_quality(self.quality, self.good)
        sound = self.present & self.finite & ~self.frozen & self.good
        return np.asarray(sound & is_fresh(self.instant, instant_now) & allowed)

    def recent(self, instant_now: int) -> Mask:
        """Return bool[slots]: the newest frame is at most three hops old."""
        return np.asarray(self.present & (instant_now - self.instant <= FRAME_STALE_HOPS))

    def lossy(self) -> Mask:
        """Return bool[slots]: more than a fifth of the last 10 s' frames were lost."""
        return np.asarray(self._lost_lately > _LOST_MOST)

    def lost_lately(self, slot: int) -> int:
        """Frames of this slot lost within the last 10 s."""
        return int(self._lost_lately[slot])

    def answered(self, included: Mask) -> NDArray[np.uint16]:
        """Return uint16[slots]: the low bits of the seq used for those included, 0 for none."""
        return np.where(included, self.seq & (SEQ_LOW - 1), 0).astype(np.uint16)


def good_quality(quality: Floats, was: Mask) -> Mask:
    """Return which rows' quality is good, with a hysteresis: in at QUALITY_IN, out below QUALITY_OUT."""
    return np.asarray((quality >= QUALITY_IN) | (was & (quality >= QUALITY_OUT)))


def is_fresh(instants: NDArray[np.int64], now: int) -> Mask:
    """Return which frames are neither too old nor from the future at this grid instant."""
    age = now - instants
    return np.asarray((age >= -FUTURE_HOPS) & (age <= FRAME_FRESH_HOPS))


def _says_so_itself(frame: Frame) -> bool:
    """Return whether the pod reports no signal, quality 0: then its features may be missing."""
    return frame.quality == 0.0 and 0.0 <= frame.applied <= SHARE_MOST and math.isfinite(frame.own_z)


def _unsound(frame: Frame) -> FrameVerdict | None:
    """Return why a frame's numbers are unusable: one is not finite, or beyond +-200 dB or 0..1."""
    values: list[float] = frame.features.tolist()
    total = sum(values) + frame.own_z + frame.quality + frame.applied
    # Infinity and NaN survive the sum, and inf - inf is NaN, not 0: one check for all
    # the numbers.
    finite = total - total == 0.0
    if not finite:
        return FrameVerdict.NONFINITE
    # The Python list is faster than numpy for a dozen numbers.
    within = max(values) <= FEATURE_DB_LIMIT and min(values) >= -FEATURE_DB_LIMIT
    shares = 0.0 <= frame.quality <= SHARE_MOST and 0.0 <= frame.applied <= SHARE_MOST
    return None if within and shares else FrameVerdict.RANGE
