"""The implants behind their port: the simulated sleeper, EDF replay, and their malfunctions."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.implants import malfunctioning, open_implant
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.implants.simulated.malfunction import NAMES, MalfunctioningImplant
from dreamedge.adapters.implants.simulated.simulated_signal import RELAX_PER_S, STEP_S, Sleeper, person
from dreamedge.adapters.implants.simulated.sleeper_dynamics import FOLLOW_PER_S
from dreamedge.core.signal.calibration import Baseline, enrol
from dreamedge.ports.implant import Felt, Implant, ImplantError
from dreamwire.schema import BANDS6X2
from edge.light_crowd import felt

S = 1_000_000_000


def _play(implant: Implant, stamps_ns: list[int]) -> NDArray[np.float64]:
    blocks = [implant.read(now_ns) for now_ns in stamps_ns]
    return np.concatenate([block.uv for block in blocks if block is not None])


def _measured(implant: Implant) -> Baseline:
    block = implant.enrolment()
    assert block is not None
    own = enrol(BANDS6X2, implant.montage, block, implant.source)
    assert isinstance(own, Baseline), own
    return own


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_the_real_feature_path_reads_the_profile(seed: int) -> None:
    """The pod's own filter bank measures a sleeper's profile within 1 dB per feature."""
    own = _measured(SimulatedImplant(seed))
    assert own.clean_s >= 120.0
    assert np.abs(own.template_db - person(seed).profile_db).max() < 1.0


def test_sleepers_differ_by_about_three_db() -> None:
    """A feature's standard deviation between sleepers is about 3 dB, and alpha peaks lie in 8.5-12 Hz."""
    people = [person(seed) for seed in range(200)]
    spread = np.std([p.profile_db for p in people], axis=0)
    assert 2.4 < spread.min() <= spread.max() < 3.4
    assert all(8.5 <= p.alpha_hz <= 12.0 for p in people)


def test_the_alpha_peak_is_where_the_person_has_it() -> None:
    """The strongest alpha rhythm of the raw signal is at the sleeper's own frequency."""
    implant = SimulatedImplant(4)
    uv = implant.enrolment().uv[:, -1]
    power = np.abs(np.fft.rfft(uv * np.hanning(len(uv)))) ** 2
    freq_hz = np.fft.rfftfreq(len(uv), 1 / implant.montage.rate_hz)
    smooth = np.convolve(power, np.ones(61) / 61, mode="same")
    alpha = (freq_hz > 8.2) & (freq_hz < 11.9)
    assert abs(freq_hz[alpha][smooth[alpha].argmax()] - person(4).alpha_hz) < 0.4


def test_the_signal_does_not_depend_on_how_often_one_reads() -> None:
    """The same seed gives the same samples whether read at 20 Hz, at 7 Hz or at once."""
    often = _play(SimulatedImplant(3), [S + k * S // 20 for k in range(101)])
    seldom = _play(SimulatedImplant(3), [S + k * S // 7 for k in range(36)])
    once = _play(SimulatedImplant(3), [S, 6 * S])
    assert len(often) == len(seldom[: len(often)]) == len(once) == 1280
    np.testing.assert_array_equal(often, seldom[:1280])
    np.testing.assert_array_equal(often, once)


def test_another_seed_is_another_person() -> None:
    """Two seeds share neither signal nor profile."""
    one, two = Sleeper(1).generate(8), Sleeper(2).generate(8)
    assert abs(np.corrcoef(one[:, 0], two[:, 0])[0, 1]) < 0.5
    assert np.abs(person(1).profile_db - person(2).profile_db).max() > 1.0


def test_stamps_are_the_samples_own() -> None:
    """A block's stamp is the start plus samples over rate, not the moment of the read."""
    implant = SimulatedImplant(1)
    assert implant.read(5 * S) is None
    block = implant.read(6 * S + 1_000_000)
    assert block is not None
    assert (len(block.uv), block.last_ns) == (256, 6 * S)


def test_a_reader_that_was_away_gets_the_last_ten_seconds() -> None:
    """After an hour without a read the device's buffer holds about ten seconds."""
    implant = SimulatedImplant(1)
    implant.read(S)
    block = implant.read(3601 * S)
    assert block is not None
    assert len(block.uv) <= 10.25 * 256
    assert 3600.9 * S < block.last_ns <= 3601 * S


def test_left_alone_a_sleeper_stays_themselves() -> None:
    """Without feedback the levels wander around the profile by less than 2 dB."""
    sleeper = Sleeper(5)
    sleeper.generate(1200)
    assert np.abs(sleeper.levels_db - sleeper.person.profile_db).max() < 2.0


def test_feedback_draws_and_relaxation_returns() -> None:
    """Held 4 dB above by feedback, the levels settle at k/(r+k) of it, and return when it ends."""
    sleeper = Sleeper(6)
    target = sleeper.person.profile_db + 4.0
    for _ in range(int(40 / STEP_S)):
        sleeper.step(felt(target, 0.15))
    share = np.mean(sleeper.levels_db - sleeper.person.profile_db) / 4.0
    assert abs(share - FOLLOW_PER_S / (FOLLOW_PER_S + RELAX_PER_S)) < 0.1
    sleeper.generate(int(60 / STEP_S))
    assert abs(np.mean(sleeper.levels_db - sleeper.person.profile_db)) < 0.5


def test_old_feedback_is_not_felt() -> None:
    """A cue half a second old has no effect: the signal goes on as without it."""
    far_db = (person(8).profile_db + 10.0).astype(np.float32)
    far = Felt(far_db, 0.15, mu_db=np.zeros_like(far_db), sigma_db=np.ones_like(far_db))
    drawn, free = SimulatedImplant(8), SimulatedImplant(8)
    for implant in (drawn, free):
        implant.read(S)
    drawn.feel(far, S)
    stamps = [S + k * S // 4 for k in range(1, 20)]
    _play(drawn, stamps), _play(free, stamps)
    early = np.abs(drawn.sleeper.levels_db - free.sleeper.levels_db).max()
    assert 0.0 < early < 2.0
    later = [6 * S + k * S for k in range(60)]
    _play(drawn, later), _play(free, later)
    assert np.abs(drawn.sleeper.levels_db - free.sleeper.levels_db).max() < 0.05 * early


def test_simulation_is_cheap() -> None:
    """Opening with enrolment and one minute at 20 reads a second cost well under a second of processor."""
    began = time.process_time()
    implant = SimulatedImplant(9)
    implant.enrolment()
    _play(implant, [S + k * S // 20 for k in range(1200)])
    assert time.process_time() - began < 0.5


# --- malfunctions -------------------------------------------------------------------------------


HEALTHY = 517
"""Samples captured in the 2.02 s before the onset: it falls between two samples and within a block."""


def _from_onset(name: str) -> tuple[MalfunctioningImplant, list[NDArray[np.float64]]]:
    implant = MalfunctioningImplant(SimulatedImplant(1), name, Onset(2.02))
    blocks = [implant.read(S + k * S // 20) for k in range(100)]
    return implant, [block.uv for block in blocks if block is not None]


def test_silence_delivers_nothing_after_its_onset() -> None:
    """`silence`: exactly the samples captured before the onset arrive."""
    implant, blocks = _from_onset("silence")
    assert sum(len(uv) for uv in blocks) == HEALTHY
    assert implant.onset_ns == S + 2_020_000_000


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("flat", lambda uv: bool((uv == 0.0).all())),
        ("railed", lambda uv: bool((uv == 187_500.0).all())),
        ("nonfinite", lambda uv: bool(np.isnan(uv).all())),
    ],
)
def test_a_malfunction_spoils_every_sample_after_its_onset_and_none_before(name: str, holds: object) -> None:
    """`flat`, `railed`, `nonfinite`: every sample from the onset on is spoiled, none before."""
    _, blocks = _from_onset(name)
    uv = np.concatenate(blocks)
    assert callable(holds)
    assert holds(uv[HEALTHY:])
    np.testing.assert_array_equal(uv[:HEALTHY], _play(SimulatedImplant(1), [S, 4 * S])[:HEALTHY])


def test_the_onset_is_unknown_before_it() -> None:
    """The onset is unknown until the malfunction begins."""
    implant = MalfunctioningImplant(SimulatedImplant(1), "flat", Onset(2.0))
    implant.read(S)
    implant.read(3 * S - 1)
    assert implant.onset_ns == 0


def test_an_unknown_malfunction_is_refused_with_the_list() -> None:
    """An unknown malfunction is refused with the list of valid ones."""
    with pytest.raises(ImplantError, match=", ".join(NAMES)):
        malfunctioning(SimulatedImplant(1), "gremlins", Onset(1.0))


@pytest.mark.parametrize(
    "spec", ["", "sim:x", "sim-light:x", "edf:", "xdf:", "npz:", "arff:", "telepathy:it"]
)
def test_an_unknown_implant_is_refused(spec: str) -> None:
    """An unknown implant is refused with the valid specs."""
    with pytest.raises(ImplantError, match="write"):
        open_implant(spec)


def test_a_malfunction_may_count_from_an_earlier_moment() -> None:
    """With `since_ns` the onset does not depend on how long the agent took until its first read."""
    implant = malfunctioning(open_implant("sim:1"), "flat", Onset(5.0, 10 * S))
    implant.read(13 * S)
    implant.read(14 * S)
    assert implant.onset_ns == 0
    implant.read(16 * S)
    assert implant.onset_ns == 15 * S
