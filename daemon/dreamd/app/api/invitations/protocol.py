"""Invitations, as the adapters see them. A Dreamscape and a sleeper are named by the id alone."""

from collections.abc import Sequence
from typing import Protocol

from dreamd.app.api.tickets import SeverTicket
from dreamd.core.access.caller import Caller
from dreamd.core.invitations.course import Invitation
from dreamd.core.refusals import Refusal
from dreamd.ports.deferred import Deferred


class InvitationsApi(Protocol):
    """Lists of guests: grown, shortened, read; accepted and declined by the guests."""

    def guests_of(self, caller: Caller, dreamscape: str) -> Invitation | Refusal:
        """The list of a living Dreamscape; an empty one where no guest was invited."""
        ...

    def invite_guests(
        self, caller: Caller, dreamscape: str, sleepers: Sequence[str]
    ) -> Invitation | Refusal | Deferred[Invitation]:
        """Put these sleepers on the list: every guest is asked anew."""
        ...

    def uninvite_guests(
        self, caller: Caller, dreamscape: str, sleepers: Sequence[str]
    ) -> Invitation | Refusal:
        """Take these sleepers off the list, and their seats from them, in the call."""
        ...

    def invitations_of(self, caller: Caller, sleeper: str) -> tuple[Invitation, ...]:
        """Every list that names this sleeper."""
        ...

    def accept_invitation(
        self, caller: Caller, sleeper: str, dreamscape: str, revision: int
    ) -> Invitation | Refusal | Deferred[Invitation]:
        """The sleeper accepts this revision of the list, and with it all that are on it."""
        ...

    def decline_invitation(self, caller: Caller, sleeper: str, dreamscape: str) -> SeverTicket:
        """The sleeper declines, or takes an acceptance back: zero in the call. Never refused."""
        ...
