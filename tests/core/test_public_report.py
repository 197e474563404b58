"""The public report: cells, rounding, periods, and an attacker that knows all that was published."""

import random

import numpy as np
import pytest

from dreamd.core.exposure.windows import DAY_S
from dreamd.core.public_report.cells import Period, Report, day_of, next_period, report
from dreamd.core.public_report.kinds import WITHIN, Kind, severed_as
from dreamd.core.safety.causes import Cause

PERIOD = Period(20_000, 20_028)
VALUES_LEAST = 5


def people(**counts: int) -> dict[tuple[str, Kind], set[str]]:
    """Persons of the site `north`: the first so many of each kind (`merged=3`)."""
    return {("north", Kind[name.upper()]): {str(n) for n in range(many)} for name, many in counts.items()}


def cell(found: Report, kind: Kind, site: str = "north") -> int | None:
    """The number that a cell shows."""
    return next(one.people for one in found.cells if (one.site, one.kind) == (site, kind))


@pytest.mark.parametrize(
    ("slept", "merged", "shown"),
    [
        (100, 4, None), (100, 5, 5), (100, 7, 5), (100, 8, 10), (100, 95, 95), (100, 96, None),
        (100, 100, None), (9, 5, None), (10, 5, 5), (4, 0, None), (100, 0, None),
    ],
)  # fmt: skip
def test_a_cell_needs_five_people_on_both_sides(slept: int, merged: int, shown: int | None) -> None:
    """A cell is shown, to the nearest 5, where it and the rest of the site are both at least five people."""
    assert cell(report(people(slept=slept, merged=merged), (), PERIOD, 5), Kind.MERGED) == shown


def test_the_people_of_a_site_are_shown_from_five_on() -> None:
    """`slept` has no other side; a person of any kind has slept there."""
    assert cell(report(people(slept=4), (), PERIOD, 5), Kind.SLEPT) is None
    assert cell(report(people(slept=12), (), PERIOD, 5), Kind.SLEPT) == 10
    assert cell(report(people(slept=1, merged=13), (), PERIOD, 5), Kind.SLEPT) == 15


def test_a_site_without_sleepers_has_its_row() -> None:
    """Each site of the house has each kind, so that a row tells nothing; a higher least hides more."""
    found = report(people(slept=40, merged=9), ("south",), PERIOD, 10)
    assert [one.site for one in found.cells] == ["north"] * len(Kind) + ["south"] * len(Kind)
    assert cell(found, Kind.MERGED) is None
    assert all(cell(found, kind, "south") is None for kind in Kind)


def test_totals_are_sums_of_what_is_shown() -> None:
    """A hidden cell has no part in a total."""
    north, south = people(slept=40, merged=12), people(slept=30, merged=4)
    world = north | {("south", kind): who for (_, kind), who in south.items()}
    assert dict(report(world, (), PERIOD, 5).totals)[Kind.MERGED] == 10


def test_below_five_no_report_is_made() -> None:
    """The least of five people is a bound of the constitution."""
    with pytest.raises(ValueError, match="at least 5"):
        report({}, (), PERIOD, 4)


def test_periods_follow_each_other_whatever_their_length() -> None:
    """A period begins where the last published one has ended, also after its length was changed."""
    first = next_period(None, 20_000, 28)
    assert (first.first, first.end) == (20_000, 20_028)
    assert next_period(first.end, 20_000, 42) == Period(20_028, 20_070)
    assert day_of(first.begin_s) == first.first
    assert day_of(first.end_s) == first.end
    assert day_of(first.end_s - 1.0) == first.end - 1
    assert (first.end_s - first.begin_s) / DAY_S == 28


def test_each_cause_is_of_one_kind_or_none() -> None:
    """An end that nothing was wrong with counts for no kind; every cause has an answer."""
    found = {cause: severed_as(cause) for cause in Cause}
    assert found[Cause.DISTRESS] is Kind.SEVERED_OWN
    assert found[Cause.CONTACT] is found[Cause.LEASE] is Kind.SEVERED_DEVICE
    assert found[Cause.MASS] is found[Cause.HOMOGENISED] is Kind.SEVERED_GROUP
    assert found[Cause.WAKE] is Kind.WOKEN
    assert found[Cause.WITHDRAWN] is Kind.WITHDREW
    assert {found[cause] for cause in (Cause.LEFT, Cause.ENDED, Cause.SHUTDOWN, Cause.OPERATOR)} == {None}


# -- the attacker -------------------------------------------------------------------------------------


def possible(found: Report, site: str, wanted: Kind) -> set[int]:
    """Every value of a hidden cell that an attacker cannot rule out, by integer programming.

    The attacker knows the rules, the sites, what is shown, and which kinds lie within which. Unknowns: each
    count of the site, and for each hidden one the side that is small.
    """
    optimize = pytest.importorskip("scipy.optimize", reason="the judge of this test is scipy")
    kinds, most = list(Kind), 400
    at, side, size = {kind: n for n, kind in enumerate(kinds)}, len(kinds), 2 * len(kinds)
    rows: list[tuple[dict[int, float], float, float]] = []
    for kind in kinds:
        shown, here = cell(found, kind, site), at[kind]
        if shown is not None:
            rows.append(({here: 1.0}, max(shown - 2, found.least), shown + 2))
            if kind is not Kind.SLEPT:
                rows.append(({at[Kind.SLEPT]: 1.0, here: -1.0}, found.least, most))
        elif kind is Kind.SLEPT:
            rows.append(({here: 1.0}, 0, found.least - 1))
        else:  # side 0: fewer than least; side 1: all but fewer than least
            rows.append(({here: 1.0, side + here: -most}, -most, found.least - 1))
            rows.append(({at[Kind.SLEPT]: 1.0, here: -1.0, side + here: most}, 0, most + found.least - 1))
    rows += [({at[outer]: 1.0, at[inner]: -1.0}, 0, most) for inner, outer in WITHIN.items()]
    matrix, low, high = np.zeros((len(rows), size)), [], []
    for n, (row, least, largest) in enumerate(rows):
        for place, factor in row.items():
            matrix[n, place] = factor
        low.append(least)
        high.append(largest)
    values: set[int] = set()
    wish = np.zeros(size)
    top = np.array([most] * len(kinds) + [1] * len(kinds))
    for value in range(most):
        bottom, ceiling = np.zeros(size), top.astype(float)
        bottom[at[wanted]] = ceiling[at[wanted]] = value
        answer = optimize.milp(
            wish, constraints=optimize.LinearConstraint(matrix, low, high),
            integrality=np.ones(size), bounds=optimize.Bounds(bottom, ceiling),
        )  # fmt: skip
        if answer.success:
            values.add(value)
        if len(values) >= VALUES_LEAST:
            break
    return values


def world_of(seed: int) -> dict[tuple[str, Kind], set[str]]:
    """A site of random size and random people of each kind, each kind within the one that holds it."""
    lot = random.Random(seed)
    everyone = {str(n) for n in range(lot.choice((0, 2, 4, 5, 6, 9, 10, 14, 60)))}
    found = {("north", Kind.SLEPT): everyone}
    for inner, outer in WITHIN.items():
        holds = sorted(found[("north", outer)])
        many = lot.choice((0, 1, 4, 5, len(holds) - 5, len(holds) - 1, len(holds), len(holds) // 2))
        found[("north", inner)] = set(lot.sample(holds, min(max(many, 0), len(holds))))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_an_attacker_is_left_five_values_of_each_hidden_cell(seed: int) -> None:
    """All that is published leaves each hidden cell at least five values, one of them the true one."""
    world = world_of(seed)
    found = report(world, ("north",), PERIOD, 5)
    hidden = [one.kind for one in found.cells if one.people is None]
    for kind in hidden:
        values = possible(found, "north", kind)
        assert len(values) >= VALUES_LEAST, (seed, kind, values)
