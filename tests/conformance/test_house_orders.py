"""The orders of a house: written by one daemon, heard and ended by the owner."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from dreamd.adapters.ledger.house import order_listener, order_rows
from dreamd.adapters.ledger.house.order_rows import OrdersFullError, ends_of, keep_orders
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.postgres import PostgresLedger, engine_of
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.house_orders import LOOKED_S, CarriedOut, HouseOrder
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.transaction import Transaction
from fakes.ledger import LedgerStorage, MemoryLedger

SEVER = HouseOrder(
    "", "OrderSever", "dreamscape", "night", issuer="ada", reason="smoke", via="10.0.0.2:50051"
)
OUT = HouseOrder("", "WithdrawConsent", sleeper="ash", issuer="ash-login", own="ash", role="sleeper")
NOW_S = 1_760_000_000.0


@dataclass
class House:
    """A store with owners, and the other daemon that writes orders into it."""

    open_owner: Callable[[], Ledger]
    keep: Callable[..., tuple[HouseOrder, ...]]


@pytest.fixture(params=["postgres", "memory"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """A house without an owner."""
    opened = list[Ledger]()

    def opening(make: Callable[[], Ledger]) -> Callable[[], Ledger]:
        def one() -> Ledger:
            opened.append(make())
            return opened[-1]

        return one

    if request.param == "memory":
        storage = LedgerStorage()

        def keep(*orders: HouseOrder) -> tuple[HouseOrder, ...]:
            kept = [replace(one, id=f"o{len(storage.house_orders)}", at_s=NOW_S) for one in orders]
            storage.house_orders.update((one.id, one) for one in kept)
            return tuple(kept)

        yield House(opening(lambda: MemoryLedger(storage)), keep)
    else:
        url = request.getfixturevalue("postgres").url()
        PostgresLedger(url, tmp_path / "made").close()
        engine = engine_of(url)

        def write(*orders: HouseOrder) -> tuple[HouseOrder, ...]:
            with engine.begin() as base:
                return keep_orders(base, orders)

        yield House(opening(lambda: open_ledger(url, tmp_path)), write)
        engine.dispose()
    for one in opened:
        one.close()


def heard(ledger: Ledger, within_s: float = 2.0 * LOOKED_S) -> tuple[HouseOrder, ...]:
    """Return the orders that the owner hears; none after `within_s`."""
    found, told = list[HouseOrder](), threading.Event()
    if isinstance(ledger, PostgresLedger):
        ledger.tell(told.set)
    ledger.hear_orders(found.extend)
    until_s = time.monotonic() + within_s
    while not found and time.monotonic() < until_s:
        ledger.deliver()
        if isinstance(ledger, MemoryLedger):
            break
        told.wait(0.02)
    return tuple(found)


def test_an_order_waits_for_the_next_owner(house: House) -> None:
    """An order that was written while no daemon owned the house is there before the next one begins."""
    (kept,) = house.keep(SEVER)
    waiting = house.open_owner().house_orders()
    assert [replace(one, at_s=0.0) for one in waiting] == [replace(SEVER, id=kept.id)]
    assert waiting[0].at_s > NOW_S - 1.0


def test_a_living_owner_hears_an_order(house: House) -> None:
    """The owner hears an order that was written while it lives, at `deliver`."""
    owner = house.open_owner()
    (kept,) = house.keep(SEVER)
    assert [one.id for one in heard(owner)] == [kept.id]


def test_an_order_is_ended_once_and_stays_ended(house: House) -> None:
    """An order that was carried out is heard no more, by this owner and by the next."""
    owner = house.open_owner()
    (kept,) = house.keep(SEVER)
    owner.write(Transaction(carried_out=(CarriedOut(kept.id, NOW_S, 3, 2, ("bed-1",)),)))
    assert owner.house_orders() == ()
    owner.close()
    assert house.open_owner().house_orders() == ()


def test_an_end_of_an_unknown_order_changes_nothing(house: House) -> None:
    """The end of an order that was erased meanwhile is no fault of the transaction that holds it."""
    owner = house.open_owner()
    owner.write(Transaction(carried_out=(CarriedOut("gone", NOW_S),)))
    assert owner.house_orders() == ()


def test_an_erased_sleeper_leaves_no_order(house: House) -> None:
    """With a sleeper go the orders about them, and those that they gave."""
    owner = house.open_owner()
    owner.write(Transaction(consents=(("ash", Consent(ConsentState.WITHDRAWN)),)))
    house.keep(OUT, replace(SEVER, own="ash"), replace(SEVER, target="day"))
    owner.write(Transaction(forgotten=(("ash", NOW_S),)))
    assert [one.target for one in owner.house_orders()] == ["day"]


def test_a_file_hears_no_order(tmp_path: Path) -> None:
    """A ledger that one daemon alone can open holds none."""
    ledger = SqliteLedger(tmp_path / "ledger")
    ledger.hear_orders(lambda _orders: pytest.fail("no other daemon can write here"))
    ledger.deliver()
    assert ledger.house_orders() == ()
    ledger.close()


@pytest.fixture
def url(postgres: object, tmp_path: Path) -> str:
    """A database with the tables."""
    made: str = postgres.url()  # type: ignore[attr-defined]
    PostgresLedger(made, tmp_path / "made").close()
    return made


def test_the_same_order_is_written_once(url: str) -> None:
    """A way out that is called twice waits once, and both callers get its id."""
    engine = engine_of(url)
    with engine.begin() as base:
        first, again = keep_orders(base, (SEVER, replace(SEVER, reason="fire")))
        other = keep_orders(base, (replace(SEVER, target="day"), SEVER))
        assert first.id == again.id == other[1].id != other[0].id
        assert base.execute(sa.text("SELECT count(*) FROM house_orders")).scalar_one() == 2
    engine.dispose()


def test_the_caller_reads_the_end_of_its_order(url: str, tmp_path: Path) -> None:
    """The first end that the owner writes is the one that callers read."""
    engine = engine_of(url)
    with engine.begin() as base:
        (kept,) = keep_orders(base, (SEVER,))
        assert ends_of(base, [kept.id]) == {}
    owner, end = open_ledger(url, tmp_path), CarriedOut(kept.id, NOW_S, 3, 2, ("bed-1",))
    owner.write(Transaction(carried_out=(end,)))
    owner.write(Transaction(carried_out=(replace(end, zeroed=0),)))
    with engine.begin() as base:
        assert ends_of(base, [kept.id, "other"]) == {kept.id: end}
    owner.close()
    engine.dispose()


def test_each_caller_of_an_order_has_a_record(url: str) -> None:
    """The same order of two people is two orders: the audit log is to name both."""
    engine = engine_of(url)
    with engine.begin() as base:
        one, other = keep_orders(base, (SEVER, replace(SEVER, issuer="mira")))
    assert one.id != other.id
    engine.dispose()


def listening(url: str, tmp_path: Path) -> tuple[PostgresLedger, sa.Engine, threading.Event]:
    """An owner that has looked once, and found the order that waited; whether it has found more."""
    engine, told = engine_of(url), threading.Event()
    owner = open_ledger(url, tmp_path)
    assert isinstance(owner, PostgresLedger)
    with engine.begin() as base:
        keep_orders(base, (SEVER,))
    owner.tell(told.set)
    owner.hear_orders(lambda _orders: None)
    assert told.wait(10.0)
    told.clear()
    owner.deliver()
    return owner, engine, told


def test_an_order_is_told_at_once(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NOTIFY tells the owner, whatever the time of its next look."""
    monkeypatch.setattr(order_listener, "LOOKED_S", 30.0)
    owner, engine, told = listening(url, tmp_path)
    with engine.begin() as base:
        keep_orders(base, (replace(SEVER, target="day"),))
    assert told.wait(10.0)
    owner.close()
    engine.dispose()


def test_an_order_without_a_notification_is_found_by_a_look(url: str, tmp_path: Path) -> None:
    """A pooler or a lost connection takes the notification; the owner looks again, on a new one."""
    owner, engine, told = listening(url, tmp_path)
    with engine.begin() as base:
        base.execute(sa.text(LISTENERS_END))
    told.clear()
    assert told.wait(10.0), "the order still waits, and is handed over again"
    owner.close()
    engine.dispose()


LISTENERS_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE query LIKE '%house_orders.acted_s = %' AND pid <> pg_backend_pid()"
)


def test_an_owner_of_an_older_term_ends_no_order(url: str, tmp_path: Path) -> None:
    """The end of an order is behind the fence, as every write of an owner."""
    engine = engine_of(url)
    old = open_ledger(url, tmp_path)
    with engine.begin() as base:
        (kept,) = keep_orders(base, (SEVER,))
        base.execute(sa.text("UPDATE houses SET lease_until_s = 0"))
    (tmp_path / "other").mkdir()
    new = open_ledger(url, tmp_path / "other")
    with pytest.raises(LedgerError, match="another dreamd has taken"):
        old.write(Transaction(carried_out=(CarriedOut(kept.id, NOW_S),)))
    assert [one.id for one in new.house_orders()] == [kept.id]
    for one in (old, new):
        one.close()
    engine.dispose()


def test_waiting_orders_have_a_bound(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond WAITING_MAX nothing is written, and the caller is told."""
    monkeypatch.setattr(order_rows, "WAITING_MAX", 2)
    engine = engine_of(url)
    with engine.connect() as base:
        with base.begin():
            keep_orders(base, [replace(SEVER, target=str(n)) for n in range(2)])
        with pytest.raises(OrdersFullError), base.begin():
            keep_orders(base, [replace(SEVER, target=str(n)) for n in range(3)])
        assert base.execute(sa.text("SELECT count(*) FROM house_orders")).scalar_one() == 2
    engine.dispose()
