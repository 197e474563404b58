"""The Invitations service: guests are invited and taken off the list, accept and decline.

To decline is done in the first synchronous stretch of its handler, before anything is awaited. Without access
control a caller may act as any sleeper. The names on a list are read by its guests: `people` is no field that
`sight` clears, and stands in the answers to the guest alone.
"""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterable
from typing import Final

from dreamapi import names
from dreamapi.v1 import invitations_pb2 as invitations
from dreamapi.v1 import severing_pb2 as severing
from dreamapi.v1.invitations_pb2_grpc import InvitationsServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.callers import caller_of, principal_of
from dreamd.adapters.grpc.calls.errors import bad_input, granted
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.interceptor import Context, admitted_of
from dreamd.adapters.grpc.calls.streams import confirmed, kept
from dreamd.adapters.grpc.servicers import responses
from dreamd.adapters.grpc.servicers.people.consents import acting, sleeper_of
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.invitations.protocol import InvitationsApi
from dreamd.core.invitations.course import GUESTS_MOST, Answer, Invitation
from dreamd.core.refusals import Figure

_List = invitations.GuestList
ANSWERS: Final = {
    Answer.ASKED: _List.ANSWER_ASKED,
    Answer.ACCEPTED: _List.ANSWER_ACCEPTED,
    Answer.ASKED_ANEW: _List.ANSWER_ASKED_ANEW,
    Answer.DECLINED: _List.ANSWER_DECLINED,
}
REVISION_MOST: Final = (1 << 63) - 1


class Invitations(InvitationsServicer):
    """Serves dreamapi.v1.Invitations."""

    def __init__(self, commands: InvitationsApi, replays: IdempotencyCache) -> None:
        self._commands = commands
        self._replays = replays

    async def InviteGuests(
        self, request: invitations.InviteGuestsRequest, context: Context
    ) -> invitations.GuestList:
        """Put sleepers on the list."""
        name, sleepers = request_fields.dreamscape_id(request.name), _sleepers(request.sleepers)
        return await self._replays.bound(
            principal_of(context),
            request,
            invitations.GuestList,
            lambda: self._commands.invite_guests(caller_of(context), name, sleepers),
            told_list,
        )

    async def UninviteGuests(
        self, request: invitations.UninviteGuestsRequest, context: Context
    ) -> invitations.GuestList:
        """Take sleepers off the list, now."""
        name, sleepers = request_fields.dreamscape_id(request.name), _sleepers(request.sleepers)
        return told_list(granted(self._commands.uninvite_guests(caller_of(context), name, sleepers)))

    async def GetGuests(
        self, request: invitations.GetGuestsRequest, context: Context
    ) -> invitations.GuestList:
        """The list with each answer."""
        name = request_fields.dreamscape_id(request.name)
        return told_list(granted(self._commands.guests_of(caller_of(context), name)))

    async def ListInvitations(
        self, request: invitations.ListInvitationsRequest, context: Context
    ) -> invitations.ListInvitationsResponse:
        """The invitations of one sleeper."""
        sleeper = sleeper_of(request.name, context, "")
        lists = self._commands.invitations_of(acting(context), sleeper)
        told = (told_invitation(sleeper, one) for one in lists)
        return invitations.ListInvitationsResponse(invitations=told)

    async def AcceptInvitation(
        self, request: invitations.AcceptInvitationRequest, context: Context
    ) -> invitations.Invitation:
        """Accept the list as it is in this revision."""
        sleeper, name = _invitation(request.name, context)
        if not 0 < request.revision <= REVISION_MOST:
            raise bad_input("revision", "the revision of the list that was read", Figure(request.revision))
        accepted = self._commands.accept_invitation(acting(context), sleeper, name, request.revision)
        return told_invitation(sleeper, await kept(accepted))

    async def DeclineInvitation(
        self, request: invitations.DeclineInvitationRequest, context: Context
    ) -> severing.SeverOutcome:
        """Decline, or take an acceptance back, now."""
        sleeper, name = _invitation(request.name, context)
        caller = acting(context, request_fields.reason(request.issuer))
        ticket = self._commands.decline_invitation(caller, sleeper, name)
        return responses.outcome(await confirmed(ticket, context))


def _invitation(name: str, context: Context) -> tuple[str, str]:
    """The sleeper and the Dreamscape of `sleepers/{sleeper}/invitations/{dreamscape}`."""
    admitted = admitted_of(context)
    return request_fields.invitation_of(name, admitted.own_sleeper if admitted is not None else "")


def _sleepers(given: Iterable[str]) -> list[str]:
    named = [request_fields.sleeper_id(one, f"sleepers[{at}]") for at, one in enumerate(given)]
    if not 0 < len(named) <= GUESTS_MOST:
        raise bad_input("sleepers", f"1 to {GUESTS_MOST} sleepers", Figure(f"{len(named)} of them"))
    return named


def told_list(listed: Invitation) -> invitations.GuestList:
    """A list of guests, as a message."""
    told = invitations.GuestList(name=names.dreamscape(listed.dreamscape), revision=listed.revision)
    for guest in listed.guests:
        told.guests.add(
            sleeper=names.sleeper(guest.sleeper),
            answer=ANSWERS[listed.answer_of(guest)],
            since_revision=guest.since,
            accepted_revision=guest.accepted,
            answer_time=moment(guest.at_s),
        )
    return told


def told_invitation(sleeper: str, listed: Invitation) -> invitations.Invitation:
    """The invitation of one guest, with everyone that is on the list, as a message."""
    own = listed.guest(sleeper)
    return invitations.Invitation(
        name=names.invitation(sleeper, listed.dreamscape),
        dreamscape=names.dreamscape(listed.dreamscape),
        revision=listed.revision,
        people=[names.sleeper(guest.sleeper) for guest in listed.guests],
        answer=_List.ANSWER_UNSPECIFIED if own is None else ANSWERS[listed.answer_of(own)],
        answer_time=moment(0.0 if own is None else own.at_s),
    )
