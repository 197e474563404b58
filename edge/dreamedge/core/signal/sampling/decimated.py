"""A recording above 1,000 Hz as one of a rate that the front end can use; it stays on disk until it is due.

Slot k stands for the original slots [k * factor, (k + 1) * factor) and is filtered around the last of them.
Both end at the same instant, so a replay has the stamps of the original samples. A slot counts as
filled if its whole stretch is. Samples are loaded a second at a time, so an hour at 20 kHz costs no memory.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.sampling.decimator import DIRECT_HZ, Decimator

Doubles = NDArray[np.float64]

_CHUNK_SLOTS = int(DIRECT_HZ)


class Recording(Protocol):
    """A recording that can be played."""

    @property
    def slots(self) -> int:
        """The duration in sampling periods."""
        ...

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """MUST be the filled slots as [begin, end) in order, at least one, none empty, none touching."""
        ...

    def load(self, begin: int, end: int) -> Doubles:
        """MUST return slots [begin, end), float64[end - begin, channels], uV, NaN where not filled."""
        ...

    def contact(self, begin: int, end: int) -> Doubles | None:
        """MUST return the device's contact over [begin, end), float64[channels] 0..1; None if it has none."""
        ...


class DecimatedRecording:
    """A recording decimated by a factor."""

    def __init__(self, original: Recording, factor: int, full_scale_uv: Callable[[], float]) -> None:
        """`full_scale_uv` returns the amplifier's positive limit, 0 if unknown, when samples are loaded."""
        self._original = original
        self._decimator = Decimator(factor)
        self._full_scale_uv = full_scale_uv
        self.slots = original.slots // factor
        whole = ((-(-begin // factor), end // factor) for begin, end in original.runs)
        self.runs = tuple((begin, end) for begin, end in whole if begin < end)

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end), float64[end - begin, channels], uV, NaN where not filled."""
        pieces = [
            self._piece(at, min(at + _CHUNK_SLOTS, end))
            for at in range(begin, max(end, begin + 1), _CHUNK_SLOTS)
        ]
        return np.concatenate(pieces)

    def contact(self, begin: int, end: int) -> Doubles | None:
        """The device's contact over [begin, end), float64[channels] 0..1; None if it has none."""
        factor = self._decimator.factor
        return self._original.contact(begin * factor, end * factor)

    def _piece(self, begin: int, end: int) -> Doubles:
        if end <= begin:
            return self._original.load(0, 0)
        factor, delay = self._decimator.factor, self._decimator.delay
        first = begin * factor + factor - 1 - delay
        stop = end * factor + delay
        low, high = max(first, 0), min(stop, self._original.slots)
        uv = self._original.load(low, high)
        outside = ((low - first, stop - high), (0, 0))
        uv = np.pad(uv, outside, constant_values=np.nan)
        return self._decimator.window(uv, end - begin, self._full_scale_uv())
