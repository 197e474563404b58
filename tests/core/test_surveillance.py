"""Surveillance: the e-detector, rates under a design effect, exposure-response: the design's figures."""

import random
from itertools import pairwise
from math import inf, isnan, nan

import numpy as np
import pytest

from dreamd.core.refusals import Code, Refusal
from dreamd.core.surveillance.bins import bins
from dreamd.core.surveillance.e_detector import Evidence, Night, observe
from dreamd.core.surveillance.rates import design_effect, poisson_upper, wilson
from dreamd.core.surveillance.response import Morning, Response, firth, response, student

GOLDEN = [
    ([(20, 0), (8, 0)], 0.81887),
    ([(20, 1)], 4.018972),
    ([], 4.018972),
    ([(20, 1), (8, 1)], 43.865622),
    ([(20, 1), (8, 0), (30, 1)], 463.90575),
    ([(20, 1), (8, 1), (30, 1)], 29250.195468),
]


def nights(pairs: list[tuple[int, int]]) -> list[Night]:
    """Return the Dreamscapes of one night from pairs of sleepers and harm."""
    return [Night(float(sleepers), bool(harmed)) for sleepers, harmed in pairs]


def test_the_e_detector_gives_the_golden_values() -> None:
    """The mean evidence after each golden night is the design's, to six digits."""
    evidence = Evidence()
    for pairs, value in GOLDEN:
        evidence = observe(evidence, nights(pairs), 0.005)
        assert evidence.value == pytest.approx(value, abs=1e-5)
    assert evidence.alarms(3)
    assert not evidence.alarms(10)


def test_a_night_without_a_dreamscape_changes_nothing() -> None:
    """A night without a Dreamscape leaves the evidence as it is."""
    evidence = observe(Evidence(), nights([(20, 1)]), 0.005)
    assert observe(evidence, [], 0.005) is evidence


def test_evidence_that_is_no_number_is_an_alarm() -> None:
    """Evidence that is infinite or no number alarms: it is never fine."""
    assert Evidence((inf, 0.0, 0.0, 0.0, 0.0)).alarms(1)
    assert Evidence((nan, 0.0, 0.0, 0.0, 0.0)).alarms(1)
    assert not Evidence().alarms(1)


@pytest.mark.parametrize("rate", [0.0, -1.0, nan, inf])
def test_without_a_declared_rate_nothing_is_judged(rate: float) -> None:
    """A rate that is not above 0 and finite is an error, so no night counts as harmless by it."""
    with pytest.raises(ValueError, match="declared rate"):
        observe(Evidence(), nights([(20, 0)]), rate)


def test_wilson_gives_the_golden_values() -> None:
    """Wilson's interval of 4 in 20 is the design's, plain and with a design effect of 2."""
    assert wilson(4, 20) == pytest.approx((0.080658, 0.416017), abs=1e-6)
    assert wilson(4, 20, 2.0) == pytest.approx((0.056682, 0.509838), abs=1e-6)
    assert wilson(0, 20)[0] == pytest.approx(0.0, abs=1e-12)
    assert wilson(20, 20)[1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("events", "of", "deff"), [(1, 0, 1), (3, 2, 1), (-1, 2, 1), (1, 2, 0.5), (nan, 2, 1)]
)
def test_a_share_of_nothing_is_refused(events: float, of: float, deff: float) -> None:
    """A share without observations, out of range or with a design effect below 1 is an error."""
    with pytest.raises(ValueError, match="make no share"):
        wilson(events, of, deff)


def test_the_design_effect_is_one_for_strangers_and_the_size_for_copies() -> None:
    """Sleepers seen once have no design effect; a sleeper whose nights are all alike counts once."""
    assert design_effect([[1.0], [0.0], [1.0]]) == 1.0
    assert design_effect([[1.0, 1.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]) == pytest.approx(2.0)
    assert design_effect([]) == 1.0


def test_poisson_upper_gives_the_golden_values_and_holds_for_many() -> None:
    """The upper 90 % limit of 0, 1, 10 events is the design's, and scipy's for 1,000."""
    stats = pytest.importorskip("scipy.stats")
    for events, limit in ((0, 2.302585), (1, 3.889720), (10, 15.406641)):
        assert poisson_upper(events) == pytest.approx(limit, abs=1e-6)
    assert poisson_upper(1000) == pytest.approx(stats.chi2.ppf(0.9, 2002) / 2, rel=1e-9)


def test_wilson_is_scipys() -> None:
    """Wilson's interval is that of scipy's binomial test, at the edges of the scale too."""
    stats = pytest.importorskip("scipy.stats")
    for events, of in ((0, 7), (3, 11), (11, 11), (40, 900)):
        judge = stats.binomtest(events, of).proportion_ci(0.95, "wilson")
        assert wilson(events, of) == pytest.approx((judge.low, judge.high), abs=1e-12)


def test_the_errors_by_sleeper_are_the_sandwich_of_matrices() -> None:
    """The error of the slope is the root of bread, meat by sleeper, bread, by matrix algebra."""
    rng = random.Random(11)
    mornings = [Morning(number % 25, rng.uniform(0.0, 20.0), rng.random() < 0.3) for number in range(120)]
    found = response(mornings)
    assert isinstance(found, Response)
    x = np.array([[1.0, one.dose_min] for one in mornings])
    p = 1.0 / (1.0 + np.exp(-(x @ [found.fit.intercept, found.fit.slope])))
    bread = np.linalg.inv(x.T @ (x * (p * (1.0 - p))[:, None]))
    scores = x * (np.array([one.low for one in mornings]) - p)[:, None]
    of = np.array([one.sleeper for one in mornings])
    sums = np.array([scores[of == who].sum(axis=0) for who in range(25)])
    errors = np.sqrt(np.diag(bread @ (25 / 24 * sums.T @ sums) @ bread))
    assert found.slope_se == pytest.approx(errors[1], rel=1e-9)


def test_firth_gives_the_golden_values() -> None:
    """The penalised regression of 0 in 20 against 4 in 20 is the design's, with its standard errors."""
    fit = firth([0.0] * 20 + [1.0] * 20, [False] * 36 + [True] * 4)
    assert (fit.intercept, fit.slope) == pytest.approx((-3.713572, 2.414289), abs=1e-6)
    assert (fit.intercept_se, fit.slope_se) == pytest.approx((1.466704, 1.564669), abs=1e-6)


def test_firth_is_the_same_in_other_units() -> None:
    """A dose in other units, and from another zero, gives the same chance of an event."""
    doses, events = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [False, True, False, False, True, True]
    one, other = firth(doses, events), firth([3.0 + 10.0 * dose for dose in doses], events)
    assert other.slope == pytest.approx(one.slope / 10.0)
    assert other.slope_se == pytest.approx(one.slope_se / 10.0)
    assert other.intercept + 3.0 * other.slope == pytest.approx(one.intercept)


def test_too_few_mornings_tell_no_slope() -> None:
    """Below 20 sleepers or 10 events, or with one dose alone, the slope is refused as not measured."""
    few = [Morning(number, float(number), number % 2 == 0) for number in range(19)]
    quiet = [Morning(number, float(number), number < 9) for number in range(40)]
    same = [Morning(number, 6.0, number % 2 == 0) for number in range(40)]
    for mornings in (few, quiet, same):
        found = response(mornings)
        assert isinstance(found, Refusal)
        assert found.code is Code.NOT_MEASURED


def test_repeated_nights_of_one_sleeper_make_no_narrower_interval() -> None:
    """Each sleeper's nights copied five times leave the slope's interval about as wide as it was."""
    rng = random.Random(3)
    once = []
    for number in range(60):
        dose = rng.uniform(0.0, 10.0)
        once.append(Morning(number, dose, rng.random() < 0.1 + 0.05 * dose))
    single, copied = response(once), response(once * 5)
    assert isinstance(single, Response)
    assert isinstance(copied, Response)
    assert copied.slope_se == pytest.approx(single.slope_se, rel=0.1)
    assert copied.low < copied.fit.slope < copied.high


def test_students_quantiles_are_scipys() -> None:
    """The quantiles of Student's distribution agree with scipy's to eight digits."""
    stats = pytest.importorskip("scipy.stats")
    for degrees in (1, 2, 7, 19, 200):
        assert student(0.975, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-8)
    assert not isnan(student(0.9, 5))


def test_bins_hold_each_morning_once_with_five_people_and_equal_doses_together() -> None:
    """At most five bins by dose, each with Wilson's interval under its own design effect."""
    rng = random.Random(5)
    mornings = [
        Morning(number % 30, float(rng.randrange(1, 40)), rng.random() < 0.2) for number in range(300)
    ]
    found = bins(mornings)
    assert 2 <= len(found) <= 5
    assert sum(one.mornings for one in found) == 300
    assert all(one.to_min < other.from_min for one, other in pairwise(found))
    for one in found:
        inside = [m for m in mornings if one.from_min <= m.dose_min <= one.to_min]
        assert (one.mornings, one.events) == (len(inside), sum(m.low for m in inside))
        assert (one.share_low, one.share_high) == wilson(one.events, one.mornings, one.deff)
        assert one.sleepers == len({m.sleeper for m in inside}) >= 5


def test_a_bin_of_fewer_than_five_people_is_joined_and_alone_is_not_shown() -> None:
    """Doses that few people had stand with their neighbours; below five people in all there is no bin."""
    many = [Morning(number, 1.0, False) for number in range(20)]
    few = [Morning(number, 2.0 + number, True) for number in range(4)]
    assert [one.mornings for one in bins(many + few)] == [24]
    assert [one.mornings for one in bins([Morning(n, -1.0, True) for n in range(4)] + many)] == [24]
    assert bins(few * 50) == ()
    assert bins([]) == ()
