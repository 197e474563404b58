"""An implant's output: blocks of samples with their capture times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Montage:
    """The channels of an implant.

    names: 10-20 names, in sample order. rate_hz: nominal samples per second. full_scale_uv: the amplifier's
    positive limit in uV, 0 if unknown. mains_hz: 50 or 60, 0 if unknown. resolution_uv: uV of one digital
    step, one a channel, 0 where unknown; () if none is known.
    """

    names: tuple[str, ...]
    rate_hz: float
    full_scale_uv: float = 0.0
    mains_hz: float = 0.0
    resolution_uv: tuple[float, ...] = ()


@dataclass(slots=True)
class Block:
    """Samples in the order captured.

    uv: float64[n, channels], microvolts, NaN where the device delivered none. last_ns: the pod's monotonic
    stamp (CLOCK_BOOTTIME) of the last sample. contact: float64[channels] in 0..1 by the device's own
    indicator, or None if it has none. original: the same stretch as the device delivered it, at its own rate,
    where an implant decimates and was asked to keep it; it ends up to a filter's delay later.
    """

    uv: NDArray[np.float64]
    last_ns: int
    contact: NDArray[np.float64] | None = None
    original: "Block | None" = None
