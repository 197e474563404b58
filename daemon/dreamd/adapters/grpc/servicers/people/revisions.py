"""Revisions of the guidelines, their comments, differences and dry runs, as messages."""

from math import isfinite
from typing import Final

from dreamapi import names
from dreamapi.v1 import guidelines_pb2 as guidelines
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.guidelines.dry_run import DryRun
from dreamd.core.guidelines.bundle import Clause
from dreamd.core.guidelines.course import CourseState, due_s
from dreamd.core.guidelines.diff import Change, Difference
from dreamd.core.guidelines.forms import Window
from dreamd.ports.ledger.guidelines import Comment, KeptRevision

STATES: Final[dict[CourseState, guidelines.Revision.State]] = {
    state: getattr(guidelines.Revision, f"STATE_{state.name}") for state in CourseState
}
CHANGES: Final[dict[Change, guidelines.Difference.Change]] = {
    change: getattr(guidelines.Difference, f"CHANGE_{change.name}") for change in Change
}


def told_revision(kept: KeptRevision, in_force: int, *, clauses: bool) -> guidelines.Revision:
    """The message of a revision. in_force: the number of the one that holds. clauses: with its clauses."""
    bundle, course = kept.bundle, kept.course
    due = due_s(course)
    return guidelines.Revision(
        name=names.guideline(bundle.revision),
        revision=bundle.revision,
        digest=kept.digest,
        title=bundle.title,
        state=STATES[course.state],
        holds=bundle.revision == in_force,
        clauses=[_clause(one) for one in bundle.clauses] if clauses else (),
        proposer=course.proposer,
        create_time=moment(course.drafted_s),
        open_time=moment(course.opened_s),
        begin_time=moment(course.begins_s),
        in_force_time=moment(course.in_force_s),
        end_time=moment(course.ended_s),
        due_time=moment(due) if isfinite(due) else None,
        clinician=course.clinician,
        advocate=course.advocate,
        provisional=course.provisional,
        dry_run=course.dry_run,
    )


def _clause(clause: Clause) -> guidelines.Clause:
    limit = clause.limit
    return guidelines.Clause(
        number=clause.number,
        key=clause.key.name if clause.key is not None else "",
        limit=None if limit is None or isinstance(limit, Window) else limit,
        hours=str(limit) if isinstance(limit, Window) else "",
        unit=clause.key.unit if clause.key is not None else "",
        text=clause.text,
        basis=clause.basis,
    )


def told_comment(comment: Comment) -> guidelines.Comment:
    """The message of a comment."""
    return guidelines.Comment(
        name=f"{names.guideline(comment.revision)}/comments/{comment.n}",
        by=comment.person,
        create_time=moment(comment.at_s),
        text=comment.text,
    )


def told_difference(difference: Difference) -> guidelines.Difference:
    """The message of a clause that differs."""
    old, new = difference.old, difference.new
    return guidelines.Difference(
        change=CHANGES[difference.change],
        old_clause=None if old is None else _clause(old),
        new_clause=None if new is None else _clause(new),
    )


def told_dry_run(run: DryRun) -> guidelines.DryRun:
    """The message of a dry run; a hidden count is absent."""
    return guidelines.DryRun(
        admissions=run.admissions,
        clauses=[
            guidelines.DryRun.Moved(
                clause=row.clause, site=row.site, more=_count(row.more), fewer=_count(row.fewer)
            )
            for row in run.clauses
        ],
        sites=[
            guidelines.DryRun.SiteLoss(
                site=row.site,
                refused=_count(row.refused),
                admitted=_count(row.admitted),
                lost_minutes=row.lost_min if isfinite(row.lost_min) else None,
            )
            for row in run.sites
        ],
    )


def _count(value: float) -> int | None:
    return int(value) if isfinite(value) else None
