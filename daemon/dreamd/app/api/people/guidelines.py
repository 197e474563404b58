"""The guidelines: revisions proposed, opened, commented, ratified, withdrawn, compared, run over the past.

Rules
- A person ratifies in a role that its principal holds; without access control no principal is known, and so
  no revision is ratified.
- Reading needs nothing but the memory of the daemon; a dry run reads the ledger and is answered later.
"""

from typing import Final

from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.guidelines.dry_run import DryRun
from dreamd.app.guidelines.revisions import Revisions
from dreamd.core.access.caller import Caller, Role
from dreamd.core.access.principals import Kind
from dreamd.core.guidelines.diff import Difference
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.guidelines import Comment, KeptRevision

NIGHTS_MOST: Final = 90
"""Nights over which a dry run can look: so long are admissions kept."""
Answer = KeptRevision | Refusal | Deferred[KeptRevision]


class GuidelineCommands:
    """Implements `GuidelinesApi`."""

    def __init__(self, revisions: Revisions, principals: PrincipalTable) -> None:
        self._revisions = revisions
        self._principals = principals

    @property
    def in_force(self) -> KeptRevision:
        """The revision that holds now."""
        return self._revisions.in_force

    def propose(self, caller: Caller, text: str, begins_s: float = 0.0) -> Answer:
        """A new revision, written in TOML; its number is the next one. begins_s: not in force before."""
        return self._revisions.propose(caller, text, begins_s)

    def open_revision(self, caller: Caller, revision: int) -> Answer:
        """Attach the dry run of a draft and open it for comments; its proposer's command."""
        return self._revisions.open_for_comments(caller, revision)

    def comment(self, caller: Caller, revision: int, text: str) -> Comment | Refusal | Deferred[Comment]:
        """A comment on a revision that is open."""
        return self._revisions.comment(caller, revision, text)

    def ratify(self, caller: Caller, revision: int, role: Role | None = None) -> Answer:
        """The caller ratifies in this role, one of its own; None: in the role it acts in."""
        principal = self._principals.principal(caller.name)
        if principal is None or principal.kind is not Kind.PERSON:
            return Refusal(
                Code.PERSON_NEEDED, "a revision is ratified by a person that the site has enrolled"
            )
        roles = frozenset(grant.role for grant in principal.grants)
        acting = Caller(caller.name, role or caller.role, caller.channel, caller.on_behalf_of)
        return self._revisions.ratify(acting, revision, roles)

    def withdraw_revision(self, caller: Caller, revision: int) -> Answer:
        """Its proposer takes a revision back before it is in force."""
        return self._revisions.withdraw_revision(caller, revision)

    def get_revision(self, revision: int = 0) -> KeptRevision | Refusal:
        """One revision; 0: the one in force."""
        return self._revisions.revision(revision) if revision else self._revisions.in_force

    def list_revisions(self, after: int = 0) -> tuple[KeptRevision, ...]:
        """Every revision behind this number, by number."""
        return tuple(one for one in self._revisions.list_revisions() if one.bundle.revision > after)

    def list_comments(self, revision: int, after: int = 0) -> tuple[Comment, ...] | Refusal:
        """The comments on a revision behind this number, in order."""
        known = self._revisions.revision(revision)
        return known if isinstance(known, Refusal) else self._revisions.comments_on(revision)[max(after, 0) :]

    def diff(self, old: int, new: int) -> tuple[Difference, ...] | Refusal:
        """The clauses in which two revisions differ; 0: the one in force."""
        held = self._revisions.in_force.bundle.revision
        return self._revisions.diff(old or held, new or held)

    def dry_run(self, revision: int, nights: int = 30) -> DryRun | Refusal | Deferred[DryRun]:
        """Run a revision over the admissions of the last nights, against the one in force."""
        return _unfit(nights) or self._revisions.dry_run(revision, nights)

    def dry_run_text(self, text: str, nights: int = 30) -> DryRun | Refusal | Deferred[DryRun]:
        """Run a revision, written in TOML and not proposed, over the admissions of the last nights."""
        return _unfit(nights) or self._revisions.dry_run_text(text, nights)


def _unfit(nights: int) -> Refusal | None:
    if 1 <= nights <= NIGHTS_MOST:
        return None
    return bad_field("nights", f"1 to {NIGHTS_MOST} nights", Figure(nights))
