"""The watch over a kind of harm: blind, judging, alarm, lifting; and years of nights from one seed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from math import nan
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from depth import LONG
from dreamd.core.access.caller import Role
from dreamd.core.clinic.kept_case import night_of
from dreamd.core.clinic.levels import LEVELS, Level
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import CAUSES, Cause, Scope
from dreamd.core.surveillance.e_detector import Evidence
from dreamd.core.surveillance.kinds import KINDS, HarmKind, harm_of
from dreamd.core.surveillance.night_numbers import night_ends_s
from dreamd.core.surveillance.rates import poisson_upper
from dreamd.core.surveillance.watch import THRESHOLD, NightCount, Watch, after_night, lifted

DISTRESS = HarmKind.DISTRESS
DECLARED = 0.005
MEDIANS = {8: 78, 50: 20, 500: 4}
"""Median nights to an alarm at a rate ratio of 3, by sleepers a night: the design's table."""
Nights = list[list[NightCount]]


def night(number: int, sleepers: int, cases: int = 0, kind: HarmKind = DISTRESS) -> NightCount:
    """One Dreamscape in one night."""
    return NightCount(number, "night", sleepers, {kind: cases} if cases else {}, answers=sleepers)


def lived(watch: Watch, nights: list[NightCount], declared: float = nan) -> Watch:
    """The watch after these nights, one Dreamscape each."""
    for count in nights:
        watch = after_night(watch, count.night, [count], declared, 86_400.0 * count.night)
    return watch


def alarmed(kind: HarmKind = DISTRESS) -> Watch:
    """A watch whose alarm stands."""
    return lived(Watch(kind), [night(number, 20, 2, kind) for number in range(1, 12)], DECLARED)


def test_every_personal_cause_that_opens_a_case_is_watched_but_exposure() -> None:
    """A cause of a person that opens a case of level 1 to 3 has its kind; exposure has limits instead."""
    personal = {
        cause
        for cause, level in LEVELS.items()
        if (level or Level.NOTE) <= Level.SOON and CAUSES[cause].scope is not Scope.DEVICE
    }
    assert {cause for cause in Cause if harm_of(cause)} == personal - {Cause.EXPOSURE}
    assert harm_of(Cause.HOMOGENISED) is harm_of(Cause.IDENTITY) is HarmKind.IDENTITY


def test_it_is_blind_until_five_hundred_sleeper_nights_and_judges_none_that_made_the_rate() -> None:
    """499 sleeper-nights judge nothing; the 500th makes the rate, by the Poisson limit of the people."""
    watch = lived(Watch(DISTRESS), [night(1, 250, 3), night(2, 249)])
    assert (watch.rate, watch.nights, watch.evidence) == (0.0, 0, Evidence())
    assert np.isnan(watch.own_rate)
    watch = lived(watch, [night(3, 1)])
    assert (watch.gathered, watch.cases, watch.nights) == (500, 3, 0)
    assert watch.own_rate == pytest.approx(poisson_upper(3) / 500)
    watch = lived(watch, [night(4, 20, 1), night(5, 20)])
    assert (watch.gathered, watch.cases, watch.nights) == (500, 3, 2)
    assert watch.rate == watch.own_rate
    assert watch.evidence.value > 0.0


def test_a_declared_rate_counts_at_once_and_not_for_check_ins() -> None:
    """With a declared rate the first night is judged by it; low check-ins wait for the house's own rate."""
    assert lived(Watch(DISTRESS), [night(1, 8)], DECLARED).rate == DECLARED
    assert lived(Watch(HarmKind.CHECK_IN), [night(1, 8)], DECLARED).rate == 0.0
    assert 0.0 < lived(Watch(DISTRESS), [night(1, 8, 1)], 0.0).evidence.value < 10.0


def test_a_morning_without_an_answer_tells_nothing_of_low_check_ins() -> None:
    """Of 500 sleepers with 20 answers the rate of low check-ins is made of 20; without one, of none."""
    quiet = [NightCount(number, "night", 100, {}, answers=0) for number in range(1, 9)]
    watch = lived(Watch(HarmKind.CHECK_IN), [*quiet, NightCount(9, "night", 500, {}, answers=20)])
    assert (watch.gathered, watch.night) == (20, 9)
    assert lived(Watch(DISTRESS), quiet[:4]).gathered == 400


def test_a_night_is_judged_once_and_an_empty_one_changes_nothing() -> None:
    """A night that comes again, or before the newest, and one without sleepers leave the evidence."""
    watch = lived(Watch(DISTRESS), [night(5, 20, 1)], DECLARED)
    assert lived(watch, [night(5, 20, 1), night(4, 20, 1)], DECLARED) is watch
    empty = lived(watch, [night(6, 0, 1)], DECLARED)
    assert (empty.evidence, empty.nights, empty.night) == (watch.evidence, 1, 6)


def test_a_raised_rate_begins_from_zero_and_a_lowered_one_goes_on() -> None:
    """Evidence that was gathered under a lower rate than is declared now counts no more."""
    watch = lived(Watch(DISTRESS), [night(number, 20, 1) for number in (1, 2)], DECLARED)
    lower = lived(watch, [night(3, 20)], DECLARED / 2)
    assert (lower.nights, lower.evidence.value > watch.evidence.value / 2) == (3, True)
    raised = lived(watch, [night(3, 20)], 2 * DECLARED)
    anew = lived(Watch(DISTRESS), [night(3, 20)], 2 * DECLARED)
    assert (raised.nights, raised.evidence) == (1, anew.evidence)
    assert lived(watch, [night(3, 20)], nan).evidence == Evidence()


def test_an_alarm_stands_until_two_people_in_two_roles_have_lifted_it() -> None:
    """Neither one person in both roles, nor two in one, nor another role lifts it; then evidence is zero."""
    watch = alarmed()
    assert watch.alarm is not None
    assert watch.alarm.value >= THRESHOLD == 3650 * len(KINDS)
    quiet = lived(watch, [night(number, 20) for number in range(20, 60)], DECLARED)
    assert quiet.alarm == watch.alarm
    for role in set(Role) - {Role.CLINICIAN, Role.ADVOCATE}:
        refusal = lifted(watch, "olga", role)
        assert isinstance(refusal, Refusal)
        assert refusal.code is Code.WRONG_ROLE
    for first, second in ((Role.CLINICIAN, Role.ADVOCATE), (Role.ADVOCATE, Role.CLINICIAN)):
        half = lifted(watch, "cleo", first)
        assert isinstance(half, Watch)
        assert half.alarm is not None
        again = lifted(half, "ada", first)
        assert isinstance(again, Watch)
        assert again.alarm is not None
        same = lifted(half, "cleo", second)
        assert isinstance(same, Refusal)
        assert same.code is Code.SAME_PERSON
        done = lifted(half, "ada", second)
        assert isinstance(done, Watch)
        assert (done.alarm, done.evidence, done.nights) == (None, Evidence(), 0)
    none = lifted(Watch(DISTRESS), "cleo", Role.CLINICIAN)
    assert isinstance(none, Refusal)
    assert none.code is Code.WRONG_STATE


def test_an_alarm_by_evidence_that_overflows_stands_as_well() -> None:
    """Evidence beyond what a float holds alarms, and stays one alarm whatever follows."""
    watch = replace(Watch(DISTRESS), evidence=Evidence((1e308,) * 5), rate=DECLARED, night=1)
    after = lived(watch, [night(number, 3000, 9) for number in range(2, 5)], DECLARED)
    assert after.alarm is not None
    assert after.alarm.since_s == 2 * 86_400.0


def test_a_night_ends_at_noon_of_the_house_on_both_changes_of_the_clock() -> None:
    """The nights of the changes last an hour more and less, and each instant lies before its night's end."""
    zone = ZoneInfo("Europe/Zurich")
    for date, hours in (((2026, 10, 24), 25), ((2026, 3, 28), 23), ((2026, 6, 1), 24)):
        begins_s = datetime(*date, 12, tzinfo=zone).timestamp()
        number = night_of(begins_s, zone)
        assert night_ends_s(number, zone) - begins_s == 3600.0 * hours
        assert night_of(night_ends_s(number, zone) - 1.0, zone) == number
        assert night_of(night_ends_s(number, zone), zone) == number + 1
    assert night_ends_s(0, UTC) == 1.5 * 86_400.0


def year(rng: np.random.Generator, sleepers: int, ratio: float, nights: int, first: int = 1) -> Nights:
    """Nights from counts: their Dreamscapes of at most eight, and the people with a case in each."""
    sizes = [8] * (sleepers // 8) + [sleepers % 8] * (sleepers % 8 > 0)
    cases = rng.binomial(sizes, DECLARED * ratio, (nights, len(sizes)))
    return [
        [night(first + at, size, int(many)) for size, many in zip(sizes, row, strict=True)]
        for at, row in enumerate(cases)
    ]


def nights_to_alarm(watch: Watch, nights: Nights, declared: float) -> int:
    """After how many of these nights an alarm stands; one more than there are: after none."""
    for at, counts in enumerate(nights, 1):
        watch = after_night(watch, counts[0].night, counts, declared, 0.0)
        if watch.alarm is not None:
            return at
    return len(nights) + 1


@pytest.mark.parametrize("sleepers", MEDIANS if LONG else [50])
def test_a_planted_ratio_of_three_is_found_within_twice_the_median_of_the_table(sleepers: int) -> None:
    """In years with RR 3 from their first night on, half are alarmed within twice the table's nights."""
    rng = np.random.default_rng(18)
    most = 4 * MEDIANS[sleepers]
    found = [nights_to_alarm(Watch(DISTRESS), year(rng, sleepers, 3.0, most), DECLARED) for _ in range(61)]
    assert median(found) <= 2 * MEDIANS[sleepers]


def by_clause(_rng: np.random.Generator, _sleepers: int) -> tuple[Watch, float]:
    """A new watch under a declared rate, which is the true one."""
    return Watch(DISTRESS), DECLARED


def by_half_a_year(rng: np.random.Generator, sleepers: int) -> tuple[Watch, float]:
    """A watch that has made its own rate of the first 500 sleeper-nights."""
    watch = Watch(DISTRESS)
    for counts in year(rng, sleepers, 1.0, -(-500 // sleepers)):
        watch = after_night(watch, counts[0].night, counts, nan, 0.0)
    return watch, nan


@pytest.mark.parametrize("rate_of", [by_half_a_year, by_clause] if LONG else [by_half_a_year])
@pytest.mark.parametrize("sleepers", MEDIANS if LONG else [8])
def test_of_two_hundred_quiet_years_at_most_eight_in_a_hundred_are_alarmed(
    sleepers: int, rate_of: Callable[[np.random.Generator, int], tuple[Watch, float]]
) -> None:
    """At the declared rate, and at one estimated from the house's own nights, false alarms are rare."""
    rng = np.random.default_rng(2026)
    alarms = 0
    for _ in range(200):
        watch, declared = rate_of(rng, sleepers)
        alarms += nights_to_alarm(watch, year(rng, sleepers, 1.0, 365, watch.night + 1), declared) <= 365
    assert alarms <= 16
