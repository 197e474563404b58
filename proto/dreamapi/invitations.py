"""The caller's view of invitations: the guests of intimate Dreamscapes, invited, accepting, declining."""

from collections.abc import Iterable

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.requests import asking, freeing
from dreamapi.v1 import invitations_pb2 as invitations
from dreamapi.v1.invitations_pb2_grpc import InvitationsStub
from dreamapi.v1.severing_pb2 import SeverOutcome


class Invitations:
    """The guests of intimate Dreamscapes. dreamscape, sleeper: an id, or the full name."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = InvitationsStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def invite_guests(
        self, dreamscape: str, sleepers: Iterable[str], *, request_id: str = ""
    ) -> invitations.GuestList:
        """Put sleepers on the list; every guest is asked anew.

        Raises:
            InvalidArgument: the Dreamscape is not intimate, a name is no sleeper of the house, or the list is
                longer than 12.
        """
        request = asking(
            invitations.InviteGuestsRequest,
            name=names.dreamscape(dreamscape),
            sleepers=[names.sleeper(one) for one in sleepers],
            request_id=request_id or new_request_id(),
        )
        return await self._line.ask(self._stub.InviteGuests, request, invitations.GuestList)

    async def uninvite_guests(self, dreamscape: str, sleepers: Iterable[str]) -> invitations.GuestList:
        """Take sleepers off the list, and release their seats now."""
        request = asking(
            invitations.UninviteGuestsRequest,
            name=names.dreamscape(dreamscape),
            sleepers=[names.sleeper(one) for one in sleepers],
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.UninviteGuests, request, invitations.GuestList)

    async def guests_of(self, dreamscape: str) -> invitations.GuestList:
        """The list with each answer; an artist reads no names."""
        request = asking(invitations.GetGuestsRequest, name=names.dreamscape(dreamscape))
        return await self._line.ask(self._stub.GetGuests, request, invitations.GuestList)

    async def invitations_of(self, sleeper: str = names.OWN) -> list[invitations.Invitation]:
        """The invitations of one sleeper, with every pseudonym on each list."""
        request = asking(invitations.ListInvitationsRequest, name=names.sleeper(sleeper))
        answer = await self._line.ask(
            self._stub.ListInvitations, request, invitations.ListInvitationsResponse
        )
        return list(answer.invitations)

    async def accept_invitation(self, sleeper: str, dreamscape: str, revision: int) -> invitations.Invitation:
        """Accept this revision of the list, and with it everyone that is on it.

        Raises:
            NotInvited: the list has another revision, or the sleeper is not on it.
            NotYours: the caller is not the sleeper.
        """
        request = asking(
            invitations.AcceptInvitationRequest,
            name=names.invitation(sleeper, dreamscape),
            revision=revision,
            request_id=new_request_id(),
        )
        return await self._line.ask(self._stub.AcceptInvitation, request, invitations.Invitation)

    async def decline_invitation(
        self, sleeper: str, dreamscape: str, *, reason: str = "", issuer: str = ""
    ) -> SeverOutcome:
        """Decline, or take an acceptance back: zero now. May be sent again; needs nothing."""
        request = freeing(
            invitations.DeclineInvitationRequest,
            name=names.invitation(sleeper, dreamscape),
            reason=reason,
            issuer=issuer,
            request_id=new_request_id(),
        )
        return await self._line.free(self._stub.DeclineInvitation, request, SeverOutcome)
