"""The position of samples in a recording: a file keeps the bed's time although devices' clocks do not.

A file counts samples at its nominal rate; the blocks' stamps are their capture times. A block's lateness
against the count shows what happened in between:
- late at once, by more than GAP_S: samples are missing. As many are filled in as bring the file's time back
  to the bed's (which also corrects an earlier false alarm);
- early at once: an earlier stamp was late and no sample was missing; nothing is done;
- later or earlier little by little: the device's clock drifts. It is followed with a memory of FOLLOW_S, and
  past CORRECT_S as much is filled in or left out at once. Not sample by sample: one marked seam in forty
  minutes (at 100 ppm) spoils less than sixty-four, and `drift_s` allows an analysis to do better;
- by more than LONGEST_GAP_S late or BACK_S early: this file cannot go on; another begins.

So a file is never further from the bed's time than CORRECT_S + GAP_S, 0.3 s, and with exact stamps and gaps
longer than GAP_S half a sample.
"""

from dataclasses import dataclass
from typing import Final

GAP_S: Final = 0.05
CORRECT_S: Final = 0.25
FOLLOW_S: Final = 5.0
BACK_S: Final = 1.0
LONGEST_GAP_S: Final = 60.0
_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Placed:
    """The correction before a block: samples to fill in, and samples of its own to leave out.

    drifted: the correction follows the device's clock; no sample was lost.
    """

    missing: int
    left_out: int
    drifted: bool


class Timeline:
    """The time of one file; sample n of it lies at `time_ns(n)` of the bed's clock."""

    def __init__(self, rate_hz: float, start_ns: int) -> None:
        """`start_ns` is the time of sample 0; the first block is filled up from there."""
        self._rate_hz = rate_hz
        self._start_ns = start_ns
        self._count = 0
        self.drift_s = 0.0

    def time_ns(self, n: int) -> int:
        """When sample n was captured, by the present estimate."""
        return self._start_ns + round((n / self._rate_hz + self.drift_s) * _NS)

    def seconds(self, at_ns: int) -> float:
        """An instant as seconds of the file."""
        return (at_ns - self._start_ns) / _NS - self.drift_s

    def turn(self, first: int, start_ns: int) -> int:
        """Continue in another file, whose sample 0 lies at `start_ns`, from sample `first` of this one.

        Returns the number of samples missing before it there.
        """
        late_s = (self.time_ns(first) - start_ns) / _NS
        missing = max(0, round(late_s * self._rate_hz))
        self._start_ns = start_ns
        self._count += missing - first
        self.drift_s = late_s - missing / self._rate_hz
        return missing

    def place(self, samples: int, last_ns: int) -> Placed | None:
        """Count `samples`, the last captured at `last_ns`; None: they do not belong to this file."""
        late_s = (last_ns - self._start_ns) / _NS - (self._count + samples - 1) / self._rate_hz
        if not -BACK_S <= late_s <= LONGEST_GAP_S:
            return None
        jump_s = late_s - self.drift_s
        missing = left_out = 0
        drifted = False
        if self._count == 0 or jump_s > GAP_S:
            missing = max(0, round(late_s * self._rate_hz))
            self.drift_s = late_s - missing / self._rate_hz
        elif jump_s < -GAP_S:
            self.drift_s = late_s
        else:
            self.drift_s += jump_s * min(1.0, samples / self._rate_hz / FOLLOW_S)
        if abs(self.drift_s) > CORRECT_S:
            owed = round(self.drift_s * self._rate_hz)
            missing, left_out, drifted = max(owed, 0), min(max(-owed, 0), samples), True
            self.drift_s -= (missing - left_out) / self._rate_hz
        self._count += missing + samples - left_out
        return Placed(missing, left_out, drifted)
