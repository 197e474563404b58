"""The guests of an intimate Dreamscape: the list, the answer of each guest, and what an answer covers.

Each addition to the list is a revision of it. A guest accepts a revision, and so all those on the list then.
The guest is seated only among guests that the acceptance covers, and whose acceptances cover the guest.

Rules
- An acceptance covers a guest who was on the list in the accepted revision: `since` is at most `accepted`.
- One more guest asks everyone anew. Nothing changes for those that are seated: their acceptances cover one
  another. The new guest, and each guest that is not seated, waits until those acceptances cover them.
- A guest that is taken off the list leaves its revision as it is: an acceptance of more people covers fewer.
  One that comes back comes with a new revision.
- To decline, and to take an acceptance back, is possible in every state and needs nothing.
- A restored ledger voids each acceptance: the guests are asked anew. The revision then goes on from the
  clock, so that no revision that was lost with a ledger is given again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from dreamd.core.dreamscapes.admission import INTIMATE_SEATS
from dreamd.core.refusals import Code, Figure, Refusal, bad_field

GUESTS_MOST: Final = INTIMATE_SEATS[1]


class Answer(Enum):
    """The answer of a guest to the list as it is now."""

    ASKED = "asked"  # none yet
    ACCEPTED = "accepted"
    ASKED_ANEW = "asked anew"  # the list has grown since
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Guest:
    """One guest. since: the revision that named them. accepted: the revision that they accepted, 0: none.

    at_s: unix time of the answer; 0: none.
    """

    sleeper: str
    since: int
    accepted: int = 0
    declined: bool = False
    at_s: float = 0.0

    def covers(self, other: "Guest") -> bool:
        """Whether this guest has accepted the other one, and stands by it."""
        return not self.declined and self.accepted >= other.since


@dataclass(frozen=True, slots=True)
class Invitation:
    """The guests of one Dreamscape, by revision, then by name. revision: of the list; 0: there is none."""

    dreamscape: str
    revision: int = 0
    guests: tuple[Guest, ...] = ()

    def guest(self, sleeper: str) -> Guest | None:
        """The guest of this pseudonym."""
        return next((one for one in self.guests if one.sleeper == sleeper), None)

    def answer_of(self, guest: Guest) -> Answer:
        """The answer of a guest to everyone that is on the list now."""
        if guest.declined:
            return Answer.DECLINED
        if not guest.accepted:
            return Answer.ASKED
        return Answer.ACCEPTED if all(map(guest.covers, self.guests)) else Answer.ASKED_ANEW

    def with_guest(self, guest: Guest) -> "Invitation":
        """The list with this guest in the place of the one of the same pseudonym, or behind the others."""
        if self.guest(guest.sleeper) is None:
            return replace(self, guests=(*self.guests, guest))
        kept = (guest if one.sleeper == guest.sleeper else one for one in self.guests)
        return replace(self, guests=tuple(kept))

    def without(self, sleepers: Collection[str]) -> "Invitation":
        """The list without these guests, in the same revision."""
        return replace(self, guests=tuple(one for one in self.guests if one.sleeper not in sleepers))


def invited(invitation: Invitation, sleepers: Iterable[str]) -> Invitation | Refusal:
    """Return the list with these sleepers too; those that are on it already stay as they are."""
    known = {one.sleeper for one in invitation.guests}
    fresh = sorted(set(sleepers) - known)
    if not fresh:
        return invitation
    many = len(known) + len(fresh)
    if not many <= GUESTS_MOST:
        return bad_field("sleepers", f"at most {GUESTS_MOST} guests on the list", Figure(f"{many} of them"))
    revision = invitation.revision + 1
    guests = (*invitation.guests, *(Guest(sleeper, revision) for sleeper in fresh))
    return replace(invitation, revision=revision, guests=guests)


def accepted(invitation: Invitation, sleeper: str, revision: int, now_s: float) -> Invitation | Refusal:
    """Return the list with the acceptance of this guest. revision: of the list that the guest has read."""
    guest = invitation.guest(sleeper)
    if guest is None:
        return not_on_list(invitation.dreamscape)
    if revision != invitation.revision:
        sentence = (
            f"the list of {invitation.dreamscape} has revision {invitation.revision}, the acceptance names "
            f"{revision}: read who is on it now"
        )
        return Refusal(Code.NOT_INVITED, sentence, _told(invitation))
    if guest.accepted == revision and not guest.declined:
        return invitation
    return invitation.with_guest(replace(guest, accepted=revision, declined=False, at_s=now_s))


def declined(invitation: Invitation, sleeper: str, now_s: float) -> Invitation:
    """Return the list with the refusal of this guest; without such a guest it is as it was."""
    guest = invitation.guest(sleeper)
    if guest is None or guest.declined:
        return invitation
    return invitation.with_guest(replace(guest, accepted=0, declined=True, at_s=now_s))


def voided(invitation: Invitation, now_s: float) -> Invitation:
    """Return the list without an acceptance, in a revision that was never given. now_s: unix time."""
    revision = max(invitation.revision + 1, int(now_s))
    guests = tuple(replace(one, accepted=0) for one in invitation.guests)
    return replace(invitation, revision=revision, guests=guests)


def not_on_list(dreamscape: str) -> Refusal:
    """Return the refusal of a sleeper that is no guest."""
    sentence = f"the sleeper is not on the list of {dreamscape}"
    return Refusal(Code.NOT_INVITED, sentence, {"dreamscape": dreamscape})


def lacking(invitation: Invitation, sleeper: str, seated: Collection[str]) -> Refusal | None:
    """Return why this sleeper may not be seated with these; None: every acceptance covers everyone of them.

    seated: the pseudonyms of the others. The sentence names none: it is shown to the staff.
    """
    own = invitation.guest(sleeper)
    if own is None:
        return not_on_list(invitation.dreamscape)
    name, told = invitation.dreamscape, _told(invitation)
    if own.declined:
        return Refusal(Code.NOT_INVITED, f"the sleeper has declined the invitation to {name}", told)
    if not own.accepted:
        return Refusal(Code.NOT_INVITED, f"the sleeper has not accepted the invitation to {name}", told)
    found = [invitation.guest(one) for one in seated if one != sleeper]
    others = [one for one in found if one is not None]
    if not all(map(own.covers, (own, *others))):
        sentence = (
            f"the sleeper has accepted revision {own.accepted} of the list of {name}, before a seated guest "
            "was on it"
        )
        return Refusal(Code.NOT_INVITED, sentence, told)
    covering = [one for one in others if all(map(one.covers, (own, *others)))]
    lacks = len(found) - len(covering)
    if not lacks:
        return None
    sentence = f"{lacks} of {len(found)} seated guests have not accepted the list of {name} with the sleeper"
    return Refusal(Code.NOT_INVITED, sentence, told | {"uncovered": str(lacks)})


def _told(invitation: Invitation) -> dict[str, str]:
    return {"dreamscape": invitation.dreamscape, "revision": str(invitation.revision)}
