"""Some channels of a recording."""

from collections.abc import Sequence

import numpy as np

from dreamedge.core.signal.sampling.decimated import Doubles, Recording


class ChosenChannels:
    """A recording of some columns of another one."""

    def __init__(self, whole: Recording, columns: Sequence[int]) -> None:
        self._whole = whole
        self._columns = list(columns)
        self.slots = whole.slots
        self.runs = whole.runs

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end) of them, float64[end - begin, channels], uV, NaN where not filled."""
        return np.asarray(self._whole.load(begin, end)[:, self._columns])

    def contact(self, begin: int, end: int) -> Doubles | None:
        """The chosen channels' contact over [begin, end), float64[channels] 0..1; None if there is none."""
        found = self._whole.contact(begin, end)
        return None if found is None else found[self._columns]
