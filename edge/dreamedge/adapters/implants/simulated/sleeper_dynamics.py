"""The pull of an implant on the levels of a simulated sleeper, healthy or malfunctioning: pure.

A healthy implant gives f = (1 - a) x + a c (DESIGN 7.4), and its sleeper follows f at a fixed rate. The
drives here are implants that mix wrongly. Each returns a pull in dB a second on the twelve levels, from the
inputs of the mix: the sleeper's own levels x, their profile p, the centre of the others c, the share a.
- `amplifying`: the others' part has g times its amplitude and draws g times as hard, as far as a brain
  follows. The amplified levels enter the collective and return amplified again: a loop. Its push is a
  logarithm of the share, so halving stops small gains and not large ones.
- `following`: the others' part draws k times as hard. A group of n keeps (r / (r + k a n/(n-1)))^2 of its
  dispersion: the sleepers become alike.
- `collapsing`: all differences between sleepers are drawn onto one axis, which is stretched for it:
  dispersion stays, rank falls. At share zero no sleeper is given anything, so each returns to its own levels.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.merging.cue import Felt
from dreamwire.schema import BANDS6X2

Array = NDArray[np.float64]
Drive = Callable[[Array, Array, Felt], Array]

FOLLOW_PER_S: Final = 0.20
"""Rate at which a healthy sleeper follows the feedback."""
GAIN: Final = 10.0
"""Gain of a malfunctioning implant, relative to a healthy one."""
STRETCH: Final = 3.0
"""Factor by which distances grow along the one axis that is left: sqrt(12), rounded down."""

_FOLLOWED_DB: Final = 10.0
"""How far levels follow amplified feedback; further, and they would be excluded as outliers."""
_AXIS: Final = np.asarray([1.0, -1.0, 1.0, -1.0, 1.0, -1.0] * len(BANDS6X2.regions)) / np.sqrt(BANDS6X2.size)


def _nothing(levels_db: Array) -> Array:
    return np.zeros_like(levels_db)


def amplifying(gain: float) -> Drive:
    """An implant whose others' part has `gain` times its amplitude."""

    def pull(levels_db: Array, profile_db: Array, felt: Felt) -> Array:
        others_db = felt.others_db
        if others_db is None:
            return _nothing(levels_db)
        # Powers relative to the sleeper's own at rest, so that no power overflows.
        others = felt.share * gain**2 * 10.0 ** ((others_db - profile_db) / 10.0)
        raised_db = np.minimum(10.0 * np.log10(1.0 - felt.share + others), _FOLLOWED_DB)
        return np.asarray(FOLLOW_PER_S * gain * (profile_db + raised_db - levels_db))

    return pull


def following(gain: float) -> Drive:
    """An implant that draws to the others with `gain` a second at share 1."""

    def pull(levels_db: Array, _profile_db: Array, felt: Felt) -> Array:
        others_db = felt.others_db
        if others_db is None:
            return _nothing(levels_db)
        return np.asarray(gain * felt.share * (others_db - levels_db))

    return pull


def collapsing(gain: float) -> Drive:
    """An implant that draws onto one axis through the schema's centre, with `gain` a second at share 1."""
    centre_db = np.asarray(BANDS6X2.mu_db)

    def pull(levels_db: Array, profile_db: Array, felt: Felt) -> Array:
        away = float(_AXIS @ (profile_db - centre_db))
        target_db = centre_db + STRETCH * away * _AXIS
        return np.asarray(gain * felt.share * (target_db - levels_db))

    return pull


DRIVES: Final[dict[str, Drive]] = {
    "gain-runaway": amplifying(GAIN),
    "homogenise": following(GAIN),
    "collapse": collapsing(GAIN),
}
"""Drives by the name of the malfunction."""
