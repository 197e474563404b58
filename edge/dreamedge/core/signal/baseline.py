"""The own scale: a sleeper's usual features without coupling, and their spread.

In the own z every sleeper is the origin, so it identifies none of them: it serves quality and runaway only.
The template (the medians) identifies, and is sent in the calibration.
"""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from dreamwire.blend import to_shared
from dreamwire.messages import Assign, Calibration, CalibrationSource, Floats


@dataclass(frozen=True, slots=True)
class Baseline:
    """A calibration.

    template_db, scale_db: float32[D], dB: median and max(1.4826 MAD, 1.5 dB) of each feature. highfreq_db,
    highfreq_scale_db: float32[channels], the same of each channel's gamma power; NaN if the device has no
    gamma. clean_s: seconds of clean signal it rests on. alpha_hz: the peak of the posterior alpha rhythm, 0
    if none was found.
    """

    template_db: Floats
    scale_db: Floats
    highfreq_db: Floats
    highfreq_scale_db: Floats
    clean_s: float
    source: CalibrationSource
    alpha_hz: float = 0.0

    def shared(self, assign: Assign) -> Floats:
        """The template on the shared scale of this assignment, float32[D]."""
        return to_shared(self.template_db, assign.mu_db, assign.sigma_db)

    def told(self) -> Calibration:
        """The calibration as sent in a status."""
        return Calibration(
            done=True,
            source=self.source,
            clean_s=self.clean_s,
            template_db=self.template_db,
            scale_db=self.scale_db,
            alpha_hz=self.alpha_hz,
        )


def own_z(features_db: NDArray[np.floating], own: Baseline) -> float:
    """Root mean square over features of the own z; not finite if a feature is not."""
    # Python's floats: for a dozen numbers they cost a third of numpy.
    each = zip(features_db.tolist(), own.template_db.tolist(), own.scale_db.tolist(), strict=True)
    return hypot(*[(db - median) / scale for db, median, scale in each]) / sqrt(features_db.size)
