"""The desk of a daemon that does not own its house, on a real PostgreSQL: facts, orders and their ends."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from dreamd.adapters.ledger.house.facts_reader import FactsReader
from dreamd.adapters.ledger.house.order_desk import OrderDesk
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.postgres import PostgresLedger, engine_of
from dreamd.adapters.ledger.stored_ledger import StoredLedger
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Credential, Grant, Kind, Principal
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.house_orders import CarriedOut, HouseOrder
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.transaction import Transaction
from fakes.postgres import Cluster

NOW_S = 1_760_000_000.0
SEVER = HouseOrder("", "OrderSever", "dreamscape", "night", issuer="ada", via="10.0.0.2:50051")
ASH = Principal("ash-login", Kind.PERSON, (Grant(Role.SLEEPER, sleeper="ash"),))
SECRET = Credential("c1", "ash-login", b"digest", NOW_S, NOW_S + 60.0)


@pytest.fixture
def url(postgres: Cluster, tmp_path: Path) -> str:
    """A database with the tables."""
    made = postgres.url()
    PostgresLedger(made, tmp_path / "made").close()
    return made


@pytest.fixture
def owner(url: str, tmp_path: Path) -> Iterator[StoredLedger]:
    """The ledger of the daemon that owns the house; ash lies in bed-1, and dreams."""
    (tmp_path / "owner").mkdir()
    ledger = open_ledger(url, tmp_path / "owner")
    seats = ((1, "bed-1", "ash"), (2, "", ""))
    record = DreamscapeRecord(Plan("night", 1, 8), DreamscapeState.DREAMING, NOW_S, seats)
    beds = (("bed-1", "ash"), ("bed-2", "birch"))
    ledger.write(Transaction(check_ins=beds, dreamscapes=(record,), principals=(ASH,), credentials=(SECRET,)))
    yield ledger
    ledger.close()


def facts_of(url: str, keys: Path) -> FactsReader:
    """The facts that a daemon with this state directory reads."""
    engine = engine_of(url)
    one = FactsReader(engine, keys)
    one.read_facts()
    engine.dispose()
    return one


def test_callers_and_beds_are_known_by_the_rows_of_the_owner(
    owner: StoredLedger, url: str, tmp_path: Path
) -> None:
    """Principals, credentials, beds and seats are those of the owner, under the names of the keys."""
    facts = facts_of(url, tmp_path / "owner")
    assert facts.find_credential("c1") == (ASH, SECRET)
    assert facts.find_credential("c2") is None
    assert not facts.empty
    assert (facts.sleeper_in("bed-1"), facts.bed_of("birch")) == ("ash", "bed-2")
    assert (facts.dreamscape_of("ash"), facts.dreamscape_of("birch")) == ("night", "")
    assert (facts.site_of("bed-1"), facts.sites_of("night")) == ("", frozenset())


def test_a_revoked_credential_ends_with_the_next_reading(
    owner: StoredLedger, url: str, tmp_path: Path
) -> None:
    """Facts are read anew; a database that does not answer leaves them as they were."""
    engine = engine_of(url)
    facts = FactsReader(engine, tmp_path / "owner")
    facts.read_facts()
    owner.write(Transaction(credentials=(replace(SECRET, revoked_s=NOW_S),)))
    facts.read_facts()
    found = facts.find_credential("c1")
    assert found is not None
    assert found[1].revoked_s == NOW_S
    broken = FactsReader(engine_of("postgresql://nobody@127.0.0.1:1/none"), tmp_path)
    broken.newest = facts.newest
    broken.read_facts()
    assert broken.find_credential("c1") == found
    engine.dispose()


@pytest.mark.parametrize("keys", ["owner", "empty"])
async def test_the_owner_reads_the_name_of_the_sleeper(
    owner: StoredLedger, url: str, tmp_path: Path, keys: str
) -> None:
    """With a copy of the keys a row has the subject, and without one the name; the owner reads the same."""
    (tmp_path / "empty").mkdir()
    desk = OrderDesk(engine_of(url), facts_of(url, tmp_path / keys))
    out = HouseOrder("", "WithdrawConsent", sleeper="ash", issuer="ash-login", own="ash", role="sleeper")
    kept = await desk.keep_order(out)
    desk.end_desk()
    (waiting,) = owner.house_orders()
    assert replace(waiting, at_s=0.0) == replace(out, id=kept.id)
    with closing(engine_of(url).connect()) as base:
        row = base.execute(sa.text("SELECT sleeper, own FROM house_orders")).one()
    subject = owner.keys.known_subject("ash")
    assert tuple(row) == ((subject, subject) if keys == "owner" else ("ash", "ash"))


async def test_an_erased_sleeper_leaves_no_order_of_their_own(
    owner: StoredLedger, url: str, tmp_path: Path
) -> None:
    """Rows that name a sleeper by subject go with the sleeper, also where they gave an order for others."""
    desk = OrderDesk(engine_of(url), facts_of(url, tmp_path / "owner"))
    await desk.keep_order(replace(SEVER, issuer="ash-login", own="ash"))
    await desk.keep_order(HouseOrder("", "WithdrawConsent", sleeper="ash", issuer="mira"))
    await desk.keep_order(replace(SEVER, target="day"))
    desk.end_desk()
    owner.write(Transaction(forgotten=(("ash", NOW_S),)))
    assert [one.target for one in owner.house_orders()] == ["day"]


async def test_a_sleeper_without_a_link_here_withdraws_all_the_same(
    owner: StoredLedger, url: str, tmp_path: Path
) -> None:
    """A login whose sleeper is missing in this copy of the keys acts as the subject; the owner knows who."""
    (tmp_path / "empty").mkdir()
    facts = facts_of(url, tmp_path / "empty")
    found = facts.find_credential("c1")
    assert found is not None
    own = found[0].sleeper
    assert own.startswith("~")
    desk = OrderDesk(engine_of(url), facts)
    await desk.keep_order(HouseOrder("", "WithdrawConsent", sleeper=own, issuer="ash-login", own=own))
    desk.end_desk()
    assert [(one.sleeper, one.own) for one in owner.house_orders()] == [("ash", "ash")]


async def test_the_answer_is_the_end_that_the_owner_writes(
    owner: StoredLedger, url: str, tmp_path: Path
) -> None:
    """Two callers of one order get its end; a caller of another waits no longer than it may."""
    desk = OrderDesk(engine_of(url), facts_of(url, tmp_path / "owner"))
    kept, again = await asyncio.gather(desk.keep_order(SEVER), desk.keep_order(SEVER))
    other = await desk.keep_order(replace(SEVER, target="day"))
    assert kept.id == again.id != other.id
    assert kept.owner_left_s > 0.0
    waits = [desk.end_of(one, 5.0) for one in (kept.id, again.id)]
    end = CarriedOut(kept.id, NOW_S, 2, 1, ("bed-1",))
    ends = asyncio.gather(*waits, desk.end_of(other.id, 0.3))
    await asyncio.to_thread(owner.write, Transaction(carried_out=(end,)))
    assert await ends == [end, end, None]
    desk.end_desk()


async def test_orders_that_come_together_are_one_transaction_a_turn(
    owner: StoredLedger, url: str, tmp_path: Path
) -> None:
    """A flood of ways out costs a commit a turn, not a commit each."""
    desk, turns = OrderDesk(engine_of(url), facts_of(url, tmp_path / "owner")), list[int]()
    keep = desk._keep

    def counted(orders: list[HouseOrder]) -> object:
        turns.append(len(orders))
        return keep(orders)

    desk._keep = counted  # type: ignore[assignment,method-assign]
    kept = await asyncio.gather(*(desk.keep_order(replace(SEVER, target=f"d{n}")) for n in range(300)))
    assert len({one.id for one in kept}) == 300
    assert sum(turns) == 300
    assert len(turns) <= 2
    assert len(owner.house_orders()) == 300
    desk.end_desk()


async def test_a_database_that_does_not_answer_keeps_nothing(tmp_path: Path) -> None:
    """The caller is told so, with the reason, and within a bound."""
    url = "postgresql://nobody@127.0.0.1:1/none"
    desk = OrderDesk(engine_of(url), facts_of(url, tmp_path))
    with pytest.raises(LedgerError, match="the database does not answer"):
        await desk.keep_order(SEVER)
    desk.end_desk()


async def test_a_house_without_an_owner_is_told_as_such(url: str, tmp_path: Path) -> None:
    """The lease that is left is the database's word at the write."""
    desk = OrderDesk(engine_of(url), facts_of(url, tmp_path))
    assert (await desk.keep_order(SEVER)).owner_left_s == 0.0
    desk.end_desk()
