"""Cases for a terminal: a line, a list in level order, one case in full, and the report."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import nan
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dreamapi import names
from dreamapi.v1 import clinic_pb2 as clinic
from dreamd.cli.printing.consent_tables import when
from dreamd.core.clinic.pull_svg import verdict
from dreamd.core.clinic.restoration import PulledSitting, PullRecord
from dreamd.core.exposure.windows import DAY_S

WORDS: Final = {1: "1 now", 2: "2 today", 3: "3 soon", 4: "4 note"}
STEPS: Final = {1: "a quarter", 2: "half", 3: "the whole"}
_STYLE: Final = {1: "bold red", 2: "red", 3: "yellow"}
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _level(case: clinic.Case) -> Text:
    return Text(WORDS.get(case.level, str(case.level)), style=_STYLE.get(case.level, ""))


def subject(case: clinic.Case) -> str:
    """The person, the Dreamscape or the fleet that a case is about."""
    if case.sleeper:
        return case.sleeper.partition("/")[2]
    if case.kind == clinic.Case.KIND_PARENT:
        return case.dreamscape or "a Dreamscape"
    return "the fleet" if case.kind == clinic.Case.KIND_FLEET else "erased"


def state(case: clinic.Case) -> str:
    """The state of a case, with the step of a return."""
    word = names.word(clinic.Case.State, case.state)
    if case.state == clinic.Case.STATE_RETURNING:
        return f"{word}, {STEPS.get(case.step, 'all steps done')}"
    return f"{word}, held" if case.held and word != "held" else word


def left(case: clinic.Case, now: datetime) -> str:
    """The time until the answer is late, or since."""
    if case.state != clinic.Case.STATE_OPEN or not case.HasField("due_time"):
        return "-"
    wait = case.due_time.ToDatetime(UTC) - now
    return f"in {_span(wait)}" if wait >= timedelta() else f"late by {_span(-wait)}"


def _span(wait: timedelta) -> str:
    if wait < _HOUR:
        return f"{wait // _MINUTE} min"
    if wait < 2 * _DAY:
        return f"{wait // _HOUR} h {(wait % _HOUR) // _MINUTE} min"
    return f"{wait // _DAY} d"


def line(case: clinic.Case, now: datetime) -> str:
    """One case in a line."""
    due = f", answer {left(case, now)}" if case.state == clinic.Case.STATE_OPEN else ""
    name = case.name.partition("/")[2]
    return f"case {name}: level {WORDS.get(case.level, '?')}, {subject(case)}, {state(case)}{due}"


def cases(shown: Iterable[clinic.Case], now: datetime) -> RenderableType:
    """One row a case."""
    table = _table("level", "case", "sleeper", "site", "state", "answer", "causes", "opened")
    for one in shown:
        row = (one.name.partition("/")[2], subject(one), one.site, state(one), left(one, now))
        table.add_row(_level(one), *row, ", ".join(one.causes), when(one.open_time))
    return table


def case(shown: clinic.Case, now: datetime) -> RenderableType:
    """One case in full."""
    facts = (
        ("site", shown.site),
        ("Dreamscape", shown.dreamscape.partition("/")[2]),
        ("part of", shown.parent.partition("/")[2] and f"case {shown.parent.partition('/')[2]}"),
        ("opened", when(shown.open_time)),
        ("answered", _time(shown, "answer_time")),
        ("ended", _time(shown, "end_time")),
        ("held", "yes: no merge until a clinician of the site releases the person" if shown.held else "no"),
        ("may be granted", f"{shown.share:.0%} of the ceiling"),
        ("came of the merge", _judged(shown, "related")),
        ("expected", _judged(shown, "expected")),
    )
    told = "\n".join([line(shown, now), *(f"  {name}: {value}" for name, value in facts if value)])
    parts: list[RenderableType] = [told]
    if shown.evidence:
        table = _table("evidence", "cause", "value", "in words")
        for item in shown.evidence:
            value = f"{item.value:.3g}" if item.HasField("value") else ""
            table.add_row(when(item.time), item.cause, value, Text(item.words))
        parts.append(table)
    if shown.notes:
        table = _table("note", "by", "text")
        for note in shown.notes:
            table.add_row(when(note.time), Text(note.by), Text(note.text))
        parts.append(table)
    if shown.sittings:
        parts.append(_sittings(shown))
    if shown.HasField("pull"):
        parts.append(Text(verdict(pulled(shown))))
    return Group(*parts)


def pulled(shown: clinic.Case) -> PullRecord:
    """The pull of a case, as its picture takes it."""
    told = shown.pull
    return PullRecord(
        tuple(
            PulledSitting(_day(one.day), one.pull if one.HasField("pull") else nan, one.anchored)
            for one in shown.sittings
        ),
        tuple(told.baseline),
        told.upper if told.HasField("upper") else nan,
        told.restored if told.HasField("restored") else None,
        told.why,
        tuple(map(_day, told.offered_days)),
    )


def _day(at: Timestamp) -> int:
    return int(at.seconds // DAY_S)


def _sittings(shown: clinic.Case) -> Table:
    table = _table("sitting", "pull", "anchor session")
    for sitting in shown.sittings:
        pull = f"{sitting.pull:.2f}" if sitting.HasField("pull") else "cannot be measured"
        day = str(sitting.day.ToDatetime().date())
        table.add_row(day, pull, "before it" if sitting.anchored else "none")
    return table


def _time(shown: clinic.Case, field: str) -> str:
    at: Timestamp = getattr(shown, field)
    return when(at) if shown.HasField(field) else ""


def _judged(shown: clinic.Case, field: str) -> str:
    if not shown.HasField(field):
        return ""
    return "yes" if getattr(shown, field) else "no"


def report(shown: clinic.CaseReport) -> RenderableType:
    """The cases of a span in numbers."""
    table = _table("level", "cases", "answered", "in time", "late", "median to the answer")
    for one in shown.levels:
        wait = _span(timedelta(seconds=one.to_triage_s)) if one.HasField("to_triage_s") else "-"
        row = map(str, (one.cases, one.triaged, one.within, one.late))
        table.add_row(WORDS.get(one.level, "?"), *row, wait)
    told = [
        f"cases opened from {when(shown.begin_time)} to {when(shown.end_time)}",
        _counted("by state", dict(shown.states)),
        _counted("by cause", dict(shown.causes)),
        _counted("unanticipated problems", dict.fromkeys(map(_id, shown.unanticipated), 0)),
    ]
    return Group(told[0], table, *(text for text in told[1:] if text))


def _id(name: str) -> str:
    return name.partition("/")[2]


def _counted(title: str, counts: dict[str, int]) -> str:
    if not counts:
        return f"{title}: none"
    words = (f"{word} {many}" if many else word for word, many in sorted(counts.items()))
    return f"{title}: {', '.join(words)}"
