"""The double of the invitations' commands: the real book, over a ledger in memory, for any Dreamscape."""

from collections.abc import Callable, Sequence

from dreamd.app.api.tickets import SeverTicket
from dreamd.app.invitations.guest_book import GuestBook
from dreamd.core.access.caller import Caller, Role
from dreamd.core.invitations.course import Invitation
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from fakes.access import FakeAccess

Answered = Invitation | Refusal | Deferred[Invitation]


class FakeInvitations:
    """ada and birch are invited to `n`. To decline sets bed-1 to zero."""

    def __init__(
        self,
        principals: FakeAccess,
        asked: Callable[..., Refusal | None],
        ticket: Callable[[tuple[str, ...]], SeverTicket],
    ) -> None:
        self._asked, self._ticket = asked, ticket
        self.book = GuestBook(principals.ledger, principals.commits, principals.clock, principals.journal)
        self.book.invite("n", ("ada", "birch"))

    def guests_of(self, caller: Caller, dreamscape: str) -> Invitation | Refusal:
        return self._asked("invitations.guests_of", dreamscape) or self.book.list_of(dreamscape)

    def invite_guests(self, caller: Caller, dreamscape: str, sleepers: Sequence[str]) -> Answered:
        no = self._asked("invitations.invite", dreamscape, tuple(sleepers))
        return no or self.book.invite(dreamscape, sleepers)

    def uninvite_guests(
        self, caller: Caller, dreamscape: str, sleepers: Sequence[str]
    ) -> Invitation | Refusal:
        no = self._asked("invitations.uninvite", dreamscape, tuple(sleepers))
        return no or self.book.take_off(dreamscape, sleepers)

    def invitations_of(self, caller: Caller, sleeper: str) -> tuple[Invitation, ...]:
        self._asked("invitations.invitations_of", sleeper)
        return self.book.lists_with(sleeper)

    def accept_invitation(self, caller: Caller, sleeper: str, dreamscape: str, revision: int) -> Answered:
        if caller.role is not Role.SLEEPER:
            return Refusal(Code.NOT_YOURS, "only the guest accepts")
        no = self._asked("invitations.accept", sleeper, dreamscape, revision)
        return no or self.book.accept(dreamscape, sleeper, revision)

    def decline_invitation(self, caller: Caller, sleeper: str, dreamscape: str) -> SeverTicket:
        self._asked("invitations.decline", sleeper, dreamscape)
        self.book.decline(dreamscape, sleeper)
        return self._ticket(("bed-1",))
