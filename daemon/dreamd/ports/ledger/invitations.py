"""Invitations to intimate Dreamscapes: the lists of guests, and their answers."""

from typing import Protocol

from dreamd.core.invitations.course import Invitation


class InvitationLedger(Protocol):
    """Invitations."""

    def invitations(self) -> tuple[Invitation, ...]:
        """MUST return each list by its Dreamscape, its guests by revision, then by name.

        A guest that is erased MUST NOT be on it. Of two revisions of one list the higher one MUST stay.
        """
        ...
