"""Signal quality: each rule with a clean control, and on real recordings for the right reason."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamd.core.safety.causes import Cause, Kind, cause_named, kind_of
from dreamedge.adapters.implants.inspection import examine
from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.calibration import enrol
from dreamedge.core.signal.electrodes import electrodes, site_of
from dreamedge.core.signal.features import FrontEnd, Hop
from dreamedge.core.signal.quality import CAUSES, RATE, UNIT, HighPass, QualityEvaluator, mains_rows
from dreamwire.messages import CalibrationSource
from dreamwire.schema import BANDS6X2
from edge import recorded
from edge.signals import EIGHT, HOP_NS, Doubles, hops_of, last_of, pink, sine

MONTAGE = Montage(EIGHT, 256.0, 187_500.0, 50.0)
WARM_HOPS = 16


def judged(uv: Doubles, contact: Doubles | None = None, montage: Montage = MONTAGE) -> list[Hop]:
    """Every hop of a signal."""
    front = FrontEnd(BANDS6X2, montage)
    return [hop for hop in hops_of(uv, montage, front, contact) if hop is not None]


def causes(hop: Hop) -> dict[str, str]:
    """The cause of each channel that is below 1."""
    return {channel.name: channel.cause for channel in hop.channels if channel.cause}


def test_clean_signal_is_clean() -> None:
    """Control: pink noise of 20 uV passes every rule on every channel once the window is full."""
    hops = judged(pink(12, 256, 8))
    assert all(channel.quality == 1.0 for hop in hops[8:] for channel in hop.channels)
    assert not any(causes(hop) for hop in hops[8:])
    assert all(hop.quality == 0.0 for hop in hops[8:15]), "what is not eligible yet has no quality"
    warm = hops[WARM_HOPS:]
    assert all(hop.quality == 1.0 and hop.eligible and not hop.cause for hop in warm)
    assert not any(hop.evidence_ns for hop in warm)


@pytest.mark.parametrize(
    ("names", "site"),
    [
        (("Fp1", "FP1.", "EEG Fp1", "EEG Fp1-A2", "fp1"), "FP1"),
        (("EEG Fpz-Cz",), "FPZ"),
        (("TP9", "EEG TP9"), "TP9"),
        (("ECG", "ECG ECG", "EOG horizontal", "A1", "M2", "EMG submental", "Temp rectal", "Status"), ""),
    ],
)
def test_names_of_electrodes(names: tuple[str, ...], site: str) -> None:
    """A 10-20 site is found in any spelling; another name is not an EEG channel."""
    assert {site_of(name) for name in names} == {site}


def test_regions() -> None:
    """Fp AF F FC FT are anterior, C T CP TP P PO O posterior; blinks count at Fp AF F alone."""
    found = electrodes(
        ("Fp1", "AF7", "Fz", "FC3", "FT9", "C3", "T7", "CP1", "TP10", "Pz", "PO3", "O2", "ECG")
    )
    assert [e.region for e in found] == ["anterior"] * 5 + ["posterior"] * 7
    assert [e.site for e in found if e.frontal] == ["FP1", "AF7", "FZ"]


def test_contact_of_the_device_counts() -> None:
    """Contact by the device: none is 0, NaN is 0, half is half."""
    contact = np.array([0.0, np.nan, 0.5, 1, 1, 1, 1, 1])
    hop = judged(pink(8, 256, 8), contact)[-1]
    assert [channel.quality for channel in hop.channels[:4]] == [0.0, 0.0, 0.5, 1.0]
    assert causes(hop) == {"Fp1": "contact", "Fz": "contact", "F4": "contact"}


@pytest.mark.parametrize(("share", "quality"), [(0.70, 1.0), (0.80, 0.4), (0.95, 0.0)])
def test_railed(share: float, quality: float) -> None:
    """Half a second at 75 % of full scale gives 0.4, at 90 % 0; at 70 % it is an offset like another."""
    uv = pink(8, 256, 8)
    uv[:, 3] += share * 187_500
    last = judged(uv)[-1].channels[3]
    assert last.quality == quality
    assert last.cause == ("" if quality == 1.0 else "railed")


def test_half_a_second_at_the_rail_is_zero_before_it_is_flat() -> None:
    """A railed channel is 0 at once, without the two seconds of a flat line."""
    uv = pink(8, 256, 8)
    uv[round(7.5 * 256) :, 3] = 0.95 * 187_500
    last = judged(uv)[-1].channels[3]
    assert (last.quality, last.cause) == (0.0, "railed")


@pytest.mark.parametrize("onset_s", [8.0, 8.1, 8.18])
def test_railing_shows_within_the_hop(onset_s: float) -> None:
    """A device that rails is at 0 at the first hop that ends 60 ms or more after, with its evidence."""
    uv = pink(9, 256, 8)
    onset = round(onset_s * 256)
    uv[onset:] = 187_500.0
    hop = next(hop for hop in judged(uv) if hop.captured_ns > onset_s * 1e9 and hop.quality == 0.0)
    assert hop.instant_ns == 33 * HOP_NS
    assert hop.cause == "railed"
    onset_ns = onset_s * 1e9
    assert onset_ns < hop.evidence_ns <= onset_ns + 60e6
    assert hop.instant_ns - hop.evidence_ns <= HOP_NS


def test_a_single_glitch_is_held_over() -> None:
    """One sample at the rail neither zeroes a channel nor moves a feature by 0.1 dB."""
    uv = pink(12, 256, 8)
    glitched = uv.copy()
    glitched[round(9.1 * 256), :] = -187_500.0
    clean, hops = judged(uv), judged(glitched)
    assert all(hop.quality == 1.0 and hop.eligible for hop in hops[WARM_HOPS:])
    moved = [np.abs(a.features_db - b.features_db).max() for a, b in zip(clean, hops, strict=True)]
    assert np.nanmax(moved[WARM_HOPS:]) < 0.1


def test_flat() -> None:
    """A flat channel is 0 after 2 s, and its neighbours are unaffected."""
    uv = pink(12, 256, 8)
    uv[8 * 256 :, 4] = 12.0
    hops = judged(uv)
    first = next(hop.instant_ns for hop in hops if causes(hop).get("Pz") == "flat")
    assert first == 10_000_000_000
    assert causes(hops[-1]) == {"Pz": "flat"}


def test_amplitude_by_site() -> None:
    """300 uV peak to peak is an artefact at Fp1 and a slow wave at Cz; 400 uV is one everywhere."""
    uv = pink(8, 256, 8, rms_uv=1.0)
    uv[:, 0] += sine(2.0, 150.0, 8, 256, 1)[:, 0]
    uv[:, 3] += sine(2.0, 150.0, 8, 256, 1)[:, 0]
    uv[:, 5] += sine(2.0, 210.0, 8, 256, 1)[:, 0]
    assert causes(judged(uv)[-1]) == {"Fp1": "amplitude", "O1": "amplitude"}


def test_slow_drift_and_offset_are_no_amplitude() -> None:
    """An offset of 62 mV and a drift of 60 uV/s pass: the high-pass removes them."""
    uv = pink(20, 256, 8) + 62_000.0
    uv[:, 0] += 60 * np.arange(len(uv)) / 256
    assert all(not causes(hop) for hop in judged(uv)[WARM_HOPS:])


@pytest.mark.parametrize(("mains_hz", "hz"), [(50.0, 50.4), (60.0, 60.0), (0.0, 60.0)])
def test_mains(mains_hz: float, hz: float) -> None:
    """70 uV RMS within 1 Hz of the mains is 0, 50 uV passes; unknown mains means either."""
    uv = pink(8, 256, 8)
    uv[:, 6] += sine(hz, 70 * np.sqrt(2), 8, 256, 1)[:, 0]
    uv[:, 7] += sine(hz, 50 * np.sqrt(2), 8, 256, 1)[:, 0]
    assert causes(judged(uv, montage=Montage(EIGHT, 256.0, 0.0, mains_hz))[-1]) == {"O2": "mains"}


def test_mains_is_measured_to_two_percent() -> None:
    """The Fourier rows give a sine's RMS at the mains to 2 % and ignore 62 mV of offset and alpha."""
    rows = mains_rows(250.0, 500, (50.0,))
    uv = sine(50.0, 60 * np.sqrt(2), 2, 250, 1) + 62_000.0 + sine(10.0, 100.0, 2, 250, 1)
    assert np.sqrt(np.sum((rows @ uv) ** 2)) == pytest.approx(60.0, rel=0.02)


def test_high_frequency_against_own() -> None:
    """Muscle 15 dB above the own gamma is 0.4; without a calibration it is not judged."""
    calm = pink(30, 256, 8, rms_uv=8.0)
    own = enrol(BANDS6X2, MONTAGE, Block(calm, 0), CalibrationSource.LIVE)
    assert isinstance(own, Baseline)
    tense = pink(8, 256, 8, rms_uv=8.0, seed=2)
    tense[:, 7] += np.random.default_rng(3).normal(0, 30, len(tense))
    front = FrontEnd(BANDS6X2, MONTAGE)
    assert not causes(last_of(hops_of(tense, MONTAGE, front)))
    front = FrontEnd(BANDS6X2, MONTAGE)
    front.use(own)
    hop = last_of(hops_of(tense, MONTAGE, front))
    assert causes(hop) == {"T7": "highfreq"}
    assert hop.channels[7].quality == 0.4


def test_strong_mains_is_not_reported_as_amplitude() -> None:
    """Mains of 500 uV peak to peak is `mains`; with a movement of 600 uV on top it is `amplitude`."""
    uv = pink(8, 256, 8, rms_uv=5.0)
    uv[:, 3:5] += sine(60.0, 250.0, 8, 256, 2)
    uv[:, 4] += sine(2.0, 300.0, 8, 256, 1)[:, 0]
    assert causes(judged(uv, montage=Montage(EIGHT, 256.0))[-1]) == {"Cz": "mains", "Pz": "amplitude"}


@pytest.mark.parametrize("word", [*CAUSES, RATE, UNIT])
def test_the_daemon_knows_every_cause(word: str) -> None:
    """Each signal cause of a pod is one of the daemon's, and none is a cause of leaving."""
    assert cause_named(word) is not Cause.UNKNOWN
    assert kind_of(cause_named(word)) in (Kind.SOFT, Kind.HARD, Kind.TRANSPORT)


def test_first_cause_in_order_is_reported() -> None:
    """A flat channel without contact has the cause `contact`, a railed flat one `railed`."""
    uv = pink(8, 256, 8)
    uv[:, 0] = 5.0
    uv[:, 1] = 187_000.0
    contact = np.array([0.0, 1, 1, 1, 1, 1, 1, 1])
    assert causes(judged(uv, contact)[-1]) == {"Fp1": "contact", "Fz": "railed"}


def test_high_pass_is_one_pole() -> None:
    """At 0.5 Hz the high-pass halves the power, at 5 Hz it passes; chunks make no difference."""
    for hz, gain in ((0.5, np.sqrt(0.5)), (5.0, 0.995)):
        uv = sine(hz, 1.0, 40, 256, 1)
        whole = HighPass(1, 256.0).pass_on(uv)
        assert whole[-10 * 256 :].std() * np.sqrt(2) == pytest.approx(gain, rel=0.01)
        pieces = HighPass(1, 256.0)
        cut = np.concatenate([pieces.pass_on(part) for part in np.array_split(uv, 97)])
        np.testing.assert_allclose(cut, whole, atol=1e-9)


def test_nothing_in_the_signal_catches_a_table() -> None:
    """A headset on a table (noise of brain-like size) passes every rule but contact."""
    montage = Montage(EIGHT, 256.0, 0.0, 50.0)
    judge = QualityEvaluator(electrodes(EIGHT), 256.0, 50.0)
    noise = np.random.default_rng(4).normal(0, 8, (judge.samples, 8))
    fault: NDArray[np.uint8] = np.zeros(noise.shape, dtype=np.uint8)
    unknown = np.full(8, np.nan)
    assert judge.judge(noise, fault, judge.samples, None, unknown).quality.min() == 1.0
    contact = np.zeros(8)
    assert judged(pink(8, 256, 8), contact, montage)[-1].cause == "contact"


def lost_share(hops: list[Hop]) -> tuple[float, Counter[str]]:
    """Share of channel-hops below .5 after the start, and their causes."""
    channels = [channel for hop in hops[WARM_HOPS:] for channel in hop.channels]
    bad = Counter(channel.cause for channel in channels if not channel.quality >= 0.5)
    return bad.total() / len(channels), bad


@recorded.needed
@pytest.mark.parametrize(
    "name",
    [
        "waking/eegmat_S01_rest_7ch.edf",
        "waking/eegmat_S02_rest_7ch.edf",
        "waking/rest_eyesclosed_30ch_250Hz.edf",
        "waking/muse_P300_subject1_4ch_256Hz.edf",
        "waking/muse_spatialfreq_subject0_4ch_256Hz.edf",
        "sleep/sleepF_sleepEDF_SC4001_first300s_wake_7ch_100Hz.edf",
    ],
)
def test_clean_recordings_lose_little(name: str) -> None:
    """Clean recordings of real people lose at most 5 % of their channel time."""
    uv, names, rate_hz = recorded.edf(name)
    share, why = lost_share(judged(uv, montage=Montage(names, rate_hz)))
    assert share <= 0.05, why


@recorded.needed
def test_slow_waves_are_no_artefact() -> None:
    """A quarter of an hour of deep sleep (N3 and N2 of a real night) loses at most 1 %."""
    uv, _, rate_hz = recorded.edf("sleep/sleepA_cycle84min_1ch_100Hz_hypnogram.edf")
    share, why = lost_share(judged(uv[1300 * 100 : 2200 * 100], montage=Montage(("C3",), rate_hz)))
    assert share <= 0.01, why


@recorded.needed
def test_strong_mains_is_mains() -> None:
    """A recording with mains far above the brain has that cause and is not eligible as a whole."""
    uv, names, rate_hz = recorded.edf("artefact/muse_P300_subject1_strong50Hz_4ch_256Hz.edf")
    hops = judged(uv, montage=Montage(names, rate_hz))
    assert not any(hop.eligible for hop in hops)
    assert lost_share(hops)[1].most_common(1)[0][0] == "mains"


@recorded.needed
def test_railing_recording_is_railed() -> None:
    """A channel at the amplifier's limit for 100 ms is at 0 for it in every such hop."""
    uv = recorded.npz("artefact/openbci_focus_railing_8ch_250Hz.npz")
    names = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")
    hops = judged(uv, montage=Montage(names, 250.0, 187_500.0, 60.0))
    seen = 0
    for hop in hops[WARM_HOPS:]:
        stop = round(hop.captured_ns * 250 / 1e9)
        for channel in np.flatnonzero(np.sum(np.abs(uv[stop - 62 : stop]) >= 180_000, axis=0) > 25):
            seen += 1
            assert (hop.channels[channel].quality, hop.channels[channel].cause) == (0.0, "railed")
    assert seen > 50


@recorded.needed
def test_offsets_of_62_mv_are_not_railed() -> None:
    """Offsets to 62 mV are no fault; the strong 60 Hz and the jaw clenching on top are."""
    uv = recorded.npz("artefact/openbci_blinks_jawclench_alpha_DC_8ch_250Hz.npz")
    names = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")
    why = lost_share(judged(uv, montage=Montage(names, 250.0, 187_500.0, 60.0)))[1]
    assert set(why) == {"amplitude", "mains"}


@recorded.needed
def test_glitches_are_seen_and_forgotten() -> None:
    """Four glitches are seen within their hop, each for less than 4.5 s; the rest stays clean."""
    uv = recorded.arff("artefact/emotiv_eyestate_4glitches_14ch_128Hz.arff", 14)
    names = ("AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4")
    hops = judged(uv, montage=Montage(names, 128.0))
    low = {hop.instant_ns // HOP_NS for hop in hops[WARM_HOPS:] if not hop.quality >= 0.5}
    glitches_k = [int(np.ceil((sample + 1) / 32)) for sample in (898, 10386, 11509, 13179)]
    assert all(k in low for k in glitches_k)
    assert all(any(0 <= k - glitch < 18 for glitch in glitches_k) for k in low)


@recorded.needed
def test_no_contact_is_caught_by_contact_alone() -> None:
    """Of four headsets recorded together only the one without contact is at 0, for contact."""
    streams = recorded.xdf("group/hybridharmony_anticipation_4people_4ch_256Hz.xdf")
    found = {}
    for name in (name for name in streams if name.endswith("EEG")):
        hsi = streams[name.replace("EEG", "HSI")][-1]
        contact = np.interp(hsi, [1.0, 2.0, 4.0], [1.0, 0.5, 0.0])
        montage = Montage(("TP9", "AF7", "AF8", "TP10"), 256.0)
        hops = judged(streams[name], contact, montage)[WARM_HOPS:]
        found[name.split("-")[0]] = Counter(hop.cause for hop in hops if hop.quality == 0.0)
    assert found["Blue"]["contact"] > 100
    assert all(not found[who]["contact"] for who in ("Orange", "Green", "Purple"))


def test_a_coarse_digital_step() -> None:
    """A step above 10 uV gives quality 0 with cause `resolution`; 10 uV, and an unknown one, cost nothing."""
    montage = Montage(EIGHT, 256.0, resolution_uv=(32.0, 10.0, 0.0, 10.1, 0.1, 1.0, np.nan, 0.0))
    hop = judged(pink(8, 256, 8), None, montage)[-1]
    assert causes(hop) == {EIGHT[at]: "resolution" for at in (0, 3, 6)}
    assert [channel.quality for channel in hop.channels] == [0, 1, 1, 0, 1, 1, 0, 1]


def test_a_file_of_32_uv_a_step_is_not_usable() -> None:
    """Field case f13: a step of 32 uV is not usable with cause `resolution`, and a note has the number."""
    (one,) = examine(str(Path(__file__).parent / "field_cases" / "f13_32uV_per_bit.edf"))
    assert (one.found.seated, one.found.cause) == (False, "resolution")
    assert [note.code for note in one.notes] == ["resolution"]
    assert "32" in one.notes[0].sentence
