"""The sleeper's feedback: the cue for the renderer, and its form for a simulated sleeper."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamwire.blend import from_shared
from dreamwire.messages import Floats, Modality
from dreamwire.schema import on_every_band

SILENT_AFTER_S: Final = 0.5
"""Seconds after the last cue at which a renderer has fallen silent by itself."""


@dataclass(frozen=True, slots=True)
class Cue:
    """The feedback to render from now on.

    feedback: float32[D], the blend in the shared scale. share: the rendered share of the others, 0..1, after
    ramp, slew limit and fade; 0 means the sleeper is alone. fade_ms: reach this share along a raised cosine
    of that many milliseconds; 0: at once, as smoothly as the device always is. modalities: the ways in which
    it may reach the sleeper; None: all.
    """

    feedback: Floats
    share: float
    fade_ms: float = 0.0
    modalities: frozenset[Modality] | None = None

    @property
    def bands(self) -> NDArray[np.float64] | None:
        """The feedback as float64[12], in the order of the fullest schema; None unless all are numbers.

        A feature that the Dreamscape's schema lacks is 0, the shared centre.
        """
        x = np.asarray(self.feedback, dtype=np.float64)
        try:
            whole = on_every_band(x)
        except ValueError:
            return None
        return np.nan_to_num(whole, nan=0.0) if bool(np.isfinite(x).all()) else None


@dataclass(frozen=True, slots=True)
class Felt:
    """A simulated sleeper's feedback: the blend (float32[D], shared scale) and the others' share in it.

    mu_db, sigma_db: float32[D], the shared scale; dB values are computed on demand. For implants simulated to
    mix wrongly, also the parts of the mix: others, float32[D], their centre; phase_means, float32[B, 2] (re,
    im), their mean phasors by band at the grid instant phases_ns, by the pod's own clock.
    """

    feedback: Floats
    share: float
    mu_db: Floats
    sigma_db: Floats
    others: Floats | None = None
    phase_means: Floats | None = None
    phases_ns: int = 0

    def on_every_band(self, own_db: NDArray[np.float64]) -> "Felt":
        """The same for a sleeper with every band of the fullest schema; own_db: its levels, float64[12], dB.

        A feature that the Dreamscape's schema lacks is its own level: nothing draws it anywhere.
        """
        if self.feedback.shape == own_db.shape:
            return self

        def whole(given: Floats, instead: NDArray[np.float64]) -> Floats:
            features = on_every_band(given.astype(np.float64))
            return np.where(lacking, instead, features).astype(np.float32)

        lacking = np.isnan(on_every_band(np.zeros(self.feedback.shape)))
        return replace(
            self,
            feedback=whole(self.feedback, np.zeros(len(own_db))),
            mu_db=whole(self.mu_db, own_db),
            sigma_db=whole(self.sigma_db, np.ones(len(own_db))),
            others=None if self.others is None else whole(self.others, np.zeros(len(own_db))),
        )

    @property
    def feedback_db(self) -> NDArray[np.float64]:
        """The blend in dB, float64[D]."""
        return from_shared(self.feedback, self.mu_db, self.sigma_db).astype(np.float64)

    @property
    def others_db(self) -> NDArray[np.float64] | None:
        """The others in dB, float64[D]; None while there are none."""
        if self.others is None:
            return None
        return from_shared(self.others, self.mu_db, self.sigma_db).astype(np.float64)

    def phase(self, band: int) -> complex:
        """The mean phasor of a phase band at `phases_ns`; NaN if it was not given."""
        if self.phase_means is None or not band < len(self.phase_means):
            return complex(np.nan, np.nan)
        return complex(*self.phase_means[band].tolist())
