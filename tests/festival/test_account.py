"""Each line of the festival's account holds for sound facts, and turns red for each fact that is wrong."""

import json
from dataclasses import replace

import pytest

from dreamd.festival.account.account import LINES, account_of
from dreamd.festival.facts import Facts, Subject
from festival.built_facts import (
    CASE,
    CELLS,
    FACTS,
    LED,
    LETTERS,
    MERGINGS,
    MORNING_S,
    PAUSE,
    PERFORMED,
    PIECE,
    PLANTED,
    REFUSAL,
    REPORT,
    ROUND,
    ROWS,
    STAYS,
    TRIP,
)

NAN = float("nan")
ONE, TWO = MERGINGS
DAY_S = 86_400.0


def _merged(**changes: object) -> Facts:
    return replace(FACTS, mergings=(replace(ONE, **changes), TWO))  # type: ignore[arg-type]


def _stayed(**changes: object) -> Facts:
    return replace(FACTS, stays=(replace(STAYS[0], **changes), STAYS[1]))  # type: ignore[arg-type]


def _led(**changes: object) -> Facts:
    return replace(FACTS, led=(replace(LED, **changes),))  # type: ignore[arg-type]


def _case(**changes: object) -> Facts:
    return replace(FACTS, cases=(replace(CASE, **changes),))  # type: ignore[arg-type]


def _told(metadata: dict[str, str] | None = None, **changes: object) -> Facts:
    said = REFUSAL.metadata if metadata is None else metadata
    return replace(FACTS, refusals=(replace(REFUSAL, metadata=said, **changes),))  # type: ignore[arg-type]


def _round(**changes: object) -> Facts:
    return replace(FACTS, rounds=(replace(ROUND, **changes),))  # type: ignore[arg-type]


def _cells(*changes: dict[str, object]) -> Facts:
    cells = tuple(replace(one, **more) for one, more in zip(CELLS, changes, strict=True))  # type: ignore[arg-type]
    return replace(FACTS, reports=(replace(REPORT, cells=cells),))


def _row(row: int, column: int, money: str) -> Facts:
    rows = [list(one) for one in ROWS]
    rows[row][column] = money
    return _round(told_rows=tuple(tuple(one) for one in rows))


SPREAD = [
    replace(ONE, begin_s=ONE.begin_s + k * DAY_S / 2, end_s=ONE.end_s + k * DAY_S / 2) for k in range(9)
]

WRONG: list[tuple[Subject, Facts]] = [
    (Subject.HOME, _stayed(share_left=0.01)),
    (Subject.HOME, _stayed(share_left=NAN)),
    (Subject.HOME, _stayed(seated=True)),
    (Subject.HOME, _stayed(bound=True)),
    (Subject.DOSE, _merged(minutes=60.01)),
    (Subject.DOSE, _merged(minutes=NAN)),
    (Subject.DOSE, replace(FACTS, mergings=(replace(ONE, minutes=40.0), replace(ONE, minutes=20.1)))),
    (Subject.HOURS, _merged(begin_s=ONE.begin_s - 700.0)),
    (Subject.HOURS, _merged(end_s=MORNING_S + 1.0)),
    (Subject.CEILING, _merged(share_most=0.16)),
    (Subject.CEILING, _merged(share_most=NAN)),
    (Subject.SLEW, _led(vector_per_s=1.01)),
    (Subject.SLEW, _led(share_per_s=0.11)),
    (Subject.SLEW, _led(share_most=0.31)),
    (Subject.SLEW, _led(vector_per_s=NAN)),
    (Subject.SLEW, replace(FACTS, played=(1, 2))),
    (Subject.PAUSE, replace(FACTS, pauses=(replace(PAUSE, begin_s=ONE.end_s - 2.0),))),
    (Subject.ACTS, replace(FACTS, performed=(replace(PERFORMED, merged=2),))),
    (Subject.ACTS, replace(FACTS, performed=(replace(PERFORMED, began=False),))),
    (Subject.ACTS, replace(FACTS, performed=(replace(PERFORMED, began=False, barred="BELOW_QUORUM"),))),
    (Subject.FOUND, replace(FACTS, planted=(replace(PLANTED, beds=("bed-1", "bed-2")),))),
    (Subject.FOUND, replace(FACTS, planted=(replace(PLANTED, beds=()),))),
    (Subject.FOUND, replace(FACTS, planted=(replace(PLANTED, causes=("identity",)),))),
    (Subject.FOUND, replace(FACTS, planted=(replace(PLANTED, until_s=PLANTED.begin_s + 0.5),))),
    (Subject.FOUND, replace(FACTS, planted=(replace(PLANTED, beds=("bed-2",), whole=True),))),
    (Subject.RULES, replace(FACTS, violations=("tether",))),
    (Subject.RULES, replace(FACTS, checks=0)),
    (Subject.BERTHS, _round(faults=("line: found ...",))),
    (Subject.BERTHS, _round(holders={"a": "sleeper-1", "b": "sleeper-9"})),
    (Subject.BERTHS, _round(holders={"a": "sleeper-1"})),
    (Subject.POOL, _round(pool_after=8_401)),
    (Subject.POOL, replace(FACTS, rounds=(ROUND, replace(ROUND, id="r2")))),
    (Subject.POOL, _row(1, 7, "4.01")),
    (Subject.CASES, _case(person="sleeper-2")),
    (Subject.CASES, _case(causes=("answers",))),
    (Subject.CASES, _case(opened_s=CASE.opened_s + 100.0)),
    (Subject.CASES, _case(level=2, opened_as=2)),
    (Subject.TRIAGE, _case(answered_s=CASE.opened_s + 901.0)),
    (Subject.TRIAGE, _case(answered_s=0.0)),
    (Subject.TRIAGE, _case(climbed=1)),
    (Subject.PULL, _case(planted_pull=0.5)),
    (Subject.PULL, _case(measured_pull=0.5)),
    (Subject.PULL, _case(planted_pull=NAN)),
    (Subject.PULL, _case(states=("open", "held", "released"))),
    (Subject.REFUSALS, _told(next_step="")),
    (Subject.REFUSALS, _told(metadata={})),
    (Subject.REFUSALS, _told(metadata=REFUSAL.metadata | {"revision": "2"})),
    (Subject.REFUSALS, _told(metadata={}, code="MORATORIUM")),
    (Subject.LETTERS, replace(FACTS, letters=LETTERS[:1])),
    (Subject.LETTERS, replace(FACTS, letters=(*LETTERS, LETTERS[0]))),
    (Subject.LETTERS, replace(FACTS, letters=(replace(LETTERS[0], words=251), LETTERS[1]))),
    (Subject.LETTERS, replace(FACTS, letters=(replace(LETTERS[0], merged_min=0.81), LETTERS[1]))),
    (Subject.LETTERS, replace(FACTS, letters=(replace(LETTERS[0], merged_min=0.58), LETTERS[1]))),
    (Subject.LETTERS, replace(FACTS, letters=(replace(LETTERS[0], merged_min=NAN), LETTERS[1]))),
    (Subject.LETTERS, replace(FACTS, letters=(replace(LETTERS[0], end_s=MORNING_S + 6.0), LETTERS[1]))),
    (Subject.REPORT, _cells({}, {"shown": 0})),
    (Subject.REPORT, _cells({"shown": 21}, {})),
    (Subject.REPORT, _cells({"people": 4}, {})),
    (Subject.REPORT, replace(FACTS, reports=(replace(REPORT, named=("sleeper-1",)),))),
    (Subject.REPORT, replace(FACTS, reports=(replace(REPORT, times=2),))),
    (Subject.REPORT, replace(FACTS, reports=(replace(REPORT, totals={"slept": 20, "case": 2}),))),
    (Subject.PIECES, replace(FACTS, pieces=(replace(PIECE, faults=("chain: ...",)),))),
    (Subject.PIECES, replace(FACTS, pieces=())),
    (Subject.PIECES, replace(FACTS, pieces=(replace(PIECE, named=("sleeper-2",)),))),
]
"""Each line with facts that break it."""


def test_facts_that_are_well_meet_every_line_and_are_json() -> None:
    """Every line of the account holds, and the account is valid JSON without NaN."""
    account = account_of(FACTS)
    assert [one.subject for one in account.lines if not one.met] == []
    assert account.met
    assert json.loads(json.dumps(account.plain(), allow_nan=False))["holds"] is True


@pytest.mark.parametrize("number", range(len(WRONG)), ids=lambda n: f"{WRONG[n][0].value}-{n}")
def test_a_fact_that_is_wrong_turns_its_line_red(number: int) -> None:
    """The line of the broken fact does not hold, and so the account does not."""
    subject, facts = WRONG[number]
    account = account_of(facts)
    line = next(one for one in account.lines if one.subject is subject)
    assert not line.met
    assert not account.met


def test_a_line_of_which_nothing_is_judged_does_not_hold() -> None:
    """With no facts at all each line that the scenario plays is red; a subject not played has no line."""
    empty = account_of(Facts("empty", 1, tuple(Subject)))
    assert [one.subject for one in empty.lines] == list(LINES)
    assert not any(one.met for one in empty.lines)
    assert account_of(Facts("none", 1, ())).met is False
    only = account_of(replace(FACTS, subjects=(Subject.HOME,)))
    assert [one.subject for one in only.lines] == [Subject.HOME]


def test_doses_add_up_in_each_window_and_in_no_longer_one() -> None:
    """Of two stretches every twelve hours, 12 minutes each are fine, 13.5 break 240 in 7 days, 31 both."""
    found = {}
    for minutes in (12.0, 13.5, 31.0):
        mergings = tuple(replace(one, minutes=minutes) for one in SPREAD * 2)
        facts = replace(FACTS, subjects=(Subject.DOSE,), mergings=mergings)
        [line] = account_of(facts).lines
        found[minutes] = {name for name in ("24 hours", "7 days") if any(name in one for one in line.faults)}
    assert found == {12.0: set(), 13.5: {"7 days"}, 31.0: {"24 hours", "7 days"}}


def test_one_broken_fact_leaves_the_other_lines_as_they_are() -> None:
    """A device above its ceiling is a fault of that line alone."""
    lines = account_of(_merged(share_most=0.16)).lines
    assert [one.subject for one in lines if not one.met] == [Subject.CEILING]


def test_a_group_that_was_severed_has_found_the_failure_of_each_bed() -> None:
    """A sever of the Dreamscape for one of the causes finds a failure of the group; of a bed it does not."""
    severed = replace(TRIP, sleeper="", cause="gain-runaway")
    group = replace(PLANTED, beds=("bed-1", "bed-2"), causes=("gain-runaway",))
    for whole in (True, False):
        facts = replace(FACTS, trips=(severed,), planted=(replace(group, whole=whole),))
        [line] = account_of(replace(facts, subjects=(Subject.FOUND,))).lines
        assert line.met is whole
