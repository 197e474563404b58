"""Judges a sampling rate: the nominal rate against the effective one, and the rows that are only copies.

A filter is at the wrong frequency by as much as the rate is wrong. One judgement holds for EDF, XDF, tables
and live streams: more than 2 % off is refused with cause `rate`.

Rules
- A live stream is judged once 10 s are measured. It is right again within 1.5 %.
- A row is held if every channel repeats its last value. A sender that polls faster than its device measures
  sends such rows: 922 Hz of which 72 % are held is a 256 Hz stream that was oversampled.
- A stretch that stands still for a quarter of a second or longer is a dead device. It counts on neither side.
  Nor does one at the edge of an excerpt or a gap: its length is unknown.
- A coarse converter repeats a slow signal too, but then leaves a value by a single digital step. Held samples
  are followed by larger steps.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE_OUT: Final = 0.02
RATE_IN: Final = 0.015
STILL_S: Final = 0.25
"""Rows that stand still for this long are no held samples."""
HELD: Final = "held"
"""The code of a note about held rows."""
HELD_TOLD: Final = 0.05
"""A larger share of held rows is told."""
_STEPS_LEAST: Final = 2.0
"""The median change in digital steps from which on a repetition is a copy."""
_ROWS_LEAST: Final = 100


@dataclass(frozen=True, slots=True)
class RateJudgement:
    """A nominal against an effective rate, Hz, and the share 0..1 of rows that are held."""

    nominal_hz: float
    effective_hz: float
    held_share: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the effective rate is within 2 % of the nominal one; never with a NaN or zero."""
        return abs(self.effective_hz - self.nominal_hz) <= RATE_OUT * self.nominal_hz and self.nominal_hz > 0

    @property
    def measured_hz(self) -> float:
        """The rate of the rows that are not held."""
        return self.effective_hz * (1.0 - self.held_share)

    @property
    def held_sentence(self) -> str:
        """The sentence about the held rows, without its end; '' if they are few."""
        if not self.held_share > HELD_TOLD:
            return ""
        return (
            f"{self.effective_hz:.4g} Hz of which {100 * self.held_share:.0f} % are copies "
            f"is a {self.measured_hz:.4g} Hz stream that was oversampled"
        )

    def refusal(self, what: str, remedy: str = "correct the nominal rate") -> str:
        """The sentence that refuses the recording `what`, '' if the rate is right.

        remedy: the step that corrects the nominal rate.
        """
        if self.ok:
            return ""
        return self._says(what, f"{remedy}, or record it again at the rate it states", "record it again with")

    def live_refusal(self, what: str) -> str:
        """The sentence that refuses the device or stream `what`, of which a `RateWatch` is not ok."""
        return self._says(what, "let its sender state the rate that it delivers", "let its sender have")

    def _says(self, what: str, remedy: str, once: str) -> str:
        held = self.held_sentence
        says = f"{what} has a nominal rate of {self.nominal_hz:g} Hz and delivers {self.effective_hz:.2f} Hz"
        if held:
            return f"{says}: {held}; {once} each sample sent once."
        return f"{says}, more than {100 * RATE_OUT:.0f} % off; {remedy}."


class RateWatch:
    """Whether a live device keeps its nominal sampling rate; a marginal rate does not flutter."""

    def __init__(self) -> None:
        self.ok = True

    def update_error(self, error: float) -> None:
        """Take the relative deviation of the effective rate from the nominal one."""
        self.ok = error <= (RATE_OUT if self.ok else RATE_IN)


def held_share(uv: NDArray[Any], rate_hz: float) -> float:
    """Return the share 0..1 of rows that repeat the row before.

    uv: [n, channels], any real type and unit, NaN where missing. rate_hz: the effective rows per second. 0
    where too few rows move to tell.
    """
    finite = np.isfinite(uv).all(axis=1)
    known = finite[1:] & finite[:-1]
    same = known & np.all(uv[1:] == uv[:-1], axis=1)
    counted = known & ~_still(same, known, max(2, round(STILL_S * rate_hz)))
    rows, held = np.count_nonzero(counted), np.count_nonzero(same & counted)
    if rows < _ROWS_LEAST or held == 0:
        return 0.0
    moves = np.flatnonzero(counted & ~same)
    changes = np.abs(uv[moves + 1].astype(np.float64) - uv[moves])
    return held / rows if _leaps(changes) else 0.0


def _still(same: NDArray[np.bool_], known: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Where at least `least` in a row are the same, or fewer at the edge of what is known."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    inside = np.concatenate([[False], known, [False]])
    long = (ends - begins >= least) | ~inside[begins] | ~inside[ends + 1]
    marks = np.zeros(len(same) + 1, dtype=np.int64)
    np.add.at(marks, begins[long], 1)
    np.add.at(marks, ends[long], -1)
    return np.asarray(np.cumsum(marks)[:-1] > 0)


def _leaps(changes: NDArray[np.floating]) -> bool:
    """Whether a channel's changes, float[n, channels] >= 0, are larger than its smallest one."""
    for column in changes.T:
        moved = column[column > 0]
        if len(moved) and float(np.median(moved)) >= _STEPS_LEAST * float(moved.min()):
            return True
    return False
