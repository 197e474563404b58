"""Revisions of the guidelines, their differences and dry runs, in the shape that their page draws. Pure."""

from typing import Final

from dreamapi.names import bare, word
from dreamapi.v1.access_pb2 import Principal
from dreamapi.v1.guidelines_pb2 import Clause, Comment, Difference, DiffRevisionsResponse, DryRun, Revision
from dreamd.console.governing.shapes import role_word
from dreamd.console.shapes import given, number, seconds
from dreamd.core.guidelines.course import COMMENTS_S

RATIFY: Final = "RatifyRevision"
COMMENT: Final = "CommentOnRevision"


def viewer_shape(viewer: Principal | None) -> dict[str, object]:
    """The viewer with their roles; None: there is no site, so no caller has a name."""
    if viewer is None:
        return {"name": "", "roles": []}
    return {"name": bare(viewer.name), "roles": sorted({role_word(grant.role) for grant in viewer.grants})}


def revision_shape(one: Revision) -> dict[str, object]:
    """A revision; of a list without its clauses."""
    opened_s = given(one, "open_time")
    return {
        "revision": one.revision,
        "digest": one.digest,
        "title": one.title,
        "state": word(Revision.State, one.state).replace("-", " "),
        "holds": one.holds,
        "proposer": one.proposer,
        "opened_s": opened_s,
        "ratify_from_s": None if opened_s is None else opened_s + COMMENTS_S,
        "begins_s": given(one, "begin_time"),
        "in_force_s": given(one, "in_force_time"),
        "ended_s": given(one, "end_time"),
        "due_s": given(one, "due_time"),
        "clinician": one.clinician,
        "advocate": one.advocate,
        "provisional": one.provisional,
        "clauses": [clause_shape(clause) for clause in one.clauses],
    }


def clause_shape(one: Clause) -> dict[str, object]:
    """A clause; its limit as a text, empty for a principle."""
    limit = one.hours or (f"{one.limit:g}" if one.HasField("limit") else "")
    return {
        "number": f"G-{one.number}",
        "key": one.key,
        "text": one.text,
        "limit": f"{limit} {one.unit.replace('1/', 'per ')}".strip() if limit else "",
    }


def diff_shape(told: DiffRevisionsResponse) -> dict[str, object]:
    """The clauses in which two revisions differ."""
    return {
        "only_tightens": told.only_tightens,
        "differences": [
            {
                "change": word(Difference.Change, one.change),
                "old": clause_shape(one.old_clause) if one.HasField("old_clause") else None,
                "new": clause_shape(one.new_clause) if one.HasField("new_clause") else None,
            }
            for one in told.differences
        ],
    }


def dry_run_shape(told: DryRun) -> dict[str, object]:
    """The table of a dry run; a hidden count is null."""
    return {
        "admissions": told.admissions,
        "clauses": [[one.clause, one.site, given(one, "more"), given(one, "fewer")] for one in told.clauses],
        "sites": [
            [one.site, *(given(one, field) for field in ("refused", "admitted", "lost_minutes"))]
            for one in told.sites
        ],
    }


def comment_shape(one: Comment) -> dict[str, object]:
    """A comment."""
    return {"by": one.by, "at_s": number(seconds(one.create_time)), "text": one.text}
