"""Many frames as columns: what a read of the socket has brought, for one judgement instead of many.

A block holds frames of one schema in the order of arrival, each with the topic of its sender. An unusual
frame is taken out of it again by `frame`, as the value that a single frame would have been.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dreamwire.messages import Floats, Frame
from dreamwire.topics import FramesTopic

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FrameColumns:
    """n frames of one schema, by column.

    seq, instant, uncertainty_us: int64[n]. features: float32[n, D], dB. phasors: float32[n, 2, B, 2].
    quality, applied, own_z: float32[n].
    """

    seq: Numbers
    instant: Numbers
    uncertainty_us: Numbers
    features: Floats
    phasors: Floats
    quality: Floats
    applied: Floats
    own_z: Floats

    def taken(self, at: NDArray[np.intp]) -> "FrameColumns":
        """Return the frames at these places."""
        return FrameColumns(
            self.seq[at],
            self.instant[at],
            self.uncertainty_us[at],
            self.features[at],
            self.phasors[at],
            self.quality[at],
            self.applied[at],
            self.own_z[at],
        )


class FrameBlock(Protocol):
    """Frames that arrived together.

    schema: the code of their schema. topics: of each frame. assignments: of each frame. fading: bool[n].
    """

    schema: int
    topics: list[FramesTopic]
    assignments: list[int]
    fading: NDArray[np.bool_]
    columns: FrameColumns

    def frame(self, at: int) -> Frame:
        """Return one of them as a value."""
        ...
