"""The pod's estimate of the session clock: used for the grid and for phase, never for permission.

One NTP-style probe every 2 s (eight 25 ms apart at the start, or whenever the link is new), offset = ((t1 -
t0) + (t2 - t3)) / 2 (Mills 1991). Each answer bounds the offset from both sides: it is at most t1 - t0 and at
least t2 - t3, apart from 50 ppm of its age. Of the last 64 answers the least upper and the greatest lower
bound count, and the middle between them wins (Marzullo 1984): the quickest way there and the quickest way
back seldom come in one answer. Bounds that contradict one another come from a clock that was set: the oldest
answers are dropped until the rest agree.

(The smallest round trip of the last eight is not enough: on links of 100 to 300 ms each way it is wrong by 50
ms often enough that a healthy pod's lease lapses now and then. The smallest of 64 is not enough either.)

Rules
- Uncertainty = half the distance of the two bounds + the rest of the slew.
- Over the first eight answers the clock steps, because nothing relies on it yet. After that the reading is
  slewed by at most 10 ms a second and never stepped, so grid instants strictly increase. A change beyond 1 s
  is a jump: the clock steps and sets `jumped`, and the pod severs. It then learns anew, in a burst: the
  answer that showed the jump may have been under way for two seconds.
- An answer shows a jump only by a difference that its own way cannot explain: the present time is more than 1
  s outside the answer's two bounds. A lopsided way of 2 s puts the middle of an answer off by 1 s, and is not
  a jump.
- A bound that is much better than those of the last 64 answers stays, for at most ten minutes: behind a way
  that is lopsided for minutes the time is still known.
- An answer counts once, to a probe of this pod that is less than 2 s old, with plausible stamps.
- A band of centre f is masked if its phase would be uncertain by more than 10 degrees (1 / (36 f)).
"""

from collections import OrderedDict, deque
from math import copysign, inf
from operator import attrgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamwire.messages import ClockProbe, ClockState, Floats
from dreamwire.schema import Schema

BURST: Final = 8
BURST_EVERY_NS: Final = 25_000_000
EVERY_NS: Final = 2_000_000_000
LEARNING: Final = 8
KEPT: Final = 64
KEPT_LONGER_US: Final = 200_000
"""Bounds further apart than this are so poor that a better, older answer is kept."""
KEPT_LONGEST_US: Final = 600_000_000
ANSWER_WITHIN_US: Final = 2_000_000
STAMP_SLACK_US: Final = 250_000
"""The shell stamps t0 as late as possible: at most this long after the probe was made."""
DRIFT_PPM: Final = 50.0
SLEW_PPM: Final = 10_000.0
JUMP_US: Final = 1_000_000
OUTSTANDING: Final = 16
UNSYNCED_US: Final = 0xFFFF_FFFF
_DRIFT: Final = DRIFT_PPM * 1e-6
_SLEW: Final = SLEW_PPM * 1e-6
_MOST: Final = attrgetter("most_us")
_LEAST: Final = attrgetter("least_us")
_OMITTED: Final = np.float32(np.nan)


class _Sample:
    """One answered probe: offset (session minus monotonic), round trip, when, all in us.

    most_us, least_us: the bounds of the offset at monotonic 0, by the way there and by the way back; the
    upper one grows by DRIFT_PPM, the lower one falls by it.
    """

    __slots__ = ("at_us", "least_us", "most_us", "offset_us", "round_trip_us")

    def __init__(self, offset_us: float, round_trip_us: int, at_us: int) -> None:
        self.offset_us: Final = offset_us
        self.round_trip_us: Final = round_trip_us
        self.at_us: Final = at_us
        self.most_us: Final = offset_us + round_trip_us / 2 - _DRIFT * at_us
        self.least_us: Final = offset_us - round_trip_us / 2 + _DRIFT * at_us


class _Slew:
    """The offset in use: from `from_us` at `at_us` towards `to_us` at SLEW_PPM, until `over_us`."""

    __slots__ = ("_at_us", "_from_us", "_gap_us", "over_us", "to_us")

    def __init__(self, from_us: float, to_us: float, at_us: int) -> None:
        self.to_us: Final = from_us + (to_us - from_us)
        self._from_us = from_us
        self._gap_us = to_us - from_us
        self._at_us = at_us
        self.over_us: Final = at_us + abs(self._gap_us) / _SLEW

    def offset_us(self, now_us: float) -> float:
        """The offset at a monotonic moment, us."""
        if now_us >= self.over_us:
            return self.to_us
        reach = (now_us - self._at_us) * _SLEW
        return self._from_us + copysign(max(reach, 0.0), self._gap_us)


def _distance_us(most: _Sample, least: _Sample, now_us: float) -> float:
    """The distance between the bounds of the offset at `now_us`."""
    return most.most_us - least.least_us + 2 * _DRIFT * now_us


def _quickest_us(most: _Sample, least: _Sample) -> float:
    """The quickest way there plus the quickest way back; at least 0, because clocks drift."""
    return max(most.offset_us - least.offset_us + (most.round_trip_us + least.round_trip_us) / 2, 0.0)


class SessionClock:
    """The pod's estimate of the session clock; all `now_ns` are the pod's monotonic ns."""

    def __init__(self) -> None:
        """Start without an estimate; the first probe is due at once."""
        self._asked: OrderedDict[int, int] = OrderedDict()
        self._samples: deque[_Sample] = deque()
        self._bounds: tuple[_Sample, _Sample] | None = None
        self._burst_left = BURST
        self.due_ns = 0
        """When the next probe is due; 0: at once."""
        self._slew: _Slew | None = None
        self._jumped = False
        self._stepping = LEARNING
        self.learnt = 0
        """Number of answers taken. While it is unchanged, results computed from the grid stay valid."""

    def begin(self) -> None:
        """Probe in a burst again for a new link. The estimate stays."""
        self._burst_left = BURST
        self.due_ns = 0
        self._asked.clear()

    def due(self, now_ns: int) -> bool:
        """Whether a probe is due now."""
        return now_ns >= self.due_ns

    def hasten(self, at_ns: int) -> None:
        """Let the next probe be due by `at_ns`."""
        self.due_ns = min(self.due_ns, at_ns)

    def probe(self, now_ns: int, nonce: int) -> ClockProbe:
        """Make the probe that is due; `nonce` is random and not 0."""
        self._burst_left = max(self._burst_left - 1, 0)
        self.due_ns = now_ns + (BURST_EVERY_NS if self._burst_left else EVERY_NS)
        self._asked[nonce] = now_ns // 1000
        while len(self._asked) > OUTSTANDING:
            self._asked.popitem(last=False)
        return ClockProbe(nonce=nonce, t0_us=now_ns // 1000)

    def answer(self, probe: ClockProbe, now_ns: int) -> str | None:
        """Take an answer; returns why it was refused, or None."""
        now_us = now_ns // 1000
        asked_us = self._asked.pop(probe.nonce, None)
        if asked_us is None:
            return "nonce"
        if not asked_us <= probe.t0_us <= min(asked_us + STAMP_SLACK_US, now_us):
            return "stamp"
        if not 0 < probe.t1_us <= probe.t2_us:
            return "stamp"
        if now_us - probe.t0_us > ANSWER_WITHIN_US:
            return "old"
        round_trip_us = (now_us - probe.t0_us) - (probe.t2_us - probe.t1_us)
        if round_trip_us < 0:
            return "stamp"
        offset_us = ((probe.t1_us - probe.t0_us) + (probe.t2_us - now_us)) / 2
        self._take(_Sample(offset_us, round_trip_us, now_us))
        return None

    def _take(self, sample: _Sample) -> None:
        held_us = self._slew.offset_us(sample.at_us) if self._slew else sample.offset_us
        # Half the round trip is the sample's own error: only what exceeds it can be a jump.
        jumped = abs(sample.offset_us - held_us) - sample.round_trip_us / 2 > JUMP_US
        if jumped:
            self._samples.clear()
            self._jumped = True
            self._stepping = LEARNING
            self._burst_left, self.due_ns = BURST, 0
            held_us = sample.offset_us
        self._samples.append(sample)
        if len(self._samples) > KEPT:
            self._forget_one(sample.at_us)
        most, least = self._bounds = self._agreed(sample.at_us)
        wins_us = (most.most_us + least.least_us) / 2
        self.learnt += 1
        self._slew = _Slew(wins_us if self._stepping else held_us, wins_us, sample.at_us)
        self._stepping = max(self._stepping - 1, 0)

    def _forget_one(self, now_us: int) -> None:
        """Drop the oldest answer, or the next oldest if the bounds need the oldest."""
        oldest = self._samples.popleft()
        most, least = min(self._samples, key=_MOST), max(self._samples, key=_LEAST)
        poor = _distance_us(most, least, now_us) > KEPT_LONGER_US
        better = oldest.most_us < most.most_us or oldest.least_us > least.least_us
        if poor and better and now_us - oldest.at_us <= KEPT_LONGEST_US:
            self._samples.popleft()
            self._samples.appendleft(oldest)

    def _agreed(self, now_us: int) -> tuple[_Sample, _Sample]:
        """The answers with the least upper and the greatest lower bound; drops contradicting answers."""
        while True:
            most, least = min(self._samples, key=_MOST), max(self._samples, key=_LEAST)
            if _distance_us(most, least, now_us) >= 0.0 or len(self._samples) == 1:
                return most, least
            self._samples.popleft()

    @property
    def jumped(self) -> bool:
        """Whether the session clock has changed by more than 1 s; stays until `settle`."""
        return self._jumped

    def settle(self) -> None:
        """Clear `jumped`: the jump has been handled, and the new time holds."""
        self._jumped = False

    def offset_us(self, now_ns: int) -> float | None:
        """Session minus monotonic time in use now, us; None while unknown."""
        return None if self._slew is None else self._slew.offset_us(now_ns / 1000)

    def session_ms(self, now_ns: int) -> float | None:
        """The session clock's reading, ms since 1970; None while unknown."""
        if self._slew is None:
            return None
        now_us = now_ns / 1000
        return (now_us + self._slew.offset_us(now_us)) / 1000

    def monotonic_ns(self, session_s: float) -> int:
        """The pod's monotonic moment of a session time, by the present estimate.

        Raises:
            ValueError: there is no estimate yet (`session_ms` returns None).
        """
        if self._slew is None:
            raise ValueError("the session clock is not known yet")
        session_us = session_s * 1e6
        moment_us = session_us - self._slew.to_us
        if moment_us >= self._slew.over_us:
            return round(moment_us * 1000)
        # During a slew the offset depends on the moment sought: approach it in at most three steps.
        for _ in range(3):
            before_us, moment_us = moment_us, session_us - self._slew.offset_us(moment_us)
            if moment_us == before_us:
                break
        return round(moment_us * 1000)

    def uncertainty_us(self, now_ns: int) -> int:
        """Bound on the error of `session_ms` now, us; all ones while unknown."""
        if self._slew is None or self._bounds is None:
            return UNSYNCED_US
        now_us = now_ns / 1000
        left_us = abs(self._slew.to_us - self._slew.offset_us(now_us))
        apart_us = max(_distance_us(*self._bounds, now_us), 0.0)  # for moments before the newest answer
        return min(round(apart_us / 2 + left_us), UNSYNCED_US)

    def state(self, now_ns: int) -> ClockState:
        """The clock's state for frames and statuses."""
        offset_us = self.offset_us(now_ns)
        if offset_us is None or self._bounds is None:
            return ClockState(synced=False, offset_us=0, uncertainty_us=UNSYNCED_US, round_trip_us=0)
        return ClockState(
            synced=True,
            offset_us=round(offset_us),
            uncertainty_us=self.uncertainty_us(now_ns),
            round_trip_us=round(_quickest_us(*self._bounds)),
        )


def phase_limits_us(schema: Schema) -> NDArray[np.float64]:
    """The largest uncertainty at which a band's phase holds to 10 degrees, us; float64[B]."""
    return np.array([1e6 / (36.0 * band.centre_hz) for band in schema.phase_bands])


def between(limits_us: NDArray[np.float64], uncertainty_us: float) -> tuple[float, float]:
    """The limits around an uncertainty: above the first and up to the second, the same bands hold."""
    below = [limit for limit in limits_us.tolist() if limit < uncertainty_us]
    above = [limit for limit in limits_us.tolist() if limit >= uncertainty_us]
    return max(below, default=-inf), min(above, default=inf)


def mask_phasors(phasors: Floats, limits_us: NDArray[np.float64], uncertainty_us: float) -> Floats:
    """Mask (NaN) bands that the clock cannot hold to 10 degrees of phase; float32[2, B, 2], a copy."""
    return np.where((uncertainty_us <= limits_us)[:, np.newaxis], phasors, _OMITTED)
