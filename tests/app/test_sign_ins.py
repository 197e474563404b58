"""Sign-ins through the site's provider: the principals they make, their roles, and how long they last."""

import json
from dataclasses import replace
from typing import cast

import pytest

from dreamd.app.access.enrolment import Issued
from dreamd.core.access.caller import Role
from dreamd.core.access.identities import LIVE_EACH, PREFIX, Identity, RoleRow, grants_of, principal_name
from dreamd.core.access.principals import PERSON_S, Grant, Kind, parse_token
from dreamd.core.access.rules import Effect
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamwire.topics import is_name
from fakes.access import FakeAccess
from fakes.callers import named

ISSUER = "https://id.ward.test/realms/night"
OPERATOR = Grant(Role.OPERATOR, sites=frozenset({"ward-a"}))
ADVOCATE = Grant(Role.ADVOCATE)
ANNA = Identity(ISSUER, "u-1", "Anna", (OPERATOR,))


@pytest.fixture
def access() -> FakeAccess:
    """Principals over a ledger in memory."""
    return FakeAccess()


def signed_in(access: FakeAccess, identity: Identity) -> Issued:
    """Sign in; the ledger answers at once."""
    issued = access.commands.sign_in(identity)
    assert isinstance(issued, Issued), issued
    return issued


def refused(access: FakeAccess, identity: Identity) -> Code:
    """The code of a sign-in that is refused."""
    answer = access.commands.sign_in(identity)
    assert isinstance(answer, Refusal), answer
    return answer.code


def credential_id(issued: Issued) -> str:
    """The id in a credential's text."""
    parsed = parse_token(issued.token)
    assert parsed is not None
    return parsed[0]


def is_alive(access: FakeAccess, issued: Issued) -> bool:
    """Whether a credential may be used for everything now."""
    found = access.table.find_credential(credential_id(issued))
    return found is not None and found[1].alive(access.clock.now) and not found[0].paused


def test_a_person_gets_twelve_hours_and_the_roles_of_now(access: FakeAccess) -> None:
    """The first sign-in makes a person with the roles told; a later one changes them for both credentials."""
    first = signed_in(access, ANNA)
    assert first.principal.kind is Kind.PERSON
    assert first.expires_s == access.clock.now + PERSON_S
    assert first.principal.name.startswith(f"{PREFIX}anna.")
    access.clock.now += 10.0
    second = signed_in(access, replace(ANNA, shown="Anna Maria", grants=(ADVOCATE,)))
    assert second.principal.name == first.principal.name
    found = access.table.find_credential(credential_id(first))
    assert found is not None
    assert (found[0].grants, found[0].shown) == ((ADVOCATE,), "Anna Maria")
    kept = access.ledger.storage.principals[first.principal.name]
    assert (kept.issuer, kept.subject, kept.grants) == (ISSUER, "u-1", (ADVOCATE,))


def test_no_claim_names_an_enrolled_principal(access: FakeAccess) -> None:
    """A shown name that is an administrator's, another subject, and another issuer are principals apart."""
    access.known("root", Grant(Role.ADMIN))
    names = {
        signed_in(access, Identity(issuer, subject, "root", (OPERATOR,))).principal.name
        for issuer, subject in (
            (ISSUER, "root"),
            (ISSUER, "u-2"),
            (f"{ISSUER}/u", "-2"),
            ("https://x", "root"),
        )
    }
    assert len(names) == 4
    assert all(name.startswith(PREFIX) and is_name(name) for name in names)
    root = access.table.principal("root")
    assert root is not None
    assert (root.grants, root.subject) == ((Grant(Role.ADMIN),), "")
    for name in (*names, f"{PREFIX}new"):
        no = access.commands.enrol(named("root"), name, Kind.PERSON, (Grant(Role.ADMIN),))
        assert isinstance(no, Refusal)
        assert no.metadata["field"] == "principal_id"


def test_a_name_that_is_taken_is_not_taken_over(access: FakeAccess) -> None:
    """Were the name of a person's principal kept by another one, the sign-in is refused."""
    access.known(principal_name(ISSUER, "u-1", "Anna"), Grant(Role.ADMIN))
    assert refused(access, ANNA) is Code.PRINCIPAL_EXISTS


def test_without_a_role_nothing_is_given_and_the_roles_of_before_are_taken(access: FakeAccess) -> None:
    """A stranger of the provider gets nothing; a person without the group any more loses the role at once."""
    nothing = replace(ANNA, grants=())
    assert refused(access, nothing) is Code.NO_ROLE_GIVEN
    assert access.table.every_principal() == ()
    before = signed_in(access, ANNA)
    assert refused(access, nothing) is Code.NO_ROLE_GIVEN
    found = access.table.find_credential(credential_id(before))
    assert found is not None
    assert found[0].grants == ()
    access.enrolment.write_rights()
    assert access.ledger.storage.principals[found[0].name].grants == ()


def test_a_revoked_person_stays_out_until_the_pause_is_lifted(access: FakeAccess) -> None:
    """The provider still knows a person whom an administrator has revoked: no sign-in, until it is lifted."""
    issued = signed_in(access, ANNA)
    access.commands.revoke(named("root"), issued.principal.name, "left")
    assert not is_alive(access, issued)
    assert refused(access, ANNA) is Code.PRINCIPAL_PAUSED
    assert access.ledger.storage.principals[issued.principal.name].paused
    access.commands.lift_pause(named("root"), issued.principal.name)
    assert is_alive(access, signed_in(access, ANNA))
    assert not is_alive(access, issued)


def test_a_revocation_during_a_sign_in_wins(access: FakeAccess) -> None:
    """Revoked while the ledger writes the new credential: refused, and what was written is revoked, too."""
    name = signed_in(access, ANNA).principal.name
    access.ledger.held = True
    later = access.commands.sign_in(ANNA)
    assert isinstance(later, Deferred)
    access.commands.revoke(named("root"), name, "left")
    access.ledger.release()
    answer = later.answer()
    assert isinstance(answer, Refusal)
    assert answer.code is Code.PRINCIPAL_PAUSED
    access.enrolment.write_rights()
    access.ledger.deliver()
    kept = access.ledger.storage
    assert kept.principals[name].paused
    assert all(one.revoked_s for one in kept.credentials.values())
    assert len(kept.credentials) == 2


def test_the_act_names_the_person_in_the_same_transaction(access: FakeAccess) -> None:
    """The credential and its record are one write; a ledger that takes none gives no credential."""
    with access.acts.call("RedeemSignIn", Effect.GOVERNS):
        issued = signed_in(access, ANNA)
    record = json.loads(access.ledger.storage.audit[-1])
    assert record.count(issued.principal.name) == 1
    assert issued.token not in access.ledger.storage.audit[-1]
    assert access.ledger.storage.writes == 1
    access.ledger.broken = "the disk is full"
    assert refused(access, ANNA) is Code.LEDGER_UNAVAILABLE
    assert len(access.table.credentials_of(issued.principal.name)) == 1


def test_a_sign_in_ends_no_other_and_nothing_renews_it(access: FakeAccess) -> None:
    """Used on two machines, both credentials live; a ninth one ends the oldest; a renewal is refused."""
    issued = []
    for _ in range(LIVE_EACH + 1):
        issued.append(signed_in(access, ANNA))
        found = access.table.find_credential(credential_id(issued[-1]))
        assert found is not None
        access.enrolment.used(*found, issued[-1].token)
        access.clock.now += 1.0
    assert [is_alive(access, one) for one in issued] == [False, *[True] * LIVE_EACH]
    no = access.commands.renew_credential(issued[-1].principal)
    assert isinstance(no, Refusal)
    assert no.code is Code.NO_RENEWAL


def test_a_person_at_a_provider_keeps_no_daemon_running_without_an_administrator(access: FakeAccess) -> None:
    """An administrator of the provider does not count as the one that a start needs: the provider may go."""
    signed_in(access, replace(ANNA, grants=(Grant(Role.ADMIN),)))
    assert not access.table.administered(access.clock.now)
    access.known("root", Grant(Role.ADMIN))
    assert access.table.administered(access.clock.now)


def test_groups_give_the_rows_of_the_table_and_unite_their_sites() -> None:
    """Two groups of one role hold in both sites; a role without its group is not given; sleepers stay two."""
    table = (
        RoleRow("a", OPERATOR),
        RoleRow("b", Grant(Role.OPERATOR, sites=frozenset({"ward-b"}))),
        RoleRow("c", Grant(Role.ADMIN)),
        RoleRow("d", Grant(Role.SLEEPER, sleeper="ada")),
        RoleRow("d", Grant(Role.SLEEPER, sleeper="bo")),
    )
    assert grants_of(table, ["a", "b", "x"]) == (Grant(Role.OPERATOR, sites=frozenset({"ward-a", "ward-b"})),)
    assert grants_of(table, ["A", "a ", ""]) == ()
    assert {grant.sleeper for grant in grants_of(table, ["d"])} == {"ada", "bo"}


@pytest.mark.parametrize("shown", ["", "Åsa Öberg", "a" * 200, "root\n", "名前", "../..", "-._", "x@y.test"])
def test_any_shown_name_makes_a_name(shown: str) -> None:
    """A principal's name is fit and unique, whatever the claim holds."""
    name = principal_name(ISSUER, "u-1", shown)
    assert is_name(name)
    assert name.startswith(PREFIX)
    assert name != principal_name(ISSUER, "u-2", shown)
    assert cast("str", name).endswith(principal_name(ISSUER, "u-1", "").removeprefix(PREFIX))
