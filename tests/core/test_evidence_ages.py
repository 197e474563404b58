"""Each detector's limit on the age of its evidence, in the code and in docs/reference.md."""

from math import inf, isfinite
from pathlib import Path

import pytest

from dreamd.app.collective import grant_history
from dreamd.app.fleet import sever_confirmations
from dreamd.core import limits
from dreamd.core.limits import ACTUATOR_AGE_S, FRAME_PAST_S, HOP_S, REPLAY_AGE_S
from dreamd.core.safety.causes import CAUSES, Cause, Kind
from dreamd.core.safety.evidence_ages import (
    AT_THE_DAEMON,
    AT_THE_POD,
    SAME_TRIP_S,
    Older,
    Row,
    check,
    markdown,
)
from dreamd.fusion import frame_table
from dreamedge.core import clock
from dreamedge.core.merging import tether

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference.md"


def row(detector: str) -> Row:
    """The row of this name."""
    return next(row for row in (*AT_THE_DAEMON, *AT_THE_POD) if row.detector == detector)


def test_the_table_in_the_documentation_is_the_code() -> None:
    """docs/reference.md shows the table exactly as in the code; `make tables` writes it."""
    assert f"<!-- evidence -->\n{markdown()}<!-- end of evidence -->" in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("cause", [c for c, r in CAUSES.items() if r.kind in (Kind.HARD, Kind.SOFT)])
def test_each_hard_and_soft_cause_has_an_age(cause: Cause) -> None:
    """Every hard and soft cause has a row."""
    assert any(cause in row.causes for row in (*AT_THE_DAEMON, *AT_THE_POD))


def test_no_row_lets_old_evidence_accuse() -> None:
    """A row with an age names how older evidence counts, and none of these counts against a pod."""
    for one in AT_THE_DAEMON:
        assert (one.older is Older.ANY) == (one.age_s == inf), one.detector
    assert not any(
        "hard" in older.value or "locks" in older.value.replace("never locks", "") for older in Older
    )


def test_the_ages_in_the_table_are_those_that_detectors_use() -> None:
    """The table's numbers are the ones that the detectors use, to a hop."""
    assert frame_table.PAST_HOPS * HOP_S == FRAME_PAST_S == row("frozen").age_s
    assert row("replayed: a copy, but of a gateway").age_s == REPLAY_AGE_S
    kept_s = grant_history.KEPT_HOPS * HOP_S
    assert ACTUATOR_AGE_S + grant_history.REACH_S - HOP_S <= kept_s <= ACTUATOR_AGE_S + grant_history.REACH_S
    assert row("what a pod tells of itself").age_s == SAME_TRIP_S
    assert row("coupled without a slot").age_s == limits.ALONE_WITHIN_S
    assert row("lease").age_s * 1e9 == tether.LEASE_NS
    assert row("clock").age_s * 1e6 == clock.ANSWER_WITHIN_US
    assert isfinite(row("unconfirmed severs").age_s)
    assert sever_confirmations.PendingSever.confirm.__doc__ is not None


def test_the_table_checks_itself() -> None:
    """The table is checked on loading, and can be checked again."""
    check()
