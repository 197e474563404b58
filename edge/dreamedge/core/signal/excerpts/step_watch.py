"""The digital steps of a device that states none, found while it runs.

At every second hop the newest window of one channel without a known step is looked at, by turns, so that no
hop takes much longer. A step that costs nothing, or values on no grid, are found once. A coarse step is
looked at again, and the least one counts: a window of few values may show a multiple of the true step.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.excerpts.digital_step import digital_step

_EVERY_HOPS: Final = 2

Doubles = NDArray[np.float64]


class StepWatch:
    """The step of every channel as far as it is known; `coarse_uv`: a larger one is looked at again."""

    def __init__(self, stated_uv: Doubles, coarse_uv: float) -> None:
        """stated_uv: float64[channels], 0 where the device states none."""
        self.steps_uv = np.array(stated_uv)
        self._coarse_uv = coarse_uv
        self._open = [int(channel) for channel in np.flatnonzero(self.steps_uv == 0)]
        self._hops = 0

    def look_at(self, uv: Doubles) -> None:
        """Look at the newest window of a hop, float64[n, channels], uV."""
        self._hops += 1
        if not self._open or self._hops % _EVERY_HOPS:
            return
        channel = self._open.pop(0)
        step = digital_step(uv[:, channel])
        if step is not None:
            before = self.steps_uv[channel]
            self.steps_uv[channel] = min(step, before) if before else step
        if step is None or step > self._coarse_uv:
            self._open.append(channel)
