"""The lease of the house and its planned handover, over the API and from a shell."""

import json
from dataclasses import replace

import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 -- the fixture
from dreamapi.v1.house_pb2 import HandOverRequest, House, HouseLease
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules, target_of
from dreamd.cli.handover import serving
from dreamd.core.access.admission import Target
from dreamd.core.fleet.house import HouseLease as Lease
from dreamd.core.fleet.house import Waiting
from fakes.coordination import FakeCoordination

LEASE = Lease("Nachthaus", "10.0.0.1:50051", 1_760_000_000_123, 4.25)
LACKS = "1 sleeper has no key in keys.sqlite3"
ABLE, LACKING = Waiting("10.0.0.3:50051"), Waiting("10.0.0.2:50051", LACKS)


def wait(app: FakeCoordination, *standbys: Waiting) -> None:
    """These wait for the house."""
    app.house_view = replace(app.house_view, lease=replace(LEASE, standbys=standbys))


async def test_the_house_shows_its_lease_and_who_waits(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """GetHouse names the owner, the term, the time left and each standby; a ledger in a file has no lease."""
    assert not (await api.houses.get()).HasField("lease")
    wait(application, LACKING, ABLE)
    lease = (await api.houses.get()).lease
    assert (lease.house, lease.address, lease.term) == ("Nachthaus", "10.0.0.1:50051", LEASE.term)
    assert lease.left.ToMilliseconds() == 4250
    assert [(one.address, one.lacks) for one in lease.standbys] == [
        ("10.0.0.2:50051", LACKS),
        ("10.0.0.3:50051", ""),
    ]


async def test_a_handover_answers_the_standby_that_can_take_over(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """Of two standbys the one that lacks nothing takes the house; a repeated request is done once."""
    wait(application, LACKING, ABLE)
    heir = await api.houses.hand_over(reason="a new disk", request_id="one")
    assert (heir.address, heir.lacks) == ("10.0.0.3:50051", "")
    await api.houses.hand_over(reason="a new disk", request_id="one")
    assert [call[0] for call in application.calls].count("hand_over") == 1


async def test_without_a_standby_that_can_take_it_the_house_stays(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """No lease, no standby and one that lacks a key are refused as NO_STANDBY, each with its reason."""
    with pytest.raises(dreamapi.NoStandby, match="its ledger is a file"):
        await api.houses.hand_over()
    wait(application)
    with pytest.raises(dreamapi.NoStandby, match="no standby waits for it"):
        await api.houses.hand_over()
    wait(application, LACKING)
    with pytest.raises(dreamapi.NoStandby, match=r"10\.0\.0\.2:50051: 1 sleeper has no key"):
        await api.houses.hand_over()


def test_a_handover_is_about_the_whole_fleet() -> None:
    """The scope of a handover is that of the fleet, so an operator of one site may not give it."""
    rule = check_rules(TABLE)["/dreamapi.v1.Houses/HandOver"]
    assert target_of(rule, HandOverRequest(reason="a new disk")) == Target(fleet=True)


async def test_the_shell_shows_the_house(shell: Shell, application: FakeCoordination) -> None:  # noqa: F811
    """`dreamd house` names owner, term, time left, each standby and what it lacks; --json has it too."""
    status, said, _ = await shell("house")
    assert status == 0
    assert "its ledger is a file" in said
    wait(application, LACKING, ABLE)
    status, said, _ = await shell("house")
    assert said.splitlines()[:4] == [
        "owner      10.0.0.1:50051 of Nachthaus, term 1760000000123",
        "lease      4.2 s left",
        f"standby    10.0.0.2:50051: cannot take over: {LACKS}",
        "standby    10.0.0.3:50051: can take over",
    ]
    status, said, _ = await shell("house --json")
    assert json.loads(said)["lease"]["standbys"][1]["address"] == "10.0.0.3:50051"


async def test_the_shell_hands_over_and_says_who_takes_it(
    shell: Shell,  # noqa: F811
    application: FakeCoordination,
) -> None:
    """`dreamd handover` is refused in one sentence, or names the standby; it asks none without an address."""
    status, said, wrong = await shell("handover")
    assert (status, said) == (1, "")
    assert "no other daemon can take" in wrong
    assert "house.standby" in wrong
    wait(application, Waiting(""))
    status, said, _ = await shell("handover --reason upgrade")
    assert status == 0
    assert said.startswith("term 1760000000123 ends; a standby takes the house\n")
    status, said, _ = await shell("handover --json")
    assert json.loads(said) == {"heir": {"address": "", "lacks": ""}, "owner": None}


async def test_the_shell_waits_for_a_higher_term(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old owner's answer and an unreachable daemon are asked again; the new owner's ends the wait."""
    monkeypatch.setattr("dreamd.cli.handover.LOOK_S", 0.0)
    answers = [House(lease=HouseLease(term=7)), None, House(lease=HouseLease(term=8))]

    async def ask() -> House:
        if (answer := answers.pop(0)) is None:
            raise dreamapi.ApiError("not reached")
        return answer

    owner = await serving(ask, 7)
    assert owner is not None
    assert owner.lease.term == 8
    answers += [House(lease=HouseLease(term=7))] * 3
    monkeypatch.setattr("dreamd.cli.handover.WITHIN_S", 0.0)
    assert await serving(ask, 7) is None
