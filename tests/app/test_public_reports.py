"""Public reports in the application: marks from a night, a period that ends, a publication that is final."""

import pytest

from dreamd.core.exposure.windows import DAY_S
from dreamd.core.public_report.cells import Report, day_of, day_text
from dreamd.core.public_report.kinds import Kind
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.public_reports import PublishedReport
from dreamwire.messages import PodEventKind
from fakes.callers import named
from fakes.stage import Stage

ADVOCATE = named("ada")
DAYS = 28


def counts(stage: Stage, kind: Kind) -> int:
    """Marked people of this kind, in the ledger."""
    commit = stage.ledger.read_report_marks(0, 10**6)
    return sum(len(who) for (_, told), who in commit.value.items() if told == kind.value)


@pytest.fixture
def stage() -> Stage:
    """Six sleep at one site and merge; one is severed in distress, one for a contact."""
    stage = Stage(6)
    stage.appear()
    stage.dream()
    for pod in stage.pods:
        pod.event(PodEventKind.MERGED, "", unix_ms=round(stage.clock.at_s * 1000))
    for pod, cause in ((stage.pods[0], "distress"), (stage.pods[1], "contact"), (stage.pods[1], "contact")):
        pod.event(PodEventKind.SEVERED, cause, unix_ms=round(stage.clock.at_s * 1000))
    stage.hop(8)
    return stage


def answer(asked: Refusal | Deferred[Report] | Deferred[PublishedReport]) -> object:
    """The answer, or the code of a refusal."""
    found = asked.answer() if isinstance(asked, Deferred) else asked
    return found.code if isinstance(found, Refusal) else found


def days_later(stage: Stage, days: float) -> None:
    """Nothing but time passes; no tick is due in it."""
    stage.clock.at_s += days * DAY_S


def test_a_person_is_marked_once_a_kind_however_often_it_happened(stage: Stage) -> None:
    """Marks are by person: slept and merged of six, severed of two by their kinds, a case of one."""
    found = {kind: counts(stage, kind) for kind in Kind}
    expected = {Kind.SLEPT: 6, Kind.MERGED: 6, Kind.SEVERED_OWN: 1, Kind.SEVERED_DEVICE: 1, Kind.CASE: 1}
    assert {kind: many for kind, many in found.items() if many} == expected


def test_a_period_is_published_once_it_is_over(stage: Stage) -> None:
    """Before its end it is neither previewed nor published; after it once, and the next one is too early."""
    reports = stage.app.reports
    first = day_text(day_of(stage.clock.at_s))
    assert answer(reports.preview(ADVOCATE)) is Code.TOO_EARLY
    assert answer(reports.publish_report(ADVOCATE)) is Code.TOO_EARLY
    days_later(stage, DAYS + 1)
    preview = answer(reports.preview(ADVOCATE, first))
    assert isinstance(preview, Report)
    shown = {cell.kind: cell.people for cell in preview.cells}
    assert (shown[Kind.SLEPT], shown[Kind.MERGED], shown[Kind.SEVERED_OWN]) == (5, None, None)
    kept = answer(reports.publish_report(ADVOCATE))
    assert kept == PublishedReport(preview.period.first, preview.period.end, f"signed {preview.period.first}")
    assert reports.list_reports(ADVOCATE) == (kept,)
    assert answer(reports.publish_report(ADVOCATE)) is Code.TOO_EARLY
    assert answer(reports.publish_report(ADVOCATE, first)) is Code.ALREADY_PUBLISHED
    assert answer(reports.preview(ADVOCATE, "2001-01-01")) is Code.INVALID_ARGUMENT
    assert counts(stage, Kind.SLEPT) == 0


def test_a_report_outlives_a_restart(stage: Stage) -> None:
    """After a restart it is listed, and its period is not published again."""
    first = day_text(day_of(stage.clock.at_s))
    days_later(stage, DAYS + 1)
    kept = answer(stage.app.reports.publish_report(ADVOCATE))
    stage.restart()
    assert stage.app.reports.list_reports(ADVOCATE) == (kept,)
    assert answer(stage.app.reports.publish_report(ADVOCATE, first)) is Code.ALREADY_PUBLISHED


def test_what_is_told_late_changes_no_published_report(stage: Stage) -> None:
    """A bed that tells of a night of a published period marks no person, for that report or the next."""
    at_ms = round(stage.clock.at_s * 1000)
    days_later(stage, DAYS + 1)
    assert isinstance(answer(stage.app.reports.publish_report(ADVOCATE)), PublishedReport)
    stage.pods[2].event(PodEventKind.SEVERED, "distress", unix_ms=at_ms)
    stage.hop(4)
    assert counts(stage, Kind.SEVERED_OWN) == 0


def test_an_erasure_changes_no_count(stage: Stage) -> None:
    """A sleeper that is erased before the publication is counted: a difference of one would name them."""
    answer(stage.app.erasures.erase(named("sleeper-3"), "sleeper-3"))
    stage.hop(40)
    days_later(stage, DAYS + 1)
    preview = answer(stage.app.reports.preview(ADVOCATE))
    assert isinstance(preview, Report)
    assert {cell.kind: cell.people for cell in preview.cells}[Kind.SLEPT] == 5
    assert counts(stage, Kind.SLEPT) == 6


def test_without_a_sleeper_there_is_nothing_to_count() -> None:
    """An empty house is told so; no report of zeros is published."""
    stage = Stage(2)
    assert answer(stage.app.reports.publish_report(ADVOCATE)) is Code.NOT_MEASURED
    assert stage.app.reports.list_reports(ADVOCATE) == ()


def test_a_ledger_that_fails_publishes_nothing(stage: Stage) -> None:
    """A publication that is not written is refused, and the report is due as before."""
    days_later(stage, DAYS + 1)
    stage.ledger.broken = "the disk is full"
    assert answer(stage.app.reports.publish_report(ADVOCATE)) is Code.LEDGER_UNAVAILABLE
    stage.ledger.broken = ""
    assert isinstance(answer(stage.app.reports.publish_report(ADVOCATE)), PublishedReport)
