"""The front end: samples in, one hop of features, phasors and quality out, four times a second.

Everything is computed from the newest seconds in a ring at the requested grid instant, so neither the
division of samples into blocks nor a late call changes a hop. A hop skipped by the caller is computed
afterwards. The features are 1 to 2 s old by nature (half a kernel, half a window).

Rules
- Power is the mean of |analytic|^2 / 2 over the 16 instants (8 Hz) of the newest 2 s: a sine of amplitude A
  in a band gives A^2 / 2 uV^2. In dB, floor 1e-6 uV^2 (a flat channel is finite; its quality marks it as
  flat). A region's feature is the mean dB of its channels that count.
- A channel counts while its quality is at least .5 and has been for as long as kernel and window reach back
  (9 hops of 2 s verdicts: each of the 16 instants had a clean kernel). Before that, and for a region without
  a channel that counts, the feature is NaN and the hop not eligible.
- Phasors are unit phasors of one pinned channel, omitted (NaN) while it is bad.
- A device whose effective sampling rate is not the nominal one (`RateWatch`) makes every hop ineligible:
  `rate`.
- A hop's cause is the one that costs most quality, reported while the quality is below .5 or a region is
  missing. Its evidence is the first sample or window that showed it in this run.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.alpha_peak import EVERY_HOPS, Periodogram, alpha_columns
from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.electrodes import electrodes
from dreamedge.core.signal.quality import BRIDGE_S, CAUSES, GOOD, RATE, QualityEvaluator, Verdict
from dreamedge.core.signal.sample_buffer import Fault, Samples
from dreamedge.core.signal.sampling.rate_judgement import RateWatch
from dreamedge.core.signal.spectrum import POWER_HOPS, Spectrum, nearest_sample, sample_at
from dreamwire.messages import ChannelState, Floats
from dreamwire.schema import HOP_MS, Schema, richest

HOP_NS: Final = HOP_MS * 1_000_000
RATE_MIN_HZ: Final = 64.0
RATE_MAX_HZ: Final = 1000.0
CLEAN_HOPS: Final = POWER_HOPS + 1
HARD: Final = {Fault.NONFINITE: "nonfinite", Fault.RANGE: "range"}
"""One sample with such a fault is a hard cause."""

_FOLLOWS_NS: Final = 5_000_000
"""A block continues the last one if its stamp is this close to the expected one."""

_NOTHING: Final = np.zeros(0, dtype=np.float32)
_NOTHING.flags.writeable = False


def _none() -> Floats:
    return _NOTHING


@dataclass(slots=True)  # frozen it would take four times as long to make; no code changes it
class Hop:
    """The front end's result at one grid instant.

    instant_ns: the instant asked for, monotonic ns. captured_ns: the last sample used. features_db:
    float32[D], dB re 1 uV^2, NaN where a region has no channel that counts. phasors: float32[2, B, 2], unit
    (re, im) half a kernel before instant - 125 ms and instant. quality: mean over the EEG channels, 0..1; 0
    if not eligible. cause: why it is low, '' while good. channels: the EEG channels. hard: '' or the hard
    cause, see HARD, first seen since the previous hop. evidence_ns: the first sample or window that showed
    `hard` or `cause`, 0 if none. eligible: every feature is finite, the rate right. highfreq_db, sd_uv:
    float32[channels], the highest band's power and the high-passed signal's SD; posterior_uv2_hz:
    float32[bins], now and then, see `alpha_peak`: all for the calibration.
    """

    instant_ns: int
    captured_ns: int
    features_db: Floats
    phasors: Floats
    quality: float
    cause: str
    channels: tuple[ChannelState, ...]
    hard: str
    evidence_ns: int
    eligible: bool
    highfreq_db: Floats = field(default_factory=_none)
    sd_uv: Floats = field(default_factory=_none)
    posterior_uv2_hz: Floats = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One advanced hop: verdict, power float64[bands, channels], its window's faults, its last sample."""

    verdict: Verdict
    power_db: NDArray[np.float64]
    fault: NDArray[np.uint8]
    last: int


class FrontEnd:
    """The streaming signal processing of one pod."""

    def __init__(self, schema: Schema, montage: Montage) -> None:
        """Prepare for a schema and montage.

        Raises:
            ValueError: the rate is outside 64-1000 Hz or no channel is an EEG site.
        """
        if not RATE_MIN_HZ <= montage.rate_hz <= RATE_MAX_HZ:
            raise ValueError(f"{montage.rate_hz} Hz: sampling rates of 64 to 1000 Hz can be used")
        self.electrodes = electrodes(montage.names)
        if not self.electrodes:
            raise ValueError(f"no channel is a 10-20 site: {', '.join(montage.names)}")
        self._schema = schema
        self._columns = np.array([e.column for e in self.electrodes])
        self._regions = tuple(
            np.array([e.region == region for e in self.electrodes]) for region in schema.regions
        )
        self._high_row = len(schema.bands) - 1
        self._nominal_hz = montage.rate_hz
        self._samples = Samples(len(self.electrodes), montage.rate_hz, montage.full_scale_uv)
        self._spectrum = Spectrum(schema, self.electrodes, montage.rate_hz)
        self._judge = QualityEvaluator(
            self.electrodes, montage.rate_hz, montage.mains_hz, montage.resolution_uv
        )
        self._rate = RateWatch()
        self._alpha = alpha_columns(self.electrodes)
        self._periodogram = Periodogram(montage.rate_hz)
        self._bridge = math.floor(BRIDGE_S * montage.rate_hz)
        self._own: Baseline | None = None
        self._contact: NDArray[np.float64] | None = None
        self._waiting: list[Block] = []
        self._waiting_n = 0
        self._waiting_most = round(montage.rate_hz)
        self._restart()

    def _restart(self) -> None:
        self._spectrum.restart()
        self._judge.restart()
        self._clean_hops = np.zeros(len(self.electrodes), dtype=np.int64)
        self._instant_ns: int | None = None
        self._judged = 0
        self._observed = 0
        self._hard_ns, self._hard = 0, ""
        self._run_cause = ""
        self._run_ns = 0
        self._lost = ("silence",) * len(self.electrodes)

    @property
    def missing_features(self) -> tuple[str, ...]:
        """Features that this device can never measure: a band beyond its rate, a region without a site."""
        return tuple(
            f"{region}.{band.name}"
            for region, here in zip(self._schema.regions, self._regions, strict=True)
            for band, measured in zip(self._schema.bands, self._spectrum.measured, strict=True)
            if not (measured and here.any())
        )

    @property
    def unmeasured(self) -> str:
        """Why this device can never measure the schema, as a clause with the remedy; '' if it can."""
        if not self.missing_features:
            return ""
        slow = [band for band in self._schema.bands if not self._nominal_hz >= band.least_rate_hz]
        if slow:
            needs = " and ".join(
                f"{band.name} ({band.low_hz:g}-{band.high_hz:g} Hz) needs at least {band.least_rate_hz:g} Hz"
                for band in slow
            )
            fitting = richest(self._nominal_hz).name
            return (
                f"{needs}, and the sampling rate is {self._nominal_hz:g} Hz; --schema {fitting} does without"
            )
        empty = [
            region for region, here in zip(self._schema.regions, self._regions, strict=True) if not here.any()
        ]
        there = ", ".join(electrode.name for electrode in self.electrodes)
        return (
            f"no channel measures the {' and the '.join(empty)} region (channels: {there}); "
            "use a device with an electrode there, or name its channels with --montage"
        )

    @property
    def rate_hz(self) -> float:
        """Effective sampling rate as measured from the stamps; nominal during the first 2 s."""
        return self._samples.rate_hz

    @property
    def rate_ok(self) -> bool:
        """Whether the effective rate is the nominal one within 2 %, as far as it is known."""
        return self._rate.ok

    @property
    def steps_uv(self) -> tuple[float, ...]:
        """The digital step of every electrode, uV, stated or found; 0 where unknown or none."""
        return self._judge.steps_uv

    @property
    def pinned(self) -> str:
        """The channel that the phasors are of, '' until one is pinned."""
        pinned = self._spectrum.pinned
        return "" if pinned is None else self.electrodes[pinned].name

    def use(self, own: Baseline | None) -> None:
        """Judge high frequencies against this calibration from now on; None: do not judge them."""
        self._own = own

    def push(self, block: Block) -> None:
        """Take new samples; an empty block renews the contact alone.

        Consecutive blocks without a gap are processed together at the next hop: five small ones cost as much
        as one each, and their samples are not needed before.
        """
        self._contact = None if block.contact is None else block.contact[self._columns]
        if len(block.uv) == 0:
            return
        if not self._follows(block):
            self._take_in()
        self._waiting.append(block)
        self._waiting_n += len(block.uv)

    def _follows(self, block: Block) -> bool:
        """Whether the block directly follows the newest waiting one, by its stamp, and there is room."""
        if not self._waiting:
            return True
        expected_ns = self._waiting[-1].last_ns + round(len(block.uv) * 1e9 / self._samples.rate_hz)
        on_time = abs(block.last_ns - expected_ns) <= _FOLLOWS_NS
        return on_time and self._waiting_n < self._waiting_most

    def _take_in(self) -> None:
        blocks, self._waiting, self._waiting_n = self._waiting, [], 0
        if not blocks:
            return
        uv = blocks[0].uv if len(blocks) == 1 else np.concatenate([block.uv for block in blocks])
        if self._samples.append(uv[:, self._columns], blocks[-1].last_ns):
            self._restart()

    def hop(self, instant_ns: int) -> Hop | None:
        """The hop at a grid instant; None until samples reach it, or if it is not after the last one."""
        self._take_in()
        if self._samples.count == 0 or (self._instant_ns is not None and instant_ns <= self._instant_ns):
            return None
        if nearest_sample(self._samples, instant_ns) >= self._samples.count:
            return None
        seen = None
        for instant in self._owed(instant_ns):
            seen = self._observe(instant)
        self._rate.update_error(self._samples.rate_error)
        self._instant_ns = instant_ns
        return None if seen is None else self._assemble(instant_ns, seen)

    def _owed(self, instant_ns: int) -> list[int]:
        """The instants to compute: those skipped since the last one (a window's at most), then this."""
        if self._instant_ns is None:
            return [instant_ns]
        skipped = min(max(round((instant_ns - self._instant_ns) / HOP_NS) - 1, 0), CLEAN_HOPS)
        return [instant_ns - back * HOP_NS for back in range(skipped, -1, -1)]

    def _observe(self, instant_ns: int) -> _Seen | None:
        """Advance by one hop; None if the ring no longer reaches back to it."""
        last, _ = sample_at(self._samples, instant_ns)
        first = last + 1 - self._judge.samples
        if not (self._samples.holds(first, last + 1) and self._spectrum.reaches(self._samples, instant_ns)):
            return None
        self._spectrum.advance(self._samples, instant_ns)
        power_db = self._spectrum.power_db()
        uv, fault = self._samples.window(first, last + 1)
        fresh = min(max(last + 1 - self._judged, 0), len(fault))
        verdict = self._judge.judge(uv, fault, fresh, self._contact, self._high_z(power_db))
        self._judged = last + 1
        self._observed += 1
        good = verdict.quality >= GOOD
        self._clean_hops = np.where(good, self._clean_hops + 1, 0)
        self._lost = tuple(
            lost if ok else cause for lost, ok, cause in zip(self._lost, good, verdict.causes, strict=True)
        )
        if not self._hard_ns:
            self._hard_ns, self._hard = self._hardest(fault[len(fault) - fresh :], last)
        return _Seen(verdict, power_db, fault, last)

    def _hardest(self, fresh: NDArray[np.uint8], last: int) -> tuple[int, str]:
        """The first hard fault among the newest samples: its stamp and cause; 0 and '' if none."""
        found = ((self._first(fresh == fault, 0, last), why) for fault, why in HARD.items())
        return min((seen for seen in found if seen[0]), default=(0, ""))

    def _high_z(self, power_db: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[channels]: the highest band's z against the own calibration, NaN without one."""
        if self._own is None or len(self._own.highfreq_db) != len(self.electrodes):
            return np.full(len(self.electrodes), np.nan)
        z = (power_db[self._high_row] - self._own.highfreq_db) / self._own.highfreq_scale_db
        return np.asarray(z, dtype=np.float64)

    def _first(self, bad: NDArray[np.bool_], allowed: int, last: int) -> int:
        """Stamp of the first sample at which a channel of bool[n, channels] exceeds `allowed`, or 0."""
        over = np.flatnonzero((np.cumsum(bad, axis=0) > allowed).any(axis=1))
        return self._samples.time_ns(last + 1 - len(bad) + int(over[0])) if len(over) else 0

    def _assemble(self, instant_ns: int, seen: _Seen) -> Hop:
        quality = seen.verdict.quality
        counts = self._clean_hops >= CLEAN_HOPS
        features_db = self._features(seen.power_db, counts)
        eligible = self._rate.ok and bool(np.isfinite(features_db).all())
        mean = float(quality.mean())
        why = self._cause(seen.verdict) if self._rate.ok else RATE
        cause = why if not (eligible and mean >= GOOD) else ""
        hard = self._hard
        evidence_ns = self._hard_ns or self._evidence(cause, seen)
        self._hard_ns, self._hard = 0, ""
        return Hop(
            instant_ns=instant_ns,
            captured_ns=self._samples.time_ns(seen.last),
            features_db=features_db,
            phasors=self._spectrum.phasors(counts, self._clean_hops > 1),
            quality=mean if eligible else 0.0,
            cause=cause,
            channels=tuple(
                ChannelState(e.name, float(q), why)
                for e, q, why in zip(self.electrodes, quality, seen.verdict.causes, strict=True)
            ),
            hard=hard,
            evidence_ns=evidence_ns,
            eligible=eligible,
            highfreq_db=seen.power_db[self._high_row].astype(np.float32),
            sd_uv=seen.verdict.sd_uv.astype(np.float32),
            posterior_uv2_hz=self._posterior(seen.last, counts),
        )

    def _posterior(self, last: int, counts: NDArray[np.bool_]) -> Floats:
        """The spectrum of the posterior channels that count, while there is no calibration yet."""
        use = self._alpha[counts[self._alpha]]
        if self._own is not None or self._observed % EVERY_HOPS or not len(use):
            return _none()
        uv, _ = self._samples.window(last + 1 - self._periodogram.samples, last + 1)
        return self._periodogram.density(uv[:, use])

    def _features(self, power_db: NDArray[np.float64], counts: NDArray[np.bool_]) -> Floats:
        bands = len(self._schema.bands)
        features_db = np.full(self._schema.size, np.nan, dtype=np.float32)
        for at, here in enumerate(self._regions):
            use = here & counts
            if use.any():
                features_db[at * bands : (at + 1) * bands] = power_db[:, use].mean(axis=1)
        return features_db

    def _cause(self, verdict: Verdict) -> str:
        """The cause that costs most quality; if none does now, the one that keeps channels from counting."""
        cost = dict.fromkeys(CAUSES, 0.0)
        for why, quality in zip(verdict.causes, verdict.quality, strict=True):
            if why:
                cost[why] += 1.0 - float(quality)
        if not any(cost.values()):
            for why, hops in zip(self._lost, self._clean_hops, strict=True):
                cost[why] += float(hops < CLEAN_HOPS)
        worst = max(CAUSES, key=lambda why: cost[why])
        return worst if cost[worst] > 0.0 else ""

    def _evidence(self, cause: str, seen: _Seen) -> int:
        """The first evidence of this run of `cause`; for railed samples the first beyond the tolerance."""
        if cause != self._run_cause:
            self._run_cause = cause
            self._run_ns = self._samples.time_ns(seen.last) if cause else 0
            if cause == "railed":
                railed = self._first(seen.fault == Fault.RAILED, self._bridge, seen.last)
                self._run_ns = railed or self._run_ns
        return self._run_ns
