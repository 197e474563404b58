"""The dry run of a revision: the same judgement by columns."""

from math import isnan, nan
from time import process_time

import numpy as np
import pytest

from dreamd.adapters.documents.shipped import shipped_bundle, shipped_text
from dreamd.app.guidelines.dry_run import dry_run
from dreamd.core.guidelines.forms import Place
from dreamd.core.guidelines.judgement import judge
from dreamd.core.guidelines.keys import ADMISSION_FACTS
from dreamd.core.guidelines.reading import read_bundle

OLD = shipped_bundle()
NEW = read_bundle(
    shipped_text()
    .replace('limit = 60\ntext = "A sleeper', 'limit = 40\ntext = "A sleeper')
    .replace("limit = 240", "limit = 300")
    .replace("limit = 0.10", "limit = 0.05")
    .replace("20:00/09:00", "22:00/09:00")
)  # fmt: skip
PLACES = (Place.PLAN, Place.ADMISSION, Place.MORATORIUM)


def admissions(count: int, seed: int) -> np.ndarray:
    """Return facts of admissions, some of them unknown: shape (13, count)."""
    draw = np.random.default_rng(seed)
    most = {
        "adult": 1.0,
        "commercial": 0.0,
        "people": 40.0,
        "ceiling": 0.15,
        "ramp_s": 300.0,
        "rested_h": 90.0,
    }
    most |= {"calibrated_s": 900.0, "calibration_days": 6.0, "dose_24h_min": 80.0, "dose_7d_min": 320.0}
    most |= {"artist_share": 0.3, "minute_of_day": 1440.0, "planned_min": 60.0}
    facts = np.stack([draw.uniform(0.0, most[name], count) for name in ADMISSION_FACTS])
    facts[ADMISSION_FACTS.index("adult")] = 1.0
    for name in ("ramp_s", "calibrated_s", "rested_h"):
        facts[ADMISSION_FACTS.index(name)] = np.maximum(facts[ADMISSION_FACTS.index(name)], 120.0)
    facts[:, ::97] = np.where(draw.random((len(ADMISSION_FACTS), 1)) < 0.1, nan, facts[:, ::97])
    return facts


def test_columns_judge_as_one_admission_does() -> None:
    """For 400 admissions on two sites the counts by clause are those of the judgement, one by one."""
    facts, site = admissions(400, 3), np.arange(400) % 2
    told = dry_run(OLD, NEW, facts, site, ("north", "south"))
    counts: dict[tuple[str, str], list[int]] = {}
    for at in range(400):
        known = dict(zip(ADMISSION_FACTS, facts[:, at].tolist(), strict=True)) | {"rewards": 0.0}
        was, is_now = ({f.clause.name for p in PLACES for f in judge(b, p, known)} for b in (OLD, NEW))
        for clause in was ^ is_now:
            pair = counts.setdefault((clause, ("north", "south")[at % 2]), [0, 0])
            pair[clause in was] += 1
    expected = {key: tuple(nan if 0 < n < 5 else n for n in pair) for key, pair in counts.items()}
    found = {(row.clause, row.site): (row.more, row.fewer) for row in told.clauses}
    assert len(found) == 6
    assert str(found) == str({key: tuple(map(float, expected[key])) for key in found})
    assert set(found) == set(counts)


def test_fewer_than_five_are_hidden() -> None:
    """A count from 1 to 4 is not told, nor the minutes beside it; 5 are, with the minutes they lose."""
    facts = np.tile(np.array([1, 0.15, 40, 60, 120, 3, 50, 50, 0, 0, 1380, 24, 12.0])[:, None], (1, 9))
    told = dry_run(OLD, NEW, facts, np.array([0] * 4 + [1] * 5), ("few", "five"))
    counts = {row.site: row.more for row in told.clauses if row.clause == "G-3.1"}
    assert isnan(counts["few"])
    assert counts["five"] == 5.0
    by_site = {row.site: row for row in told.sites}
    assert isnan(by_site["few"].refused)
    assert isnan(by_site["few"].lost_min)
    assert (by_site["five"].refused, by_site["five"].lost_min) == (5.0, 60.0)


def test_minutes_lost_count_the_lower_coupling_of_small_groups() -> None:
    """Four people at .15 plan 12 minutes each; .10 grants two thirds of it, .05 one third."""
    facts = np.tile(np.array([1, 0.15, 4, 60, 120, 3, 0, 0, 0, 0, 1380, 24, 12.0])[:, None], (1, 6))
    (row,) = dry_run(OLD, NEW, facts, np.zeros(6, int), ("north",)).sites
    assert row.lost_min == pytest.approx(6 * 4.0)


def test_a_million_admissions_run_in_a_second() -> None:
    """10^6 admissions by every clause of admission and plan take at most 1 s."""
    facts, site = np.tile(admissions(1000, 4), (1, 1000)), np.tile(np.arange(8), 125_000)
    began_s = process_time()
    dry_run(OLD, NEW, facts, site, [f"site-{n}" for n in range(8)])
    assert process_time() - began_s <= 1.0
