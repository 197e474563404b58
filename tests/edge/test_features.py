"""The front end: right numbers at the right instants, for any blocks, gaps and faults."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.features import FrontEnd, Hop
from dreamedge.core.signal.filters import kernel
from dreamwire.schema import BANDS6X2, Band
from edge import recorded
from edge.signals import EIGHT, HOP_NS, Doubles, hops_of, last_of, pink, sine

RATES = (64.0, 128.0, 250.0, 256.0, 500.0, 1000.0)
CASES = [(rate, band) for rate in RATES for band in BANDS6X2.bands if rate >= band.least_rate_hz]
MONTAGE = Montage(EIGHT, 256.0, 0.0, 50.0)
GAMMA = 5
BOOT_NS = 3_000_000_000_000_000
"""A pod that has been up for a month: stamps beyond float32, within float64 only as differences."""


def fed(uv: Doubles, montage: Montage = MONTAGE) -> list[Hop | None]:
    """Every hop of a signal."""
    return hops_of(uv, montage, FrontEnd(BANDS6X2, montage), start_ns=BOOT_NS)


def front_end(rate_hz: float = 256.0, names: tuple[str, ...] = EIGHT) -> FrontEnd:
    """A front end of bands6x2."""
    return FrontEnd(BANDS6X2, Montage(names, rate_hz, 0.0, 50.0))


@pytest.mark.parametrize(("rate_hz", "band"), CASES, ids=lambda v: getattr(v, "name", str(v)))
def test_sine_has_its_power_and_phase(rate_hz: float, band: Band) -> None:
    """A sine of 20 uV in a band is 23.0 dB +- 0.3 there, with its phase on the grid to 2 degrees."""
    montage = Montage(EIGHT, rate_hz, 0.0, 50.0)
    hop = last_of(fed(sine(band.centre_hz, 20.0, 5, rate_hz), montage))
    at = BANDS6X2.bands.index(band)
    for feature in (at, at + len(BANDS6X2.bands)):
        assert hop.features_db[feature] == pytest.approx(10 * np.log10(200), abs=0.3)
    if band.phase:
        for slot, instant_s in enumerate((5 - 0.125, 5.0)):
            phase = 2 * np.pi * band.centre_hz * (instant_s - band.kernel_s / 2) - np.pi / 2
            re, im = hop.phasors[slot, BANDS6X2.phase_bands.index(band)]
            assert np.hypot(re, im) == pytest.approx(1.0, abs=1e-5)
            assert abs(np.degrees(np.angle((re + 1j * im) / np.exp(1j * phase)))) < 2.0


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 6 * 256), max_size=40),
    rate_hz=st.sampled_from([128.0, 250.0, 256.0]),
    seed=st.integers(0, 9),
)
@example(cuts=[62], rate_hz=250.0, seed=0)  # 250 ms lies halfway between the samples at 248 and 252 ms
def test_blocks_make_no_difference(cuts: list[int], rate_hz: float, seed: int) -> None:
    """Any cut of the same samples into blocks gives bit-identical hops."""
    montage = Montage(EIGHT, rate_hz, 0.0, 50.0)
    uv = pink(6, rate_hz, 8, seed=seed)
    uv[700, 2] = np.nan
    whole = fed(uv, montage)
    front = FrontEnd(BANDS6X2, montage)
    bounds = sorted({min(cut, len(uv)) for cut in cuts} | {0, len(uv)})
    asked = 1
    got: list[Hop | None] = []
    for start, stop in pairwise(bounds):
        front.push(Block(uv[start:stop], BOOT_NS + round(stop * 1e9 / rate_hz)))
        while asked <= 24:
            hop = front.hop(BOOT_NS + asked * HOP_NS)
            if hop is None:
                break
            got.append(hop)
            asked += 1
    assert len(got) == len(whole) == 24
    for one, other in zip(got, whole, strict=True):
        assert one is not None
        assert other is not None
        np.testing.assert_array_equal(one.features_db, other.features_db)
        np.testing.assert_array_equal(one.phasors, other.phasors)
        assert (one.channels, one.hard, one.evidence_ns) == (other.channels, other.hard, other.evidence_ns)


def test_mains_does_not_move_gamma() -> None:
    """50 uV RMS of 50 Hz, ten thousand times gamma's power, moves gamma by less than 0.2 dB."""
    uv = pink(8, 256, 8, rms_uv=5.0)
    clean = last_of(fed(uv)).features_db
    noisy = last_of(fed(uv + sine(50.0, 50 * np.sqrt(2), 8, 256))).features_db
    assert abs(noisy[GAMMA] - clean[GAMMA]) < 0.2
    assert np.abs(noisy - clean).max() < 0.3


def test_offset_and_drift_do_not_move_anything() -> None:
    """62 mV of offset moves no feature by 0.01 dB."""
    uv = pink(8, 256, 8)
    clean, offset = last_of(fed(uv)).features_db, last_of(fed(uv + 62_000.0)).features_db
    assert np.abs(offset - clean).max() < 0.01


def test_pink_noise_falls_by_band() -> None:
    """1/f noise gives in each band what its kernel lets through of 1/f, within 0.7 dB."""
    rms_uv, seconds, rate_hz = 20.0, 120, 256.0
    hops = [hop for hop in fed(pink(seconds, rate_hz, 8, rms_uv)) if hop is not None and hop.eligible]
    found_db = 10 * np.log10(np.mean(10 ** (np.array([hop.features_db for hop in hops]) / 10), axis=0))
    hz = np.arange(0.1, 100.0, 0.1)
    density = rms_uv**2 / np.log(rate_hz / 2 * seconds) / hz
    for at, band in enumerate(BANDS6X2.bands):
        times_s = np.arange(-round(band.kernel_s * 128), round(band.kernel_s * 128) + 1) / 256
        taps = kernel(band, times_s)
        gain = np.abs(taps @ np.exp(-2j * np.pi * times_s[:, None] * hz)) / 2
        expected_db = 10 * np.log10(np.sum(density * gain**2) * 0.1)
        assert found_db[at] == pytest.approx(expected_db, abs=0.7)


def test_features_wait_for_window_and_kernel() -> None:
    """The first eligible hop comes with 2 s of kernel and 2 s of power: at 4 s; before that silence."""
    hops = [hop for hop in fed(pink(6, 256, 8)) if hop is not None]
    first = next(at for at, hop in enumerate(hops) if hop.eligible)
    assert (hops[first].instant_ns - BOOT_NS) / 1e9 == 4.0
    assert {hop.cause for hop in hops[:first]} == {"silence"}


def test_no_hop_before_its_samples() -> None:
    """A hop is refused until the samples reach its instant, then given once."""
    front = front_end()
    front.push(Block(pink(1, 256, 8)[:250], BOOT_NS + round(250e9 / 256)))
    assert front.hop(BOOT_NS + 4 * HOP_NS) is None
    front.push(Block(np.zeros((0, 8)), BOOT_NS + 4 * HOP_NS))
    assert front.hop(BOOT_NS + 4 * HOP_NS) is None
    front.push(Block(pink(1, 256, 8)[250:], BOOT_NS + 4 * HOP_NS))
    assert front.hop(BOOT_NS + 4 * HOP_NS) is not None
    assert front.hop(BOOT_NS + 4 * HOP_NS) is None


def test_a_skipped_hop_is_made_up_for() -> None:
    """A caller that skips three instants then gets the same hop as without skipping."""
    uv = pink(10, 256, 8)
    front = front_end()
    for k in range(1, 41):
        front.push(Block(uv[(k - 1) * 64 : k * 64], BOOT_NS + k * HOP_NS))
        hop = None if k in (37, 38, 39) else front.hop(BOOT_NS + k * HOP_NS)
    assert hop is not None
    np.testing.assert_array_equal(hop.features_db, last_of(fed(uv)).features_db)


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (np.nan, "nonfinite"),
        (np.inf, "nonfinite"),
        (-np.inf, "nonfinite"),
        (1e300, "range"),
        (-1.1e7, "range"),
    ],
)
def test_one_sample_not_a_number_is_hard(value: float, cause: str) -> None:
    """One sample not finite, or beyond 10 V, is a hard cause at once.

    Its channel is out until clean again.
    """
    uv = pink(14, 256, 8)
    uv[round(8.1 * 256), 4] = value
    hops = [hop for hop in fed(uv) if hop is not None]
    hard = [hop for hop in hops if hop.hard]
    assert [(hop.hard, hop.instant_ns - BOOT_NS) for hop in hard] == [(cause, 33 * HOP_NS)]
    assert hard[0].evidence_ns == BOOT_NS + round((round(8.1 * 256) + 1) * 1e9 / 256)
    assert all(np.isfinite(hop.features_db).all() for hop in hops[16:])
    bad = [hop.instant_ns for hop in hops[16:] if hop.channels[4].cause == cause]
    assert len(bad) == 8
    assert hops[-1].quality == 1.0


@pytest.mark.parametrize(("first", "second"), [("nonfinite", "range"), ("range", "nonfinite")])
def test_of_two_hard_faults_in_one_hop_the_earlier_is_reported(first: str, second: str) -> None:
    """Of two hard faults in one hop the earlier sample gives cause and evidence."""
    value = {"nonfinite": np.nan, "range": 2e7}
    uv = pink(10, 256, 8)
    uv[round(8.05 * 256), 4], uv[round(8.15 * 256), 2] = value[first], value[second]
    hard = [hop for hop in fed(uv) if hop is not None and hop.hard]
    assert [hop.hard for hop in hard] == [first]
    assert hard[0].evidence_ns == BOOT_NS + round((round(8.05 * 256) + 1) * 1e9 / 256)


def test_all_not_a_number_is_never_eligible() -> None:
    """A device that gives only NaN is hard at every hop, at quality 0 and never eligible."""
    uv = pink(8, 256, 8)
    uv[5 * 256 :] = np.nan
    for hop in fed(uv)[20:]:
        assert hop is not None
        assert (hop.hard, hop.quality if hop.instant_ns > BOOT_NS + 5.2e9 else 0.0) == ("nonfinite", 0.0)
        assert not hop.eligible


def test_a_channel_returns_when_kernel_and_window_are_clean() -> None:
    """After a bad stretch a region's only channel is back when no kernel in its window holds a bad sample."""
    montage = Montage(("Fz", "Pz"), 256.0, 0.0, 50.0)
    uv = pink(16, 256, 2)
    uv[8 * 256 : 8 * 256 + 100, 1] = np.nan
    hops = [hop for hop in fed(uv, montage) if hop is not None]
    out = [(hop.instant_ns - BOOT_NS) / 1e9 for hop in hops[16:] if not hop.eligible]
    assert (out[0], out[-1]) == (8.25, 12.25)
    assert {hop.cause for hop in hops[16:] if not hop.eligible} == {"nonfinite"}
    assert all(np.isfinite(hop.features_db[:6]).all() for hop in hops[16:])


def test_a_gap_is_silence_and_heals() -> None:
    """Half a second without samples is `silence` for the 2 s it lies in the window, then forgotten."""
    uv = pink(20, 256, 8)
    front = front_end()
    hops = []
    for k in range(1, 81):
        if k not in (33, 34):
            front.push(Block(uv[(k - 1) * 64 : k * 64], BOOT_NS + k * HOP_NS))
        hops.append(front.hop(BOOT_NS + k * HOP_NS))
    assert hops[32] is None
    assert hops[33] is None
    after = [hop for hop in hops[34:] if hop is not None]
    assert [hop.cause for hop in after[:8]] == ["silence"] * 8
    assert after[-1].eligible
    assert after[-1].quality == 1.0


def test_a_lost_packet_is_bridged() -> None:
    """Twelve lost samples (one radio packet) are held over: no channel falls out, the time stays right."""
    uv = sine(10.0, 20.0, 12, 256) + pink(12, 256, 8, rms_uv=1.0)
    front = front_end()
    stop = 0
    for k in range(1, 49):
        start, stop = stop, k * 64
        lost = 12 if k == 40 else 0
        front.push(Block(uv[start + lost : stop], BOOT_NS + k * HOP_NS))
        hop = front.hop(BOOT_NS + k * HOP_NS)
        assert hop is not None
        assert k < 16 or hop.eligible
    phase = 2 * np.pi * 10 * (12 - 0.5) - np.pi / 2
    re, im = hop.phasors[1, 2]
    assert abs(np.degrees(np.angle((re + 1j * im) / np.exp(1j * phase)))) < 4.0


@pytest.mark.parametrize("jump_ns", [-5_000_000_000, 40_000_000_000])
def test_a_reset_of_the_clock_starts_anew(jump_ns: int) -> None:
    """Stamps that jump back 5 s or ahead 40 s start the signal anew: ineligible, then well after 4 s."""
    uv = pink(16, 256, 8)
    front = front_end()
    hops = []
    for k in range(1, 65):
        now_ns = BOOT_NS + k * HOP_NS + (jump_ns if k > 32 else 0)
        front.push(Block(uv[(k - 1) * 64 : k * 64], now_ns))
        hops.append(front.hop(now_ns))
    assert [hop is not None and hop.eligible for hop in hops[15:]] == [True] * 17 + [False] * 15 + [True] * 17


def test_the_rate_is_measured() -> None:
    """A device with 250 samples a second and a nominal 256 is measured at 250 within 0.5 %."""
    front = front_end()
    uv = pink(30, 250, 8)
    for k in range(1, 121):
        start, stop = round((k - 1) * 62.5), round(k * 62.5)
        front.push(Block(uv[start:stop], BOOT_NS + round(stop * 1e9 / 250)))
    assert front.rate_hz == pytest.approx(250.0, rel=0.005)


def test_jittering_stamps_keep_phase() -> None:
    """Stamps that jitter by 3 ms (11 degrees at 10 Hz) leave the phase within 6 degrees after 20 s."""
    rng = np.random.default_rng(5)
    uv = sine(10.0, 20.0, 60, 256)
    front = front_end()
    errors = []
    for k in range(1, 241):
        late_ns = int(rng.normal(0, 3e6)) if k > 1 else 0
        front.push(Block(uv[(k - 1) * 64 : k * 64], BOOT_NS + k * HOP_NS + late_ns))
        hop = front.hop(BOOT_NS + k * HOP_NS - 20_000_000)
        assert hop is not None
        phase = 2 * np.pi * 10 * (k / 4 - 0.02 - 0.5) - np.pi / 2
        re, im = hop.phasors[1, 2]
        errors.append(np.degrees(np.angle((re + 1j * im) / np.exp(1j * phase))))
    assert np.abs(errors[80:]).max() < 6.0


def test_the_phase_channel_is_pinned() -> None:
    """Phasors come from Pz; while Pz is bad they are omitted, never taken from another channel."""
    uv = pink(20, 256, 8)
    uv[8 * 256 : 9 * 256, 4] = np.nan
    front = front_end()
    hops = [hop for hop in hops_of(uv, MONTAGE, front, start_ns=BOOT_NS) if hop is not None]
    assert front.pinned == "Pz"
    assert np.isnan(hops[35].phasors).all()
    assert hops[35].eligible
    assert np.isfinite(hops[31].phasors).all()
    assert np.isfinite(hops[-1].phasors).all()


def test_features_a_device_cannot_measure_are_named() -> None:
    """At 64 Hz gamma is missing, without a frontal site the anterior features."""
    assert front_end(64.0).missing_features == ("anterior.gamma", "posterior.gamma")
    assert len(front_end(256.0, ("Cz", "Pz", "ECG")).missing_features) == 6
    assert front_end().missing_features == ()
    montage = Montage(EIGHT, 64.0)
    hop = last_of(hops_of(pink(6, 64, 8), montage, FrontEnd(BANDS6X2, montage)))
    assert not hop.eligible
    assert np.isfinite(hop.features_db[[0, 1, 2, 3]]).all()


@pytest.mark.parametrize(("names", "rate_hz"), [(("ECG", "A1"), 256.0), (EIGHT, 50.0), (EIGHT, float("nan"))])
def test_unusable_montages_are_refused(names: tuple[str, ...], rate_hz: float) -> None:
    """No EEG channel, or a rate outside 64 to 1000 Hz, is a ValueError with the reason."""
    with pytest.raises(ValueError, match=r"10-20|64 to 1000"):
        front_end(rate_hz, names)


def test_other_channels_are_no_eeg() -> None:
    """An ECG of 2 mV among the channels changes neither features nor quality."""
    uv = pink(6, 256, 8)
    ecg = np.column_stack((uv, sine(1.2, 2000.0, 6, 256, 1)))
    plain, more = last_of(fed(uv)), last_of(fed(ecg, Montage((*EIGHT, "ECG"), 256.0)))
    np.testing.assert_array_equal(plain.features_db, more.features_db)
    assert [channel.name for channel in more.channels] == list(EIGHT)


def test_a_flat_headset_is_never_in_synchrony() -> None:
    """A flat headset has quality 0, no feature and no phasor: it cannot appear as perfect synchrony."""
    hop = last_of(fed(np.zeros((8 * 256, 8))))
    assert (hop.quality, hop.cause, hop.eligible) == (0.0, "flat", False)
    assert np.isnan(hop.phasors).all()


@recorded.needed
def test_eyes_closed_has_alpha() -> None:
    """Closing the eyes raises posterior alpha of a real person by more than 5 dB."""
    medians = []
    for run in ("R01", "R02"):
        uv, names, rate_hz = recorded.edf(f"waking/eegmmidb_S001{run}_64ch.edf")
        hops = [hop for hop in fed(uv, Montage(names, rate_hz, 0.0, 60.0)) if hop is not None]
        medians.append(np.nanmedian([hop.features_db[8] for hop in hops[16:]]))
    assert medians[1] - medians[0] > 5.0
