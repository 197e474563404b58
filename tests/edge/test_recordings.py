"""Every real recording, sleeper by sleeper: accepted or refused for the right cause, no false alarms.

A false alarm is a lost channel-hop without an excursion of the raw signal in its 2 s by the plain reference
(`reference`). Other losses have a reason: the sleeper blinked, moved or talked.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest

from depth import LONG
from dreamedge.adapters.implants.inspection import Examined, Wish, survey
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.blocks import Montage
from dreamedge.core.signal.features import FrontEnd
from dreamedge.core.signal.quality import GOOD
from dreamwire.schema import BANDS6X2
from edge import recorded
from edge.recorded import Doubles
from edge.reference import Excursions, excursions
from edge.signals import hops_of

pytestmark = recorded.needed

BEGIN_NS = 1_000_000_000
LATE_S = 0.02
"""An inspection reads this much after a hop's instant: there a recording begins."""
FALSE_ALARMS = 0.05
TEN = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")
GROUP = "group/hybridharmony_anticipation_4people_4ch_256Hz.xdf"
OPENBCI_UV = 187_500.0
WARM_HOPS = 16
N3 = 1
"""N3 in the sleep's hypnogram."""


@dataclass(frozen=True)
class Case:
    """A sleeper's known result: the verdict ('' accepted, else the cause), the good share, the causes."""

    file: str
    verdict: str
    good: tuple[float, float] = (0.0, 1.0)
    lost_to: frozenset[str] = frozenset()
    wish: Wish = field(default_factory=Wish)

    @property
    def who(self) -> str:
        """Short, for the test's name."""
        return self.file.rpartition("/")[2]


def clean(name: str) -> Case:
    """A recording of which at least 95 % is good."""
    return Case(name, "", (0.95, 1.0), frozenset({"highfreq", "amplitude"}))


RESTING = (
    (1, 2, 6, 8, 9, 12, 13, 14, 16, 17, 18, 21, 22, 24, 26, 27, 28, 30, 32, 34) if LONG else (1, 12, 18, 34)
)
"""Twenty people at rest with the same headset; `make soak` plays all of them."""
PLAYED = (
    *(clean(f"waking/eegmat_S{person:02}_rest_7ch.edf") for person in RESTING),
    *(clean(f"waking/eegmat_S{person:02}_task_7ch.edf") for person in (0, 4, 10)),
    *(clean(f"waking/eegmat_S{person:02}_rest_21ch.edf") for person in (0, 4)),
    clean("waking/rest_eyesclosed_30ch_250Hz.edf"),
    clean("waking/muse_P300_subject1_4ch_256Hz.edf"),
    clean("waking/eegmmidb_S001R01_64ch.edf"),
    clean("waking/eegmmidb_S001R02_64ch.edf"),
    clean("sleep/sleepE_noxA1_fullPSG_120s_89ch_200Hz.edf"),
    clean("sleep/sleepF_sleepEDF_SC4001_first300s_wake_7ch_100Hz.edf"),
    # Ten blinks of 400 to 560 uV at both ears, and no other posterior electrode: 4 s each.
    Case("waking/muse_spatialfreq_subject0_4ch_256Hz.edf", "", (0.8, 0.9), frozenset({"amplitude"})),
    Case(f"{GROUP}#Orange", "", (0.95, 1.0)),
    Case(f"{GROUP}#Green", "", (0.85, 0.95), frozenset({"amplitude"})),
    Case(f"{GROUP}#Purple", "", (0.8, 0.9), frozenset({"amplitude", "contact"})),
    Case(f"{GROUP}#Blue", "contact", (0.0, 0.0), frozenset({"contact"})),
    Case("artefact/muse_P300_subject1_strong50Hz_4ch_256Hz.edf", "mains", (0.0, 0.0), frozenset({"mains"})),
    Case(
        "artefact/openbci_blinks_jawclench_alpha_DC_8ch_250Hz.npz",
        "mains",
        (0.0, 0.0),
        frozenset({"mains", "amplitude"}),
        Wish(options=RecordingOptions(montage=TEN)),
    ),
    Case(
        "artefact/openbci_focus_railing_8ch_250Hz.npz",
        "flat",
        (0.0, 0.0),
        frozenset({"railed", "flat", "silence"}),
        Wish(options=RecordingOptions(montage=TEN)),
    ),
    Case(
        "artefact/emotiv_eyestate_4glitches_14ch_128Hz.arff",
        "",
        (0.8, 0.9),
        frozenset({"amplitude", "highfreq"}),
        Wish(options=RecordingOptions(rate_hz=128.0)),
    ),
)
REFUSED = (
    Case("group/hypyp_pair_aligned_open.npz", "14 epochs of 1.0 s of 2 people and no continuous recording"),
    Case("sleep/sleepA_cycle84min_1ch_100Hz_hypnogram.edf", "--montage"),
    Case("sleep/sleepB_dreem_6min_2ch_64Hz_spindles.edf", "--montage"),
    Case("artefact/openbci_focus_railing_8ch_250Hz.npz", "--montage"),
    Case("artefact/emotiv_eyestate_4glitches_14ch_128Hz.arff", "--rate 128"),
    Case(
        "sleep/sleepA_cycle84min_1ch_100Hz_hypnogram.edf",
        "No channel measures the anterior region",
        wish=Wish(options=RecordingOptions(montage=("C3",))),
    ),
    Case(
        "sleep/sleepB_dreem_6min_2ch_64Hz_spindles.edf",
        "No channel measures the anterior region",
        wish=Wish(options=RecordingOptions(montage=("C3", "C4"))),
    ),
)
played = pytest.mark.parametrize("case", PLAYED, ids=lambda case: case.who)


@cache
def heard(case: Case) -> Examined:
    """One sleeper's recording played in full, once for all tests."""
    path, _, stream = case.file.partition("#")
    spec = f"{'xdf:' if stream else ''}{recorded.path(path)}{'#' if stream else ''}{stream}"
    (one,) = survey([spec], case.wish)
    return one


@cache
def samples(case: Case) -> tuple[Doubles, float, float]:
    """The implant's samples at their times (NaN: a gap), with rate and full scale."""
    implant = case.wish.open_implant(heard(case).spec)
    rate_hz = heard(case).found.effective_hz
    uv = np.full((round(heard(case).seconds * rate_hz) + 1, len(implant.montage.names)), np.nan)
    now_ns = BEGIN_NS
    while not implant.ended:
        while (block := implant.read(now_ns)) is not None:
            end = min(round((block.last_ns - BEGIN_NS) * rate_hz / 1e9), len(uv))
            uv[end - len(block.uv) : end] = block.uv
        now_ns += 1_000_000_000
    return uv, rate_hz, implant.montage.full_scale_uv


@cache
def by_reference(case: Case) -> Excursions:
    """The plain reference's result for every hop."""
    uv, rate_hz, full_scale_uv = samples(case)
    at_s = np.array([moment.at_s for moment in heard(case).found.moments]) - LATE_S
    return excursions(uv, rate_hz, heard(case).found.names, at_s, full_scale_uv)


def lost(case: Case, *, but: tuple[str, ...] = ()) -> recorded.NDArray[np.bool_]:
    """The channel-hops that do not count, bool[hops, channels], except for some causes."""
    rows = [
        [not quality >= GOOD and why not in but for quality, why in moment.channels]
        for moment in heard(case).found.moments
    ]
    return np.array(rows)


@played
def test_each_is_accepted_or_refused_for_its_cause(case: Case) -> None:
    """Verdict, cause and good share are the known ones."""
    found = heard(case).found
    assert found.cause == case.verdict, found.sentence
    low, high = case.good
    assert low <= found.good_share <= high, found.causes
    told = {cause for cause, share in found.causes.items() if share > 0.005}
    assert told <= case.lost_to


@played
def test_lost_hops_were_spoiled(case: Case) -> None:
    """At most 5 % of all channel-hops are lost without an excursion of the raw signal in their 2 s."""
    alarms = lost(case, but=("contact",)) & ~by_reference(case).some
    why = Counter(heard(case).found.moments[hop].channels[channel][1] for hop, channel in np.argwhere(alarms))
    assert alarms.mean() <= FALSE_ALARMS, why


@played
def test_a_pod_that_is_out_has_a_reason(case: Case) -> None:
    """A pod is below .5 for longer than its channels by kernel and window, 4.25 s, and hardly ever more."""
    some = by_reference(case).some.any(axis=1) | lost(case).all(axis=1)
    recent = np.array([some[max(hop - 9, 0) : hop + 1].any() for hop in range(len(some))])
    out = np.array([not moment.quality >= GOOD for moment in heard(case).found.moments])
    assert (out & ~recent).mean() <= FALSE_ALARMS


@played
def test_spoiled_hops_are_lost(case: Case) -> None:
    """Flat, railed, missing and anything half as high again as allowed is lost in all but 1 % of its hops."""
    found = by_reference(case)
    spoiled = found.flat | found.railed | found.missing | found.large
    assert (spoiled & ~lost(case)).sum() <= 0.01 * spoiled.sum()


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case.who} {case.verdict}")
def test_what_cannot_be_played_says_why(case: Case) -> None:
    """A recording without electrodes, rate, region or continuity is refused in a sentence."""
    found = heard(case).found
    assert not found.seated
    assert case.verdict in found.sentence


@pytest.mark.parametrize(
    "case", [case for case in PLAYED if "focus_railing" in case.file], ids=lambda c: c.who
)
def test_railing_is_railing(case: Case) -> None:
    """A channel at +-187,500 uV for 100 ms in its 2 s is railed, and only such a one is."""
    uv, rate_hz, full_scale_uv = samples(case)
    assert full_scale_uv == pytest.approx(OPENBCI_UV, rel=0.01)
    there = np.abs(np.nan_to_num(uv)) >= 0.9 * OPENBCI_UV
    seen = 0
    for moment in heard(case).found.moments:
        end = round((moment.at_s - LATE_S) * rate_hz)
        stood_s = there[end - round(2 * rate_hz) : end].sum(axis=0) / rate_hz
        for (quality, cause), long_s in zip(moment.channels, stood_s, strict=True):
            if long_s > 0.1 and cause != "silence":
                seen += 1
                assert (quality, cause) == (0.0, "railed")
            assert cause != "railed" or long_s > 0.0
    assert seen > 100


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: 84 minutes of sleep")
def test_slow_waves_are_no_artefact() -> None:
    """Of 84 minutes of sleep at most 2 % are lost, of deep sleep (N3) 1 %, each with a reason."""
    uv, _, rate_hz = recorded.edf("sleep/sleepA_cycle84min_1ch_100Hz_hypnogram.edf")
    montage = Montage(("C3",), rate_hz)
    hops = [hop for hop in hops_of(uv, montage, FrontEnd(BANDS6X2, montage)) if hop is not None][WARM_HOPS:]
    at_s = np.array([hop.instant_ns / 1e9 for hop in hops])
    out = np.array([not hop.channels[0].quality >= GOOD for hop in hops])
    begins_s, stages = np.loadtxt(
        recorded.path("sleep/sleepA_segment_stages_original.csv"), delimiter=",", skiprows=1
    ).T
    deep = stages[np.searchsorted(begins_s, at_s, side="right") - 1] == N3
    assert out.mean() <= 0.02
    assert deep.sum() > 1000
    assert out[deep].mean() <= 0.01
    alarms = out & ~excursions(uv, rate_hz, ("C3",), at_s).some[:, 0]
    assert alarms.sum() <= FALSE_ALARMS * out.sum()
