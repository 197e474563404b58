"""Beds' accounts at the broker follow their credentials; differences are told once, and bounded."""

from dataclasses import dataclass, field

import pytest

from dreamd.adapters.mqtt.rights_queue import Differences
from dreamd.app.access.bed_accounts import LEAVES_S, TOLD_MAX, BedAccounts
from dreamd.app.access.enrolment import Coded
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.core.access.broker_accounts import Drift
from dreamd.core.access.principals import OVERLAP_S, PROGRAM_S, Kind, Principal, parse_token
from dreamd.core.dreamscapes.views import Event
from dreamd.core.refusals import Code
from dreamd.ports.deferred import Deferred
from fakes.access import FakeAccess


@dataclass
class Rights:
    """ports.broker_rights.BrokerRights that keeps its orders."""

    orders: list[tuple[str, ...]] = field(default_factory=list)

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Keep it."""
        self.orders.append(("in", bed, credential, password))

    def put_out(self, bed: str) -> None:
        """Keep it."""
        self.orders.append(("out", bed))

    def lapse(self, bed: str) -> None:
        """Keep it."""
        self.orders.append(("lapse", bed))

    def suspend(self, bed: str) -> None:
        """Keep it."""
        self.orders.append(("suspend", bed))

    def readmit(self, bed: str, credentials: frozenset[str]) -> None:
        """Keep it."""
        self.orders.append(("readmit", bed, *sorted(credentials)))


def _accounts(access: FakeAccess) -> tuple[BedAccounts, Rights]:
    rights = Rights()
    made = BedAccounts(
        access.table,
        access.enrolment,
        access.journal,
        access.clock,
        dreaming=lambda: False,
        seated=lambda _bed: False,
        release=lambda bed, reason: rights.orders.append(("release", bed, reason)),
    )
    made.rights = rights
    return made, rights


def _settled(access: FakeAccess, answer: object) -> object:
    access.ledger.deliver()
    return answer.answer() if isinstance(answer, Deferred) else answer


def _coded(access: FakeAccess, name: str, kind: Kind) -> str:
    coded = _settled(access, access.enrolment.enrol(name, kind, ()))
    assert isinstance(coded, Coded)
    return coded.text


def _redeemed(access: FakeAccess, name: str, kind: Kind) -> str:
    issued = _settled(access, access.enrolment.redeem(_coded(access, name, kind)))
    return str(getattr(issued, "token", ""))


def _renewed(access: FakeAccess, name: str) -> str:
    issued = _settled(access, access.enrolment.renew_credential(Principal(name, Kind.BED)))
    return str(getattr(issued, "token", ""))


def _call(access: FakeAccess, token: str) -> None:
    """A call that carries this credential, as admission tells of it."""
    parsed = parse_token(token)
    found = access.table.find_credential(parsed[0]) if parsed is not None else None
    assert found is not None
    access.enrolment.used(*found, token)


def _id(token: str) -> str:
    parsed = parse_token(token)
    assert parsed is not None
    return parsed[0]


def test_a_beds_account_follows_its_credentials_and_a_persons_makes_none() -> None:
    """Redeemed: let in with the text as password; revoked: put out, and no bed any more."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    token = _redeemed(access, "bed-7", Kind.BED)
    _call(access, _redeemed(access, "anna", Kind.PERSON))
    assert rights.orders == [("in", "bed-7", _id(token), token)]
    assert accounts.beds() == {"bed-7": {_id(token)}}
    for name in ("bed-7", "anna"):
        access.enrolment.revoke(name, "lost", access.commands.shown)
    assert rights.orders[1:] == [("out", "bed-7")]
    assert accounts.beds() == {}


def test_a_renewed_password_is_given_to_the_broker_when_the_bed_shows_it() -> None:
    """Both credentials are good until the new one is shown; a later call with the old one changes nothing."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    old = _redeemed(access, "bed-7", Kind.BED)
    access.clock.now += 60.0
    new = _renewed(access, "bed-7")
    assert accounts.beds() == {"bed-7": {_id(old), _id(new)}}
    _call(access, old)
    assert len(rights.orders) == 1
    for _ in range(2):
        _call(access, new)
    assert rights.orders[1:] == [("in", "bed-7", _id(new), new)] * 2
    assert accounts.beds() == {"bed-7": {_id(new)}}


def test_a_renewal_that_was_lost_leaves_the_old_secret_for_a_day() -> None:
    """The bed never got the new one: the old one counts for a day, renews again, and then ends for good."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    old = _redeemed(access, "bed-7", Kind.BED)
    access.clock.now += 60.0
    _renewed(access, "bed-7")
    access.clock.now += OVERLAP_S - 1.0
    assert _id(old) in accounts.beds()["bed-7"]
    again = _renewed(access, "bed-7")
    access.clock.now += 1.0
    assert _id(old) not in accounts.beds()["bed-7"]
    _call(access, again)
    assert rights.orders[-1] == ("in", "bed-7", _id(again), again)
    assert accounts.beds() == {"bed-7": {_id(again)}}


def test_an_expired_bed_leaves_its_seat_then_loses_its_account() -> None:
    """In that order, at its end and once; a bed that was renewed stays; enrolled again it is let in again."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    seen: list[Event] = []
    access.journal.subscribe(seen.append)
    _redeemed(access, "bed-7", Kind.BED)
    access.clock.now += 0.5 * PROGRAM_S
    _redeemed(access, "bed-8", Kind.BED)
    rights.orders.clear()
    for after_s in (0.5 * PROGRAM_S - 1.0, 2.0, 2.0):
        access.clock.now += after_s
        accounts.end_expired(access.clock.now)
    assert rights.orders == [("release", "bed-7", "its credential has expired"), ("lapse", "bed-7")]
    assert [event.cause for event in seen if event.kind == "credential-expired"] == ["bed-7"]
    barred = access.table.barred("bed-7")
    assert barred is not None
    assert barred.code is Code.CREDENTIAL_EXPIRED
    assert access.table.barred("bed-8") is None
    assert list(accounts.beds()) == ["bed-8"]
    _redeemed(access, "bed-7", Kind.BED)
    assert rights.orders[-1][:2] == ("in", "bed-7")
    assert access.table.barred("bed-7") is None


def test_a_bed_that_expired_while_no_daemon_ran_is_barred_and_told_of_no_more() -> None:
    """A start finds it ended: it has no account in the comparison, and no event repeats at each start."""
    access = FakeAccess()
    _accounts(access)
    _redeemed(access, "bed-7", Kind.BED)
    access.clock.now += 2 * PROGRAM_S
    access.table = PrincipalTable(access.ledger)
    accounts, rights = _accounts(access)
    accounts.end_expired(access.clock.now)
    assert (rights.orders, accounts.beds()) == ([], {})
    assert access.table.barred("bed-7") is not None


def test_a_pause_suspends_the_account_and_its_end_gives_it_back() -> None:
    """By the code shown a second time; by `resume`, or by a new enrolment. No code lets a paused bed in."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    code = _coded(access, "bed-7", Kind.BED)
    first = _settled(access, access.enrolment.redeem(code))
    other = _coded(access, "bed-7", Kind.BED)
    rights.orders.clear()
    access.enrolment.redeem(code)
    assert accounts.paused() == {"bed-7"}
    second = _settled(access, access.enrolment.redeem(other))
    ids = sorted(_id(str(getattr(one, "token", ""))) for one in (first, second))
    _settled(access, access.enrolment.lift_pause("bed-7"))
    assert rights.orders == [("suspend", "bed-7"), ("readmit", "bed-7", *ids)]
    assert accounts.paused() == set()
    access.enrolment.redeem(code)
    _coded(access, "bed-7", Kind.BED)
    assert rights.orders[2:] == [("suspend", "bed-7"), ("readmit", "bed-7", *ids)]


@pytest.mark.parametrize("way", ["revoked", "paused", "expired"])
@pytest.mark.parametrize("leaves", [True, False])
def test_a_connection_is_closed_once_its_bed_has_left_its_slot_or_had_the_time_to(
    way: str, leaves: bool
) -> None:
    """A release reaches the bed first; a bed that ignores it loses its connection all the same."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    _redeemed(access, "bed-7", Kind.BED)
    accounts.seated = lambda _bed: True
    if way == "revoked":
        access.enrolment.revoke("bed-7", "lost", access.commands.shown)
    elif way == "paused":
        for tell in access.enrolment.paused:
            tell("bed-7")
    else:
        access.clock.now += PROGRAM_S
        accounts.end_expired(access.clock.now)
    rights.orders.clear()
    accounts.close_left(access.clock.now)
    assert rights.orders == []
    if leaves:
        accounts.seated = lambda _bed: False
    else:
        access.clock.now += LEAVES_S
    accounts.close_left(access.clock.now)
    accounts.close_left(access.clock.now)
    closes = {"revoked": "out", "paused": "suspend", "expired": "lapse"}
    assert rights.orders == [(closes[way], "bed-7")]


def test_a_bed_that_is_enrolled_again_before_it_has_left_keeps_its_new_account() -> None:
    """The removal leaves before the new password, and not after it."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    _redeemed(access, "bed-7", Kind.BED)
    accounts.seated = lambda _bed: True
    access.enrolment.revoke("bed-7", "lost", access.commands.shown)
    _redeemed(access, "bed-7", Kind.BED)
    accounts.close_left(access.clock.now + LEAVES_S)
    assert [order[0] for order in rights.orders] == ["in", "out", "in"]


def test_a_difference_is_told_once_and_again_after_it_was_mended() -> None:
    """Found twice: told once. Mended and found again: told again."""
    differences = Differences()
    drift = Drift(roles=("bed-7",), strangers=("eve",), missing=("bed-8",))
    found = [differences.compared(drift, lambda _bed: False) for _ in range(2)]
    assert [[name for name, _ in one] for one in found] == [["eve", "bed-7", "bed-8"], []]
    differences.mended("bed-7")
    assert [name for name, _ in differences.compared(drift, lambda _bed: False)] == ["bed-7"]
    assert len(differences.apart) == 2
    for name in ("eve", "bed-8"):
        differences.mended(name)
    assert differences.apart == ()


def test_an_open_broker_is_told_when_it_begins_and_ends_and_drift_is_bounded() -> None:
    """One event as it opens, none while it stays so, one as it closes; 21 events of 1,000 differences."""
    access = FakeAccess()
    accounts, _ = _accounts(access)
    seen: list[Event] = []
    access.journal.subscribe(seen.append)
    for found in ([], ["open"], ["open"], [], []):
        accounts.tried(found)
    accounts.drifted([(f"x-{number}", "differs") for number in range(1000)])
    kinds = [event.kind for event in seen]
    assert kinds == ["broker-open", "broker-closed", *["rights-drifted"] * (TOLD_MAX + 1)]
