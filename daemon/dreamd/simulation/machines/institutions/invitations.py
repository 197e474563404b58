"""Invitations in a ledger in memory."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from dreamd.core.invitations.course import Guest, Invitation
from dreamd.ports.ledger.transaction import Transaction


@dataclass
class InvitationsStorage:
    """The revision of each list by its Dreamscape, and each guest by Dreamscape and pseudonym."""

    lists: dict[str, int] = field(default_factory=dict)
    guests: dict[tuple[str, str], Guest] = field(default_factory=dict)

    def change_invitations(self, change: Transaction) -> None:
        """Make the changes of a transaction."""
        for dropped in change.dropped_invitations:
            self.lists.pop(dropped, None)
        gone, forgotten = set(change.dropped_invitations), {sleeper for sleeper, _ in change.forgotten}
        left = set(change.dropped_guests)
        self.guests = {key: one for key, one in self.guests.items() if key[0] not in gone and key not in left}
        for one in change.invitations:
            self.lists[one.dreamscape] = max(self.lists.get(one.dreamscape, 0), one.revision)
            self.guests.update(((one.dreamscape, guest.sleeper), guest) for guest in one.guests)
        self.guests = {key: one for key, one in self.guests.items() if key[1] not in forgotten}

    def guest_lists_of(self, sleeper: str) -> tuple[tuple[str, Guest], ...]:
        """Return the Dreamscapes whose lists name this sleeper, and their answers."""
        return tuple((key[0], one) for key, one in sorted(self.guests.items()) if key[1] == sleeper)


class MemoryInvitations(ABC):
    """The answers of a ledger in memory about invitations."""

    @property
    @abstractmethod
    def readable(self) -> InvitationsStorage:
        """MUST return the storage.

        Raises:
            LedgerError: it cannot be read.
        """

    def invitations(self) -> tuple[Invitation, ...]:
        """Every list of guests, by its Dreamscape."""
        kept = self.readable
        return tuple(
            Invitation(name, revision, _in_order(name, kept)) for name, revision in sorted(kept.lists.items())
        )


def _in_order(name: str, kept: InvitationsStorage) -> tuple[Guest, ...]:
    guests = (one for (of, _), one in kept.guests.items() if of == name)
    return tuple(sorted(guests, key=lambda one: (one.since, one.sleeper)))
