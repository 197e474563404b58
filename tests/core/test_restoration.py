"""The record of a sleeper's own days, group nights and sittings, and the pull that it shows."""

from math import isnan

import numpy as np
import pytest

from dreamd.core.clinic.lots import anchor_offered, days_offered
from dreamd.core.clinic.restoration import (
    DAYS_KEPT,
    SITTINGS_KEPT,
    Centre,
    OwnRecord,
    Taken,
    pull_record,
)

D = 12
SIGMA = tuple(2.0 + 0.1 * n for n in range(D))
NIGHT = 100


def db_of(x: np.ndarray) -> tuple[float, ...]:
    """A state of the shared scale in dB, around 5 dB."""
    return tuple((5.0 + np.asarray(x) * SIGMA).tolist())


def record(pulls: list[float], *, days: int = 3, far: float = 3.0, drift: float = 0.1) -> OwnRecord:
    """A sleeper with so many own days, a night with a group so far away, and sittings of these pulls."""
    rng = np.random.default_rng(5)
    own = rng.normal(0.0, 1.0, D)
    towards = np.zeros(D)
    towards[2] = far
    drifting = rng.normal(0.0, drift, (days, D))
    drifting -= drifting.mean(axis=0)
    return OwnRecord(
        days={NIGHT - n: db_of(own + drifting[n]) for n in range(days)},
        centres={NIGHT: Centre(db_of(own + towards), SIGMA)},
        sittings={
            NIGHT + 1 + n: Taken(db_of(own + one * towards), n % 2 == 0) for n, one in enumerate(pulls)
        },
    )


def test_pull_is_0_at_oneself_and_1_at_the_group() -> None:
    """Sittings at the own mean, at half of the way and at the collective have pulls of 0, .5 and 1."""
    found = pull_record(record([0.0, 0.5, 1.0]), NIGHT)
    assert [one.pull for one in found.sittings] == pytest.approx([0.0, 0.5, 1.0], abs=1e-6)
    assert [one.anchored for one in found.sittings] == [False, True, False]
    assert len(found.baseline) == 3


def test_three_sittings_near_oneself_are_restored() -> None:
    """The upper limit of three sittings at 0 lies below .3; three at .5 are not restored, and say why."""
    assert pull_record(record([0.0, 0.02, -0.03]), NIGHT).restored is True
    hurt = pull_record(record([0.5, 0.5, 0.5]), NIGHT)
    assert hurt.restored is False
    assert "takes below 0.3" in hurt.why


@pytest.mark.parametrize("sittings", [0, 1, 2])
def test_too_few_sittings_are_not_restored_yet(sittings: int) -> None:
    """With fewer than three sittings the answer is no, never *cannot be measured*."""
    found = pull_record(record([0.0] * sittings), NIGHT)
    assert found.restored is False
    assert found.why == f"{sittings} sittings on different days, it takes 3"


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (record([0.0] * 3, days=2), "2 calibration days, it takes 3"),
        (record([0.0] * 3, far=1.2), "too near"),
        (OwnRecord(days=record([]).days, sittings=record([0.0] * 3).sittings), "no collective"),
    ],
)
def test_what_cannot_be_measured_is_said_and_is_no_number(own: OwnRecord, why: str) -> None:
    """Without own days, near the group, or without its centre: no number, no answer, and the reason."""
    found = pull_record(own, NIGHT)
    assert found.restored is None
    assert why in found.why
    assert len(found.sittings) == 3
    assert all(isnan(one.pull) for one in found.sittings)


def test_only_sittings_from_the_night_of_the_case_count() -> None:
    """Sittings before the case, however near to oneself, restore no person."""
    calm = record([0.0] * 4)
    assert pull_record(calm, NIGHT + 3).sittings[0].day == NIGHT + 3
    assert pull_record(calm, NIGHT + 3).restored is False
    assert pull_record(calm, NIGHT).restored is True


def test_the_collective_is_of_the_night_of_the_case_or_the_newest_before() -> None:
    """A centre of a later night does not move the comparison; one of an earlier night is better than none."""
    own = record([1.0, 1.0, 1.0])
    later = own.plus(OwnRecord(centres={NIGHT + 2: Centre(db_of(np.full(D, 9.0)), SIGMA)}))
    assert pull_record(later, NIGHT).sittings == pull_record(own, NIGHT).sittings
    assert pull_record(own, NIGHT + 1).sittings[0].pull == pytest.approx(1.0)


def test_a_record_is_bounded_and_keeps_the_newest() -> None:
    """Of days, nights and sittings the newest are kept, and of one day the last."""
    own = OwnRecord()
    for day in range(200):
        own = own.plus(OwnRecord(days={day: (1.0,)}, sittings={day: Taken((2.0,), coupled=False)}))
        own = own.plus(OwnRecord(centres={day: Centre((3.0,), (1.0,))}))
    assert sorted(own.days) == sorted(own.centres) == list(range(200 - DAYS_KEPT, 200))
    assert sorted(own.sittings) == list(range(200 - SITTINGS_KEPT, 200))
    assert own.plus(OwnRecord(days={199: (7.0,)})).days[199] == (7.0,)


def test_days_with_an_anchor_session_are_drawn_in_pairs() -> None:
    """Of each two days exactly one is with an anchor session; the order is drawn, by case, for all alike."""
    drawn = {case: [anchor_offered(case, day) for day in range(400)] for case in ("case-1", "case-2")}
    for days in drawn.values():
        assert all(sum(days[at : at + 2]) == 1 for at in range(0, 400, 2))
        first = sum(days[0::2])
        assert 60 < first < 140
    assert drawn["case-1"] != drawn["case-2"]
    assert drawn["case-1"] == [anchor_offered("case-1", day) for day in range(400)]
    assert days_offered("case-1", 10, 399) == tuple(day for day in range(400) if drawn["case-1"][day])[-64:]
    assert len(days_offered("case-1", 390, 399)) == 5
