"""Revisions of the guidelines, their clauses, differences and dry runs for a terminal."""

from collections.abc import Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dreamapi import names
from dreamapi.v1 import guidelines_pb2 as guidelines
from dreamd.cli.printing.consent_tables import when

Revision = guidelines.Revision
HIDDEN: Final = "1 to 4"
"""A count that the daemon hides."""


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def revision_line(shown: Revision) -> str:
    """One revision in a line: its state, the people that have ratified, and when time moves it."""
    holds = ", and holds now" if shown.holds else ""
    provisional = ", provisional" if shown.provisional else ""
    signed = " and ".join(filter(None, (shown.clinician, shown.advocate)))
    ratified = f", ratified by {signed}" if signed else ""
    due = f", until {when(shown.due_time)} unless it moves" if shown.HasField("due_time") else ""
    return f"revision {shown.revision}: {_state(shown)}{holds}{provisional}{ratified}{due}; {shown.digest}"


def _state(shown: Revision) -> str:
    return names.word(Revision.State, shown.state).replace("-", " ")


def revisions(shown: Iterable[Revision]) -> RenderableType:
    """One row a revision."""
    table = _table("revision", "state", "proposed by", "clinician", "advocate", "in force", "digest")
    for one in shown:
        table.add_row(
            str(one.revision),
            Text(f"{_state(one)}, holds" if one.holds else _state(one), style="bold" if one.holds else ""),
            Text(one.proposer),
            Text(one.clinician or "-"),
            Text(one.advocate or "-"),
            when(one.in_force_time),
            one.digest[:12],
        )
    return table


def clauses(shown: Revision) -> RenderableType:
    """One row a clause."""
    table = _table("clause", "limit", "text")
    for one in shown.clauses:
        table.add_row(f"G-{one.number}", _limit(one) or "-", Text(one.text))
    return table


def _limit(clause: guidelines.Clause) -> str:
    limit = clause.hours or (f"{clause.limit:.6g}" if clause.HasField("limit") else "")
    return f"{limit} {clause.unit}".rstrip() if limit else ""


def comment_line(shown: guidelines.Comment) -> str:
    """One comment in a line."""
    return f"{names.bare(shown.name)}. {shown.by}, {when(shown.create_time)}: {shown.text}"


def differences(shown: Iterable[guidelines.Difference]) -> RenderableType:
    """One row a clause that differs."""
    table = _table("clause", "change", "was", "is")
    for one in shown:
        clause = one.new_clause if one.HasField("new_clause") else one.old_clause
        change = names.word(guidelines.Difference.Change, one.change)
        table.add_row(f"G-{clause.number}", change, _told(one, "old_clause"), _told(one, "new_clause"))
    return table


def _told(difference: guidelines.Difference, side: str) -> Text:
    if not difference.HasField(side):
        return Text("-")
    clause: guidelines.Clause = getattr(difference, side)
    limit = _limit(clause)
    return Text(f"{limit}: {clause.text}" if limit else clause.text)


def dry_run(shown: guidelines.DryRun) -> RenderableType:
    """How many were run, and what would have been refused more and fewer, by clause and by site."""
    head = Text(f"{shown.admissions} admissions were run")
    if not shown.clauses and not shown.sites:
        return Group(head, Text("no admission would have been refused or taken that was not"))
    moved = _table("clause", "site", "refused more", "refused fewer")
    for row in shown.clauses:
        moved.add_row(row.clause, Text(row.site), _count(row, "more"), _count(row, "fewer"))
    lost = _table("site", "refused more", "refused fewer", "merge-minutes lost")
    for site in shown.sites:
        minutes = f"{site.lost_minutes:.1f}" if site.HasField("lost_minutes") else "hidden"
        lost.add_row(Text(site.site), _count(site, "refused"), _count(site, "admitted"), minutes)
    return Group(head, moved, Text(), lost)


def _count(row: guidelines.DryRun.Moved | guidelines.DryRun.SiteLoss, field: str) -> str:
    return str(getattr(row, field)) if row.HasField(field) else HIDDEN
