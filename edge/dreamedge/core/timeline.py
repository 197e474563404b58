"""Where samples lie in a recording: a file's time is the bed's time, though devices' clocks are not.

A file counts samples at its nominal rate; blocks say by their stamps when they were captured. How late
a block is against the count tells what happened in between:

- late at once, by more than GAP_S: samples are missing; as many are filled in as bring the file's time
  back to the bed's (an earlier false alarm is thereby made up for);
- early at once: an earlier stamp was late, no sample was missing; nothing is done;
- later or earlier little by little: the device's clock drifts. It is followed with a memory of FOLLOW_S,
  and past CORRECT_S as much is filled in or left out at once. Why not sample by sample: one marked seam in
  forty minutes (at 100 ppm) spoils less than sixty-four, and `drift_s` lets an analysis do better;
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
    """What comes before a block: so many missing samples, and so many of its own left out.

    drifted: they make up for the device's clock, nothing was lost.
    """

    missing: int
    left_out: int
    drifted: bool


class Timeline:
    """The time of one file; sample n of it lies at `time_ns(n)` of the bed's clock."""

    def __init__(self, rate_hz: float, start_ns: int) -> None:
        """`start_ns` is where sample 0 lies; the first block fills up from there."""
        self._rate_hz = rate_hz
        self._start_ns = start_ns
        self._count = 0
        self.drift_s = 0.0

    def time_ns(self, n: int) -> int:
        """When sample n was captured, by what is known now."""
        return self._start_ns + round((n / self._rate_hz + self.drift_s) * _NS)

    def seconds(self, at_ns: int) -> float:
        """An instant as seconds of the file."""
        return (at_ns - self._start_ns) / _NS - self.drift_s

    def turn(self, first: int, start_ns: int) -> int:
        """Go on in another file, whose sample 0 lies at `start_ns`, from sample `first` of this one.

        Returns how many samples are missing before it there.
        """
        late_s = (self.time_ns(first) - start_ns) / _NS
        missing = max(0, round(late_s * self._rate_hz))
        self._start_ns = start_ns
        self._count += missing - first
        self.drift_s = late_s - missing / self._rate_hz
        return missing

    def place(self, samples: int, last_ns: int) -> Placed | None:
        """Count `samples` in, the last captured at `last_ns`; None: they do not belong into this file."""
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
