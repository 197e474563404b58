"""Feature schemas: the numbers in a frame, and the scale on which sleepers are compared.

A schema fixes bands, regions and the order of a frame's features: feature `region * n_bands + band`, anterior
first. The shared scale is x = (dB - mu) / sigma with mu and sigma frozen at Start. A Dreamscape with fewer
than eight enrolled templates uses the constants shipped here, because a median over a handful of sleepers
depends on them more than on the scale.
"""

import math
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

HOP_MS: Final = 250
"""Milliseconds of one hop of features and one tick of the daemon; fixed."""

INSTANTS_PER_HOP: Final = 2
"""Phasor instants a frame carries: the 8 Hz grid."""

WIRE_REVISION: Final = 3
"""Highest wire revision this code reads and writes; since 2 an assign has a consent and modalities, since 3 a
presence names a gateway."""

OLDEST_READER: Final = 2
"""Oldest wire revision that reads a broadcast of this code rightly; raised as a field changes its meaning."""

PLAIN_FRAMES_SINCE: Final = 3
"""Wire revision from which on a daemon reads frames of fixed layout, and takes a pod's from its gateway."""


@dataclass(frozen=True, slots=True)
class Band:
    """A frequency band.

    kernel_s: its filter's length. phase: whether phasors are sent. least_rate_hz: the lowest sampling rate at
    which the band is measured.
    """

    name: str
    low_hz: float
    high_hz: float
    kernel_s: float
    phase: bool
    least_rate_hz: float = 0.0

    @property
    def centre_hz(self) -> float:
        """Arithmetic centre of the band, Hz."""
        return (self.low_hz + self.high_hz) / 2


@dataclass(frozen=True, slots=True)
class Schema:
    """A named layout of features with the constants of its shared scale."""

    name: str
    bands: tuple[Band, ...]
    regions: tuple[str, ...]
    mu_db: tuple[float, ...]
    sigma_db: tuple[float, ...]

    @property
    def size(self) -> int:
        """Number of features D."""
        return len(self.bands) * len(self.regions)

    @property
    def least_rate_hz(self) -> float:
        """The lowest sampling rate at which every band is measured."""
        return max(band.least_rate_hz for band in self.bands)

    @property
    def code(self) -> int:
        """CRC-32 of the name, as frames carry it."""
        return zlib.crc32(self.name.encode())

    @property
    def phase_bands(self) -> tuple[Band, ...]:
        """The bands whose phasors are sent, in order."""
        return tuple(band for band in self.bands if band.phase)

    def feature_names(self) -> tuple[str, ...]:
        """`region.band` for each feature, in frame order."""
        return tuple(f"{region}.{band.name}" for region in self.regions for band in self.bands)

    def shipped_mu(self) -> NDArray[np.float32]:
        """The shipped centre of the shared scale, float32[D], dB re 1 uV^2."""
        return np.asarray(self.mu_db, dtype=np.float32)

    def shipped_sigma(self) -> NDArray[np.float32]:
        """The shipped spread of the shared scale, float32[D], dB."""
        return np.asarray(self.sigma_db, dtype=np.float32)


BANDS6X2: Final = Schema(
    name="bands6x2",
    bands=(
        Band("delta", 0.5, 4.0, 2.0, phase=True),
        Band("theta", 4.0, 8.0, 1.0, phase=True),
        Band("alpha", 8.0, 12.0, 1.0, phase=True),
        Band("sigma", 12.0, 16.0, 1.0, phase=True),
        Band("beta", 16.0, 30.0, 1.0, phase=True),
        Band("gamma", 30.0, 45.0, 1.0, phase=False, least_rate_hz=100.0),
    ),
    regions=("anterior", "posterior"),
    mu_db=(19.0, 13.0, 14.0, 8.0, 8.0, 4.0, 18.0, 13.0, 16.0, 8.0, 7.0, 2.0),
    sigma_db=(4.0, 3.0, 4.0, 3.0, 3.0, 4.0, 4.0, 3.0, 4.0, 3.0, 3.0, 4.0),
)
"""Six bands, two regions, D = 12: the schema of DESIGN 7.1."""


def _without(schema: Schema, band: str, name: str) -> Schema:
    """The schema without one band, in the same order and on the same scale."""
    kept = [at for at, feature in enumerate(schema.feature_names()) if not feature.endswith(f".{band}")]
    return Schema(
        name=name,
        bands=tuple(one for one in schema.bands if one.name != band),
        regions=schema.regions,
        mu_db=tuple(schema.mu_db[at] for at in kept),
        sigma_db=tuple(schema.sigma_db[at] for at in kept),
    )


BANDS5X2: Final = _without(BANDS6X2, "gamma", "bands5x2")
"""BANDS6X2 without gamma, D = 10: for Dreamscapes with a device below 100 Hz."""

SCHEMAS: Final = {schema.name: schema for schema in (BANDS6X2, BANDS5X2)}
"""The richest first."""


def richest(rate_hz: float) -> Schema:
    """Return the schema with the most bands that a device of this sampling rate measures.

    Below every schema's least rate it is the one that asks least.
    """
    fitting = (schema for schema in SCHEMAS.values() if rate_hz >= schema.least_rate_hz)
    return next(fitting, BANDS5X2)


def on_every_band(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features of any schema in the order of BANDS6X2, float64[12]; NaN where the schema has none.

    Raises:
        ValueError: no schema has so many features.
    """
    if features.shape == (BANDS6X2.size,):
        return features
    schema = next((one for one in SCHEMAS.values() if features.shape == (one.size,)), None)
    if schema is None:
        raise ValueError(f"features of the shape {features.shape} are of no schema")
    given = dict(zip(schema.feature_names(), features, strict=True))
    return np.array([given.get(name, math.nan) for name in BANDS6X2.feature_names()])


def schema_named(name: str) -> Schema:
    """Return the schema called `name`.

    Raises:
        KeyError: no such schema; the message lists the existing ones.
    """
    if name not in SCHEMAS:
        known = ", ".join(sorted(SCHEMAS))
        message = f"schema {name!r} is not known; known: {known}"
        raise KeyError(message)
    return SCHEMAS[name]
