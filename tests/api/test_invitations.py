"""Invitations over the wire and from a shell: each reader sees what is theirs, and the names are checked."""

from typing import Any

import grpc.aio
import pytest

import dreamapi
from api.test_access import bearer
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from api.test_consents import Site, site  # noqa: F401 - a fixture
from dreamapi.errors import from_rpc
from dreamapi.v1.invitations_pb2 import (
    AcceptInvitationRequest,
    DeclineInvitationRequest,
    GetGuestsRequest,
    GuestList,
    InviteGuestsRequest,
    ListInvitationsRequest,
)
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from fakes.api_requests import stub_with

ASKED, YES = GuestList.ANSWER_ASKED, GuestList.ANSWER_ACCEPTED


async def test_guests_are_invited_accept_and_decline(api: dreamapi.Api) -> None:
    """The list grows, an acceptance names the list that was read, and a no is answered as a way out."""
    listed = await api.invitations.invite_guests("n", ["cedar"])
    assert (listed.revision, len(listed.guests)) == (2, 3)
    (own,) = await api.invitations.invitations_of("cedar")
    assert own.name == "sleepers/cedar/invitations/n"
    assert list(own.people) == ["sleepers/ada", "sleepers/birch", "sleepers/cedar"]
    with pytest.raises(dreamapi.NotInvited) as no:
        await api.invitations.accept_invitation("cedar", "n", 1)
    assert "dreamd me accept" in str(no.value)
    accepted = await api.invitations.accept_invitation("cedar", "dreamscapes/n", 2)
    assert accepted.answer == YES
    outcome = await api.invitations.decline_invitation("cedar", "n", reason="caf\udce9")
    assert outcome.zeroed == 1
    left = await api.invitations.uninvite_guests("n", ["sleepers/birch"])
    assert [(one.sleeper, one.answer) for one in left.guests] == [
        ("sleepers/ada", ASKED),
        ("sleepers/cedar", GuestList.ANSWER_DECLINED),
    ]
    assert await api.invitations.guests_of("n") == left


@pytest.mark.parametrize(
    ("name", "sleepers"),
    [("n", []), ("n", ["Ada Example!"]), ("pods/n", ["ada"]), ("n", [f"s-{n}" for n in range(13)])],
)
async def test_a_wrong_name_is_refused(api: dreamapi.Api, name: str, sleepers: list[str]) -> None:
    """No sleeper, no pseudonym, no Dreamscape, more than a list holds: no name of a person is repeated."""
    with pytest.raises(dreamapi.InvalidArgument) as no:
        await api.invitations.invite_guests(name, sleepers)
    assert "Example" not in str(no.value)


@pytest.mark.parametrize("wrong", ["sleepers/ada", "sleepers/ada/invitations/", "sleepers/ada/consent"])
async def test_an_invitation_has_a_name_of_its_own(api: dreamapi.Api, wrong: str) -> None:
    """The name of another thing, or of no Dreamscape, is no invitation."""
    with pytest.raises(dreamapi.InvalidArgument, match="invitations"):
        await api.invitations.accept_invitation(wrong, "", 1)


async def test_each_role_sees_its_own_part(site: Site) -> None:  # noqa: F811
    """A guest reads every name on their own list and no other's; an artist reads answers without names."""
    guest = site.token("ada", Grant(Role.SLEEPER, sleeper="ada"))
    artist = site.token("vera", Grant(Role.ARTIST, dreamscapes=frozenset("n")))
    operator = site.token("olga", Grant(Role.OPERATOR, sites=frozenset("*")))
    own = await asked(site, guest, "ListInvitations", ListInvitationsRequest(name="sleepers/-"))
    assert list(own.invitations[0].people) == ["sleepers/ada", "sleepers/birch"]
    accepts = AcceptInvitationRequest(name="sleepers/-/invitations/n", revision=1)
    assert (await asked(site, guest, "AcceptInvitation", accepts)).answer == YES
    answers = GetGuestsRequest(name="dreamscapes/n")
    seen = [(await asked(site, who, "GetGuests", answers)).guests for who in (artist, operator)]
    assert [[(one.sleeper, one.answer) for one in guests] for guests in seen] == [
        [("", YES), ("", ASKED)],
        [("sleepers/ada", YES), ("sleepers/birch", ASKED)],
    ]
    other, more = "sleepers/birch/invitations/n", ["sleepers/cedar"]
    for token, method, request, code in (
        (guest, "ListInvitations", ListInvitationsRequest(name="sleepers/birch"), "NOT_YOURS"),
        (guest, "AcceptInvitation", AcceptInvitationRequest(name=other, revision=1), "NOT_YOURS"),
        (operator, "AcceptInvitation", AcceptInvitationRequest(name=other, revision=1), "NOT_YOURS"),
        (guest, "DeclineInvitation", DeclineInvitationRequest(name=other), "NOT_YOURS"),
        (operator, "DeclineInvitation", DeclineInvitationRequest(name=other), ""),
        (guest, "GetGuests", answers, "ROLE_LACKING"),
        (artist, "InviteGuests", InviteGuestsRequest(name="dreamscapes/m", sleepers=more), "OUT_OF_SCOPE"),
        (artist, "InviteGuests", InviteGuestsRequest(name="dreamscapes/n", sleepers=more), ""),
    ):
        assert await code_of(site, token, method, request) == code, (method, code)


async def asked(at: Site, token: str, method: str, request: object) -> Any:  # noqa: ANN401 -- a message
    """The answer to this credential."""
    return await stub_with(at.channel, method)(request, metadata=bearer(token))


async def code_of(at: Site, token: str, method: str, request: object) -> str:
    """The code of the refusal; empty where it is answered."""
    try:
        await asked(at, token, method, request)
    except grpc.aio.AioRpcError as error:
        return str(from_rpc(error, "here").reason)
    return ""


async def test_a_guest_accepts_from_a_shell_after_everyone_was_shown(shell: Shell) -> None:  # noqa: F811
    """Without a terminal the names and the list's number are told, and nothing is accepted."""
    status, _, err = await shell("me accept n --sleeper ada")
    assert status == 2
    assert "n, list 1: ada, birch; your answer: asked; to accept all of them, name the list: --list 1" in err
    assert "your answer: accepted" in (await shell("me accept n --sleeper ada --list 1"))[1]
    assert "1 of 3 guests" not in (await shell("dreamscapes invite n cedar"))[1]
    assert "your answer: asked anew" in (await shell("me invitations --sleeper ada"))[1]
    status, _, err = await shell("me accept n --sleeper ada --list 1")
    assert status == 1
    assert "the list of n has revision 2, the acceptance names 1" in err
    table = (await shell("dreamscapes guests n"))[1]
    assert ["ada", "asked", "anew"] in [line.split()[:3] for line in table.splitlines()]
    assert (await shell("me decline n --sleeper ada"))[1].startswith("declined: 1 zeroed")
    assert "0 of 2 guests" in (await shell("dreamscapes uninvite n cedar"))[1]
    assert "no list of other names you" in (await shell("me accept other --sleeper ada"))[2]
    assert "no guest is invited yet" in (await shell("dreamscapes guests other"))[1]
    assert (await shell("me invitations --sleeper dora"))[1] == "no list names you now\n"
