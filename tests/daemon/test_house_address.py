"""The address that the owner of a house gives, and the answer of a daemon that waits."""

import socket
from dataclasses import replace

import pytest

from dreamd.adapters.ledger.house.house_row import is_near, this_process
from dreamd.adapters.site_authority import AuthorityError
from dreamd.core.fleet.house import HouseLease, Waiting
from dreamd.core.refusals import Code
from dreamd.house_address import advertised, refusal_of, standbys_of
from dreamd.ports.houses import HouseRecord, HouseState
from dreamd.settings import Settings, SettingsError, load

NAMES = ("127.0.0.1", "localhost", "dreams.example", "10.0.0.7")
ELSEWHERE = "boot/pid:[1]/77/5"
HOUSE = HouseRecord("Nachthaus", 7, ELSEWHERE, "10.0.0.7:50051", "ab", HouseState.OWNED, 105.0, 100.0)


def settings(**flags: str) -> Settings:
    """The settings with these flags."""
    return load({}, dict(flags)).settings


def test_an_address_that_is_set_is_given_as_it_is() -> None:
    """grpc.advertise wins over the address on which the API listens; a wrong one is refused by its form."""
    given = settings(grpc_host="10.0.0.7", grpc_advertise="dreams.example:443")
    assert advertised(given) == "dreams.example:443"
    assert advertised(given, NAMES) == "dreams.example:443"
    with pytest.raises(AuthorityError, match=r"does not name dreams\.example of grpc\.advertise.*--name"):
        advertised(given, ("10.0.0.7",))
    for wrong in ("dreams.example", "dreams.example:0", "dreams.example:70000", "a b:1", "10.0.0.7:1,b:2"):
        with pytest.raises(SettingsError, match=r"grpc\.advertise is .*; expected HOST:PORT"):
            settings(grpc_advertise=wrong)


def test_an_address_that_is_not_set_is_derived() -> None:
    """One address is given with its port; every address, by a name of the certificate or the machine."""
    assert advertised(settings()) == "127.0.0.1:50051"
    assert advertised(settings(grpc_host="10.0.0.7", grpc_port="1")) == "10.0.0.7:1"
    assert advertised(settings(grpc_host="fd00::7")) == "[fd00::7]:50051"
    for everywhere in ("0.0.0.0", "::"):
        assert advertised(settings(grpc_host=everywhere), NAMES) == "dreams.example:50051"
        assert advertised(settings(grpc_host=everywhere), ("localhost",)) == "localhost:50051"
        assert advertised(settings(grpc_host=everywhere)) == f"{socket.gethostname()}:50051"
    assert advertised(settings(grpc_port="0")) == "", "any free port is no address"


def test_a_living_owner_is_named_with_its_address() -> None:
    """The refusal has the address as metadata for programs, and is of no kind that a client repeats."""
    no = refusal_of(HOUSE, free=False)
    assert (no.code, no.metadata) == (Code.OWNER_ELSEWHERE, {"address": "10.0.0.7:50051"})
    assert "10.0.0.7:50051 owns the house" in no.sentence


@pytest.mark.parametrize("address", ["127.0.0.1:50051", "localhost:1", "[::1]:1", "0.0.0.0:50051"])
def test_an_address_of_loopback_leads_to_an_owner_of_this_machine_alone(address: str) -> None:
    """From another machine it would lead to that machine itself: the refusal names the setting instead."""
    assert is_near(this_process())
    assert not is_near(ELSEWHERE)
    near = refusal_of(replace(HOUSE, owner=this_process(), address=address), free=False)
    assert near.metadata == {"address": address}
    far = refusal_of(replace(HOUSE, address=address), free=False)
    assert (far.code, far.metadata) == (Code.OWNER_ELSEWHERE, {})
    assert "set grpc.advertise there" in far.sentence
    unnamed = refusal_of(replace(HOUSE, address=""), free=False)
    assert (unnamed.metadata, "named no address" in unnamed.sentence) == ({}, True)


def test_two_daemons_that_give_one_address_lead_no_caller_to_it() -> None:
    """A name that both give leads back to the daemon that waits; the refusal says which setting helps."""
    assert refusal_of(HOUSE, free=False, own="10.0.0.8:50051").metadata == {"address": "10.0.0.7:50051"}
    shared = refusal_of(HOUSE, free=False, own=HOUSE.address)
    assert (shared.code, shared.metadata) == (Code.OWNER_ELSEWHERE, {})
    assert "as this daemon does: set grpc.advertise at each" in shared.sentence


def test_callers_are_told_of_the_daemons_that_wait() -> None:
    """Each that has an address, once; a loopback address of this machine alone."""
    waiting = (
        *(Waiting("10.0.0.8:1"), Waiting("10.0.0.8:1"), Waiting(""), Waiting("b.example:1", "2 keys")),
        *(Waiting("127.0.0.1:5"), Waiting("127.0.0.1:6", near=True)),
    )
    lease = HouseLease("Nachthaus", "10.0.0.7:50051", 7, 6.0, waiting)
    assert standbys_of(lease) == ("10.0.0.8:1", "b.example:1", "127.0.0.1:6")
    assert standbys_of(None) == ()


def test_a_house_without_an_owner_is_asked_again() -> None:
    """No owner, and a house that was not read, are HOUSE_UNOWNED: the same call may succeed in a moment."""
    assert refusal_of(None, free=False).code is Code.HOUSE_UNOWNED
    takes = refusal_of(HOUSE, free=True)
    assert (takes.code, takes.metadata) == (Code.HOUSE_UNOWNED, {})
    assert takes.sentence.endswith("this standby takes it over")
    assert "cannot take it over" in refusal_of(HOUSE, free=True, lacks="2 sleepers have no key").sentence
