"""Calibration: learning a sleeper's own scale and template from clean signal, live or from a file.

No calibration, no merge. Live it takes at least 120 s of clean hops. A recording or a simulated sleeper is
enrolled from 8 s of earlier samples by the very same front end.

Rules
- A hop is clean if it is eligible, its quality is at least .5 and it has no hard cause.
- template = median, scale = max(1.4826 MAD, 1.5 dB) per feature; the same per channel for the highest
  band's power, against which high frequencies are judged from then on.
- After `at_most_s` clean seconds it is fixed: a scale that followed its owner would hide the deviations that
  it exists to show.
- Unit error: the median over the newest 30 to 60 s of a channel's 2 s standard deviations (high-passed at 0.5
  Hz) outside 0.1-1000 uV on at least half of the channels. Medians, because one movement of 20 mV is not a
  wrong unit; the newest, so that the fitting of the headset is soon forgotten. A channel without any signal
  has no unit that could be wrong.
- The alpha peak is computed from the hops' posterior spectra (`alpha_peak`).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.alpha_peak import alpha_peak_hz
from dreamedge.core.signal.baseline import Baseline, own_z
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.features import HOP_NS, FrontEnd, Hop
from dreamedge.core.signal.quality import GOOD
from dreamwire.messages import Calibration, CalibrationSource, Floats
from dreamwire.schema import HOP_MS, Schema

__all__ = ["Baseline", "Calibrator", "EnrolRefusal", "enrol", "own_z"]

LIVE_S: Final = 120.0
OFFLINE_S: Final = 8.0
AT_MOST_S: Final = 300.0
MAD_TO_SD: Final = 1.4826
SCALE_MIN_DB: Final = 1.5
UNIT_S: Final = 30.0
UNIT_AT_MOST_S: Final = 60.0
UNIT_MIN_UV: Final = 0.1
UNIT_MAX_UV: Final = 1000.0
NO_SIGNAL_UV: Final = 1e-8
"""Brain waves in volts, taken for microvolts, still spread a hundred times as wide."""
HOP_S: Final = HOP_MS / 1000
_UNIT_EVERY: Final = round(1.0 / HOP_S)


@dataclass(frozen=True, slots=True)
class EnrolRefusal:
    """Why samples gave no calibration: 'unit', 'schema' or 'short', with a sentence of detail."""

    reason: str
    sentence: str


def median_and_scale(values: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Median and max(1.4826 MAD, 1.5 dB) over the first axis; float32[k] each."""
    middle = np.median(values, axis=0)
    mad = np.median(np.abs(values - middle), axis=0)
    scale = np.maximum(MAD_TO_SD * mad, SCALE_MIN_DB)
    return middle.astype(np.float32), scale.astype(np.float32)


def calibrator_for(source: CalibrationSource) -> "Calibrator":
    """The calibrator of a running pod: a live source needs more time than a replayed or simulated one."""
    offline = source in (CalibrationSource.REPLAY, CalibrationSource.SIMULATED)
    return Calibrator(source, OFFLINE_S if offline else LIVE_S)


class Calibrator:
    """Collects clean hops until they make a calibration."""

    def __init__(
        self, source: CalibrationSource, min_clean_s: float = LIVE_S, at_most_s: float | None = None
    ) -> None:
        """Require `min_clean_s`, use up to `at_most_s` (None: no more than required)."""
        self._source = source
        self._need = round(min_clean_s / HOP_S)
        self._limit = max(self._need, round((at_most_s or min_clean_s) / HOP_S))
        self._features: list[Floats] = []
        self._highfreq: list[Floats] = []
        self._spectra: list[Floats] = []
        self._spread: deque[Floats] = deque(maxlen=round(UNIT_AT_MOST_S))
        self._hops = 0
        self._unit_error = False
        self._own: Baseline | None = None

    def add_hop(self, hop: Hop) -> None:
        """Take the next hop; an unclean hop is used for the unit check only."""
        if self._hops % _UNIT_EVERY == 0:
            self._spread.append(hop.sd_uv)
            self._unit_error = self._judged_unit()
        self._hops += 1
        clean = hop.eligible and hop.quality >= GOOD and not hop.hard
        if clean and len(self._features) < self._limit:
            self._features.append(hop.features_db)
            self._highfreq.append(hop.highfreq_db)
            if len(hop.posterior_uv2_hz):
                self._spectra.append(hop.posterior_uv2_hz)
            self._own = None

    @property
    def clean_s(self) -> float:
        """Seconds of clean signal so far."""
        return len(self._features) * HOP_S

    @property
    def own(self) -> Baseline | None:
        """The calibration, None until there is enough clean signal and while the unit looks wrong."""
        if len(self._features) < self._need or self.unit_error:
            return None
        if self._own is None:
            template_db, scale_db = median_and_scale(np.array(self._features))
            high_db, high_scale_db = median_and_scale(np.array(self._highfreq))
            alpha_hz = alpha_peak_hz(np.array(self._spectra))
            self._own = Baseline(
                template_db, scale_db, high_db, high_scale_db, self.clean_s, self._source, alpha_hz
            )
        return self._own

    @property
    def progress(self) -> Calibration:
        """The progress as sent in a status."""
        own = self.own
        none = np.zeros(0, dtype=np.float32)
        return Calibration(
            done=own is not None,
            source=self._source,
            clean_s=self.clean_s,
            template_db=none if own is None else own.template_db,
            scale_db=none if own is None else own.scale_db,
            alpha_hz=0.0 if own is None else own.alpha_hz,
        )

    @property
    def unit_error(self) -> bool:
        """Whether at least 30 s of signal show that the samples are not in microvolts."""
        return self._unit_error

    def _judged_unit(self) -> bool:
        if len(self._spread) < UNIT_S:
            return False
        sd_uv = np.median(np.array(self._spread), axis=0)
        ok = (sd_uv >= UNIT_MIN_UV) & (sd_uv <= UNIT_MAX_UV) | (sd_uv <= NO_SIGNAL_UV)
        return bool(ok.mean() <= 1 - GOOD) if len(sd_uv) else False


def enrol(
    schema: Schema,
    montage: Montage,
    block: Block,
    source: CalibrationSource,
    min_clean_s: float = OFFLINE_S,
) -> Baseline | EnrolRefusal:
    """Calibrate from earlier samples: at most their first 300 s of clean signal.

    Raises:
        ValueError: the montage cannot be used at all, see `FrontEnd`.
    """
    front = FrontEnd(schema, montage)
    if front.unmeasured:
        return EnrolRefusal("schema", front.unmeasured)
    calibrator = Calibrator(source, min_clean_s, max(min_clean_s, AT_MOST_S))
    hops = 0
    for hop in _replay(front, montage, block):
        calibrator.add_hop(hop)
        hops += 1
        if calibrator.clean_s >= AT_MOST_S:
            break
    if calibrator.unit_error:
        return EnrolRefusal("unit", "the samples are not in microvolts (SD outside 0.1 to 1000 uV)")
    own = calibrator.own
    if own is None:
        found = f"{calibrator.clean_s:.1f} s of {hops * HOP_S:.1f} s are clean"
        return EnrolRefusal("short", f"{found}, {min_clean_s:.0f} s are needed")
    return own


def _replay(front: FrontEnd, montage: Montage, block: Block) -> Iterator[Hop]:
    """Every hop of a block, on a grid of its own."""
    per_hop = montage.rate_hz * HOP_NS / 1e9
    for k in range(1, int(len(block.uv) / per_hop) + 1):
        start, stop = round((k - 1) * per_hop), round(k * per_hop)
        last_ns = round(stop * 1e9 / montage.rate_hz)
        front.push(Block(block.uv[start:stop], last_ns, block.contact))
        hop = front.hop(last_ns)
        if hop is not None:
            yield hop
