"""Beds' accounts at the broker follow their credentials; differences are told once, and bounded."""

from dataclasses import dataclass, field

from dreamd.app.access.bed_accounts import TOLD_MAX, BedAccounts
from dreamd.app.access.enrolment import Coded
from dreamd.core.access.principals import Kind, Principal, parse_token
from dreamd.core.dreamscapes.views import Event
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


def _accounts(access: FakeAccess) -> tuple[BedAccounts, Rights]:
    made = BedAccounts(
        access.table,
        access.enrolment,
        access.journal,
        access.clock,
        dreaming=lambda: False,
        seated=lambda _bed: False,
    )
    made.rights = rights = Rights()
    return made, rights


def _redeemed(access: FakeAccess, name: str, kind: Kind) -> str:
    coded = access.enrolment.enrol(name, kind, ())
    access.ledger.deliver()
    coded = coded.answer() if isinstance(coded, Deferred) else coded
    assert isinstance(coded, Coded)
    issued = access.enrolment.redeem(coded.text)
    access.ledger.deliver()
    issued = issued.answer() if isinstance(issued, Deferred) else issued
    return str(getattr(issued, "token", ""))


def test_a_beds_account_follows_its_credentials_and_a_persons_makes_none() -> None:
    """Redeemed: let in with the text as password; renewed: again; revoked: put out, and no bed any more."""
    access = FakeAccess()
    accounts, rights = _accounts(access)
    token = _redeemed(access, "bed-7", Kind.BED)
    _redeemed(access, "anna", Kind.PERSON)
    parsed = parse_token(token)
    assert parsed is not None
    assert rights.orders == [("in", "bed-7", parsed[0], token)]
    assert accounts.beds() == {"bed-7": parsed[0]}
    access.clock.now += 60.0
    access.enrolment.renew_credential(Principal("bed-7", Kind.BED))
    access.ledger.deliver()
    assert rights.orders[1][:2] == ("in", "bed-7")
    assert accounts.beds() == {"bed-7": rights.orders[1][2]}
    for name in ("bed-7", "anna"):
        access.enrolment.revoke(name, "lost")
    assert rights.orders[2:] == [("out", "bed-7")]
    assert accounts.beds() == {}


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
