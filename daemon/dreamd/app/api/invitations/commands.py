"""Invitations: invite guests, take them off, read the lists, accept, decline.

To decline is a way out: done in the call, in every state of the Dreamscape, and written after. Its answer
waits for the ledger, so that it outlives a crash; a ledger that fails or takes too long refuses nothing.

Rules
- A guest is a sleeper that the house knows: by a login, a consent or a bed. So each list names people.
- Only the guest accepts, with their own credential. A bed cannot: it has a button and a light, and shows no
  names. Without access control a caller may act as any sleeper.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.archive import Bygone
from dreamd.app.dreamscapes.guest_seats import GuestSeats
from dreamd.app.dreamscapes.registry import DreamscapeRegistry
from dreamd.app.fleet.sever_confirmations import PendingSever
from dreamd.core.access.caller import Caller, Role
from dreamd.core.dreamscapes.admission import NAME_RULE
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.invitations.course import Invitation
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.ports.deferred import Deferred
from dreamwire.topics import is_name


@dataclass(slots=True)
class GuestFacts:
    """Facts about a sleeper. has_granted: ever. is_erasing: an erasure is on its way."""

    has_granted: Callable[[str], bool] = lambda _sleeper: False
    is_erasing: Callable[[str], bool] = lambda _sleeper: False


class InvitationCommands:
    """Implements `InvitationsApi`. sleepers: facts about them, set once the consents are there."""

    def __init__(self, dependencies: Dependencies, dreamscapes: DreamscapeRegistry) -> None:
        self._deps = dependencies
        self._book = dependencies.invitations
        self._dreamscapes = dreamscapes
        self._seats = GuestSeats(dependencies, dreamscapes)
        self.sleepers = GuestFacts()

    def guests_of(self, caller: Caller, dreamscape: str) -> Invitation | Refusal:
        """The list of a living Dreamscape."""
        return self._living(dreamscape) or self._book.list_of(dreamscape)

    def invite_guests(
        self, caller: Caller, dreamscape: str, sleepers: Sequence[str]
    ) -> Invitation | Refusal | Deferred[Invitation]:
        """Put these sleepers on the list: every guest is asked anew."""
        no = self._living(dreamscape) or self._dreamscapes.shutting_down()
        return no or self._unknown(sleepers) or self._book.invite(dreamscape, sleepers)

    def uninvite_guests(
        self, caller: Caller, dreamscape: str, sleepers: Sequence[str]
    ) -> Invitation | Refusal:
        """Take these sleepers off the list, and their seats from them, in the call."""
        return self._living(dreamscape) or self._book.take_off(dreamscape, sleepers)

    def invitations_of(self, caller: Caller, sleeper: str) -> tuple[Invitation, ...]:
        """Every list that names this sleeper."""
        return self._book.lists_with(sleeper)

    def accept_invitation(
        self, caller: Caller, sleeper: str, dreamscape: str, revision: int
    ) -> Invitation | Refusal | Deferred[Invitation]:
        """The sleeper accepts this revision of the list, and with it all that are on it."""
        if caller.role is not Role.SLEEPER:
            return Refusal(Code.NOT_YOURS, "only the guest accepts an invitation, with their own credential")
        closing = self._dreamscapes.shutting_down()
        return closing or self._book.accept(dreamscape, sleeper, revision)

    def decline_invitation(self, caller: Caller, sleeper: str, dreamscape: str) -> PendingSever:
        """The sleeper declines, or takes an acceptance back: zero in the call."""
        record = self._deps.fleet.get(self._deps.fleet.pod_of(sleeper))
        seated = record is not None and record.dreamscape == dreamscape
        held = record is not None and seated and self._dreamscapes.holds_slot(record)
        zeroed = [record.pod] if record is not None and held else []
        ticket = self._deps.tickets.issue(zeroed, lambda: self._book.is_written(dreamscape))
        self._book.decline(dreamscape, sleeper)
        return ticket

    def _living(self, dreamscape: str) -> Refusal | None:
        """Why this Dreamscape has no list; None: it has one, or may have."""
        found = self._dreamscapes.find(dreamscape)
        if isinstance(found, Refusal):
            return found
        if isinstance(found, Bygone) or found.dreamscape.state is DreamscapeState.ENDED:
            return Refusal(Code.WRONG_STATE, f"{dreamscape} has ended", {"state": "ended"})
        if found.dreamscape.plan.intimate:
            return None
        expected = "an intimate Dreamscape (plan.intimate, before the start), for no other has guests"
        return bad_field("name", expected, dreamscape)

    def _unknown(self, sleepers: Sequence[str]) -> Refusal | None:
        """The first of these that is no sleeper of the house. It is not repeated: a person may have it."""
        for at, sleeper in enumerate(sleepers):
            if not is_name(sleeper):
                return bad_field(f"sleepers[{at}]", f"a pseudonym of {NAME_RULE}", Figure("something else"))
            if self.sleepers.is_erasing(sleeper) or not self._knows(sleeper):
                expected = "a sleeper of the house: with a login, a consent or a bed"
                return bad_field(f"sleepers[{at}]", expected, Figure("another name"))
        return None

    def _knows(self, sleeper: str) -> bool:
        known = self._deps.fleet.pod_of(sleeper) or self._deps.principals.logins_of(sleeper)
        return bool(known) or self.sleepers.has_granted(sleeper)
