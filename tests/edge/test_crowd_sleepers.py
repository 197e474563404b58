"""Simulated sleepers as a group: the effect of implants that mix wrongly, by their own laws."""

import numpy as np
import pytest

from dreamedge.adapters.implants.simulated.feature_only import FeatureOnlyImplant
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.implants.simulated.rhythm import ALPHA, BEATS, drawn
from dreamedge.adapters.implants.simulated.simulated_signal import RELAX_PER_S
from dreamedge.adapters.implants.simulated.sleeper_dynamics import FOLLOW_PER_S, GAIN
from dreamedge.core.signal.calibration import Baseline, enrol
from dreamedge.core.signal.features import FrontEnd
from dreamwire.schema import BANDS6X2
from edge.light_crowd import Array, Crowd, felt

S = 1_000_000_000
N = 24


def spread(features: Array) -> float:
    """Mean squared distance of 20 s means to their centre, dB^2."""
    means = features[-80:].mean(axis=0)
    return float(np.mean(np.sum((means - means.mean(axis=0)) ** 2, axis=1)))


def rank(features: Array) -> float:
    """Effective rank of 20 s means (Roy & Vetterli 2007)."""
    means = features[-80:].mean(axis=0)
    singular = np.linalg.svd(means - means.mean(axis=0), compute_uv=False)
    share = singular[singular > 0] / singular.sum()
    return float(np.exp(-np.sum(share * np.log(share))))


@pytest.mark.parametrize(("k", "r"), [(2.5, 0.447), (3.0, 0.577), (4.0, 0.707), (8.0, 0.866)])
def test_the_order_of_coupled_oscillators_is_kuramotos(k: float, r: float) -> None:
    """Lorentzian frequencies of half-width 1: R = sqrt(1 - 2 / K), within .03."""
    count = 2000
    omega = np.tan(np.pi * ((np.arange(count) + 0.5) / count - 0.5))
    theta = np.random.default_rng(1).uniform(0.0, 0.5, count)
    orders = []
    for step in range(2400):
        z = np.exp(1j * theta).mean()
        theta = drawn(theta, omega, np.full(count, z), k, 0.02)
        if step >= 1600:
            orders.append(abs(z))
    assert np.mean(orders) == pytest.approx(r, abs=0.03)


def test_below_the_critical_coupling_oscillators_stay_apart() -> None:
    """At K = 1.2, below Kc = 2, order falls to that of as many uncoupled oscillators."""
    count = 2000
    omega = np.tan(np.pi * ((np.arange(count) + 0.5) / count - 0.5))
    theta = np.random.default_rng(1).uniform(0.0, 0.5, count)
    for _ in range(1500):
        theta = drawn(theta, omega, np.full(count, np.exp(1j * theta).mean()), 1.2, 0.02)
    assert abs(np.exp(1j * theta).mean()) < 0.1


def test_healthy_sleepers_keep_what_the_law_says() -> None:
    """Healthy sleepers keep (r / (r + k a n/(n-1)))^2 of their dispersion, within a tenth.

    No rhythms lock.
    """
    crowd = Crowd.of(N, share=0.0)
    before, _ = crowd.run(40.0)
    crowd.share = 0.15
    after, z = crowd.run(80.0)
    kept = (RELAX_PER_S / (RELAX_PER_S + FOLLOW_PER_S * 0.15 * N / (N - 1))) ** 2
    assert spread(after) / spread(before) == pytest.approx(kept, rel=0.1)
    assert np.abs(z[-80:].mean(axis=1)).mean() < 2.0 / np.sqrt(N)


def test_homogenised_sleepers_fade_into_one_another_and_come_back() -> None:
    """Implants that draw ten times as hard leave below .1 of the dispersion; at zero it returns."""
    crowd = Crowd.of(N, share=0.0)
    before, _ = crowd.run(40.0)
    crowd.share = 0.15
    crowd.inject_fault("homogenise", N)
    drawn_in, _ = crowd.run(50.0)
    crowd.share = 0.0
    again, _ = crowd.run(80.0)
    assert spread(drawn_in) / spread(before) < 0.1
    assert spread(again) / spread(before) > 0.8


def test_a_collapse_keeps_the_dispersion_and_takes_the_rank() -> None:
    """A collapse keeps more than half of the spread, and the effective rank falls below .7."""
    crowd = Crowd.of(N, share=0.0)
    before, _ = crowd.run(40.0)
    crowd.share = 0.15
    crowd.inject_fault("collapse", N)
    after, _ = crowd.run(50.0)
    assert spread(after) / spread(before) > 0.5
    assert rank(after) / rank(before) < 0.7


def test_gain_ten_in_a_fifth_runs_away_and_halving_does_not_stop_it() -> None:
    """With gain ten in a fifth E passes 1.2 within eight seconds, stays at half the share, falls at zero."""
    crowd = Crowd.of(40)
    calm = crowd.energy(crowd.run(20.0)[0])
    crowd.inject_fault("gain-runaway", 8)
    rising = crowd.energy(crowd.run(8.0)[0])
    assert rising[-1] > 1.2 > 2.0 * calm.max()
    crowd.share = 0.075
    assert crowd.energy(crowd.run(10.0)[0])[-1] > 0.7 * rising[-1]
    crowd.share = 0.0
    assert crowd.energy(crowd.run(20.0)[0])[-1] < 0.3 * rising[-1]


def test_paced_rhythms_lock_by_what_they_hear_and_part_at_zero() -> None:
    """With a third paced alpha locks within seconds in spite of the delay; at zero it unlocks."""
    crowd = Crowd.of(30)
    crowd.run(10.0)
    crowd.inject_fault("synchrony-runaway", 10)
    _, z = crowd.run(20.0)
    locked = np.abs(z[-20:, :10, ALPHA].mean(axis=1)).mean()
    others = np.abs(z[-20:, 10:, ALPHA].mean(axis=1)).mean()
    crowd.share = 0.0
    _, z = crowd.run(20.0)
    assert locked > 0.8
    assert others < 0.5
    assert np.abs(z[-40:, :10, ALPHA].mean(axis=1)).mean() < 0.5


@pytest.mark.parametrize("name", ["flicker", "hum"])
def test_a_rhythm_from_outside_does_not_ask_for_the_coupling(name: str) -> None:
    """A lamp or mains puts all in step, at share zero as at any other."""
    crowd = Crowd.of(10, share=0.0)
    crowd.inject_fault(name, 10)
    _, z = crowd.run(5.0)
    assert np.abs(z[-10:, :, BEATS[name].band].mean(axis=1)).min() > 0.99


def test_two_beds_with_one_brain_agree_hop_by_hop() -> None:
    """`crosstalk`: features correlate above .98 over 10 s with equal phases; of two others neither."""
    crowd = Crowd.of(4)
    crowd.beds[1].other = crowd.beds[0]
    crowd.run(10.0)
    crowd.beds[1].fault = None
    crowd.inject_fault("crosstalk", 2)
    features, z = crowd.run(12.0)
    last = features[-40:] - features[-40:].mean(axis=0)
    alike = [float(np.median(_correlation(last[:, 0], last[:, other]))) for other in (1, 2)]
    assert alike[0] > 0.98
    assert abs(alike[1]) < 0.6
    assert np.allclose(z[:, 0], z[:, 1])


def _correlation(a: Array, b: Array) -> Array:
    return np.asarray((a * b).sum(axis=0) / np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0)))


def measured(kind: str, seconds: float, others_db: float) -> tuple[Baseline, Array, Array]:
    """A real front end's reading of a sleeper under a malfunction: features, alpha phasors."""
    implant = SimulatedImplant(3)
    block = implant.enrolment()
    assert block is not None
    own = enrol(BANDS6X2, implant.montage, block, implant.source)
    assert isinstance(own, Baseline)
    front = FrontEnd(BANDS6X2, implant.montage)
    implant.inject_fault(kind)
    features, phasors = [], []
    for step in range(1, round(4 * seconds)):
        now_ns = S + step * S // 4
        samples = implant.read(now_ns)
        if samples is not None:
            front.push(samples)
        hop = front.hop(now_ns - 10_000_000)
        if hop is not None and hop.eligible:
            features.append(hop.features_db)
            phasors.append(hop.phasors[-1, ALPHA])
        centre = own.template_db + others_db
        implant.feel(felt(own.template_db + 0.15 * others_db, 0.15, centre), now_ns)
    return own, np.array(features), np.array(phasors)


def test_a_drive_shows_in_the_signal() -> None:
    """`homogenise` with a signal: the front end reads levels near the others', 4 dB above the own."""
    own, features, _ = measured("homogenise", 30.0, 4.0)
    kept = RELAX_PER_S / (RELAX_PER_S + GAIN * 0.15)
    away = float(np.mean(features[-40:] - own.template_db))
    assert away == pytest.approx(4.0 * (1.0 - kept), abs=0.7)


def test_a_lamp_shows_in_the_signal() -> None:
    """`flicker` with a signal: alpha's phase at the grid is the lamp's, equal at every instant."""
    _, _, phasors = measured("flicker", 15.0, 0.0)
    z = phasors[-20:, 0] + 1j * phasors[-20:, 1]
    turning = z * np.exp(-2j * np.pi * BEATS["flicker"].hz * 0.25 * np.arange(20))
    assert abs(turning.mean()) > 0.98


def test_another_seed_is_another_light_sleeper() -> None:
    """The same seed gives the same sleeper, hop by hop; another seed does not."""
    one, same, other = (FeatureOnlyImplant(seed).hop(S) for seed in (1, 1, 2))
    assert one is not None
    assert same is not None
    assert other is not None
    assert np.array_equal(one.features_db, same.features_db)
    assert not np.allclose(one.features_db, other.features_db, atol=1.0)
