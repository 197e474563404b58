"""The guidelines, as the adapters see them."""

from typing import Protocol

from dreamd.app.guidelines.dry_run import DryRun
from dreamd.core.access.caller import Caller, Role
from dreamd.core.guidelines.diff import Difference
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.guidelines import Comment, KeptRevision


class GuidelinesApi(Protocol):
    """The revisions of the guidelines: proposed, commented, ratified, compared, and run over the past."""

    @property
    def in_force(self) -> KeptRevision:
        """The revision that holds now."""
        ...

    def propose(
        self, caller: Caller, text: str, begins_s: float = 0.0
    ) -> KeptRevision | Refusal | Deferred[KeptRevision]:
        """A new revision, written in TOML; its number is the next one. begins_s: not in force before."""
        ...

    def open_revision(self, caller: Caller, revision: int) -> KeptRevision | Refusal | Deferred[KeptRevision]:
        """Attach the dry run of a draft and open it for comments; its proposer's command."""
        ...

    def comment(self, caller: Caller, revision: int, text: str) -> Comment | Refusal | Deferred[Comment]:
        """A comment on a revision that is open."""
        ...

    def ratify(
        self, caller: Caller, revision: int, role: Role | None = None
    ) -> KeptRevision | Refusal | Deferred[KeptRevision]:
        """The caller ratifies in this role, one of its own; None: in the role it acts in."""
        ...

    def withdraw_revision(
        self, caller: Caller, revision: int
    ) -> KeptRevision | Refusal | Deferred[KeptRevision]:
        """Its proposer takes a revision back before it is in force."""
        ...

    def get_revision(self, revision: int = 0) -> KeptRevision | Refusal:
        """One revision; 0: the one in force."""
        ...

    def list_revisions(self, after: int = 0) -> tuple[KeptRevision, ...]:
        """Every revision behind this number, by number."""
        ...

    def list_comments(self, revision: int, after: int = 0) -> tuple[Comment, ...] | Refusal:
        """The comments on a revision behind this number, in order."""
        ...

    def diff(self, old: int, new: int) -> tuple[Difference, ...] | Refusal:
        """The clauses in which two revisions differ; 0: the one in force."""
        ...

    def dry_run(self, revision: int, nights: int = 30) -> DryRun | Refusal | Deferred[DryRun]:
        """Run a revision over the admissions of the last nights, against the one in force."""
        ...

    def dry_run_text(self, text: str, nights: int = 30) -> DryRun | Refusal | Deferred[DryRun]:
        """Run a revision, written in TOML and not proposed, over the admissions of the last nights."""
        ...
