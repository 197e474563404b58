"""The lease of a house on a real PostgreSQL: one owner, by the database's clock, with a term that rises."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from dreamd.adapters.ledger.house import house_row
from dreamd.adapters.ledger.house.house_row import Claim, has_ended, read_house, renew_lease, this_process
from dreamd.adapters.ledger.house.lease_keeper import LeaseKeeper
from dreamd.adapters.ledger.house.standby_rows import drop_standby, note_standby
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.ledger.postgres import PostgresLedger, engine_of
from dreamd.core.fleet.house import Waiting
from dreamd.ports.commit import LedgerError, LedgerHeldError
from dreamd.ports.houses import HouseRecord, HouseState
from dreamd.ports.ledger.handovers import HandedSlot, Handover
from dreamd.ports.ledger.transaction import Transaction
from fakes.ledger import draw, holds
from fakes.postgres import Cluster

HANDED = Handover("night", (HandedSlot("bed-1", 7, 8, 9),))
CLAIM = Claim("Nachthaus", "10.0.0.1:50051", "ab12", 6.0)
ENDED = "UPDATE houses SET lease_until_s = 0"
ELSEWHERE = "UPDATE houses SET owner = 'another machine/pid:[1]/7/9'"


@pytest.fixture
def url(postgres: Cluster) -> str:
    """An empty place."""
    return postgres.url()


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """Of sessions beside the ledger's."""
    one = engine_of(url)
    yield one
    one.dispose()


def row(engine: sa.Engine) -> HouseRecord:
    """The house as it is now."""
    with engine.connect() as base:
        return read_house(base)


def test_a_house_has_one_owner_whose_end_gives_it_up(engine: sa.Engine, url: str, tmp_path: Path) -> None:
    """The row names the owner while it lives; its end leaves the term, and a lease that is over."""
    first = open_ledger(url, tmp_path, CLAIM)
    owned = row(engine)
    assert (owned.house, owned.address, owned.key) == ("Nachthaus", "10.0.0.1:50051", "ab12")
    assert owned.living
    assert 5.0 < owned.left_s <= 6.0
    assert first.owned
    with pytest.raises(LedgerHeldError, match=r"10\.0\.0\.1:50051, whose lease has \d\.\d s left"):
        open_ledger(url, tmp_path)
    first.close()
    assert not first.owned
    left = row(engine)
    assert (left.living, left.state, left.term) == (False, HouseState.HANDED_OVER, owned.term)
    second = open_ledger(url, tmp_path)
    assert row(engine).term > owned.term
    second.close()


def test_terms_of_dreamscapes_follow_the_term_of_the_house(
    engine: sa.Engine, url: str, tmp_path: Path
) -> None:
    """A new owner draws above every term of the old, though its own clock is a year behind."""
    ledger = open_ledger(url, tmp_path)
    old = draw(ledger, "night", 0, time.time())
    ledger.close()
    ledger = open_ledger(url, tmp_path)
    new = draw(ledger, "night", 1, time.time() - 365 * 86_400.0)
    assert new >= row(engine).term > old
    assert holds(ledger, "night", 1, new)
    ledger.close()


def test_a_lease_runs_out_by_itself_and_is_claimed_by_another(
    postgres: Cluster, engine: sa.Engine, url: str, tmp_path: Path
) -> None:
    """A frozen owner's lease ends in its own eyes before another claims it; its writes are refused."""
    now_s = [100.0]
    server = PostgresLedger(url, tmp_path / "ledger")
    server.hold(CLAIM)
    term = row(engine).term
    frozen = LeaseKeeper(engine_of(url), term, CLAIM, 100.0, lambda: now_s[0])
    now_s[0] = 105.9
    assert frozen.living
    now_s[0] = 106.0
    assert not frozen.living
    frozen.renew()
    assert frozen.left_s == 6.0, "no other daemon has claimed it: it goes on under its own term"
    postgres.execute(ENDED, url)
    with open_other(url, tmp_path) as second:
        assert second.owned
        frozen.renew()
        assert frozen.lost
        assert not frozen.living
        with pytest.raises(LedgerError, match="another dreamd has taken"):
            server.write(Transaction(check_ins=(("bed-1", "ash"),)))
        frozen.give_up()
        assert row(engine).living, "what is lost is not given up"
    server.close()


class open_other:  # noqa: N801 -- it is used as a call
    """Another daemon's ledger, closed at the end."""

    def __init__(self, url: str, folder: Path) -> None:
        self._ledger = open_ledger(url, folder)

    def __enter__(self) -> object:
        """The ledger."""
        return self._ledger

    def __exit__(self, *_: object) -> None:
        """Give it up."""
        self._ledger.close()


def test_a_database_that_is_away_takes_no_term(postgres: Cluster, url: str, tmp_path: Path) -> None:
    """A renewal that finds no server says nothing; the next one renews under the same term."""
    ledger = PostgresLedger(url, tmp_path / "ledger")
    ledger.hold(CLAIM)
    assert ledger._server.lease is not None
    keeper = LeaseKeeper(engine_of(url), ledger._server.lease.term, CLAIM, 0.0, lambda: 1.0)
    keeper.renew()
    postgres.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'dreamd'", url
    )
    keeper.renew()
    assert not keeper.lost
    keeper.renew()
    assert keeper.left_s == 6.0
    ledger.close()


def test_a_frozen_write_keeps_no_claimant_waiting(
    postgres: Cluster, engine: sa.Engine, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner that froze within a write holds a row; its session is ended, and the claim is made."""
    monkeypatch.setattr("dreamd.adapters.ledger.postgres.IDLE_MS", 200)
    server = PostgresLedger(url, tmp_path / "ledger")
    server.hold(CLAIM)
    write = server._server.writing(1)
    write.__enter__()
    postgres.execute(ENDED, url)
    with open_other(url, tmp_path) as second:
        assert second.owned
    with pytest.raises(LedgerError):
        write.__exit__(None, None, None)
    server.close()


def test_a_killed_owner_of_this_machine_leaves_no_lease(
    postgres: Cluster, engine: sa.Engine, url: str, tmp_path: Path
) -> None:
    """Its process has ended, so its lease is over at once; a process of another machine is waited for."""
    program = "import sys; from pathlib import Path; from dreamd.adapters.ledger.opening import open_ledger; "
    program += "open_ledger(sys.argv[1], Path(sys.argv[2])); print('held', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", program, url, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        with pytest.raises(LedgerHeldError):
            open_ledger(url, tmp_path)
        owner.kill()
    assert row(engine).living
    postgres.execute(ELSEWHERE, url)
    with pytest.raises(LedgerHeldError):
        open_ledger(url, tmp_path)
    postgres.execute(f"UPDATE houses SET owner = '{this_process().rpartition('/')[0]}/1'", url)
    open_ledger(url, tmp_path).close()


def test_a_process_is_told_from_one_of_the_same_number() -> None:
    """This process lives; one with its number and another start has ended; another machine's is unknown."""
    mine = this_process()
    assert not has_ended(mine)
    assert has_ended(f"{mine.rpartition('/')[0]}/1")
    assert not has_ended(f"another/{os.getpid()}/1")
    assert not has_ended("")
    assert house_row.this_process() == mine


def test_a_renewal_waits_behind_no_write(engine: sa.Engine, url: str, tmp_path: Path) -> None:
    """While a write of the owner is under way, its lease is renewed at once."""
    server = PostgresLedger(url, tmp_path / "ledger")
    server.hold(CLAIM)
    assert server._server.lease is not None
    with server._server.writing(1), engine.connect() as base, base.begin():
        base.exec_driver_sql("SET LOCAL statement_timeout = 500")
        assert renew_lease(base, server._server.lease.term, 6.0)
    server.close()


def handed(url: str, folder: Path, engine: sa.Engine, meanwhile: str = "SELECT 1") -> tuple[Handover, ...]:
    """The handover as the next owner reads it, after a statement."""
    first = open_ledger(url, folder, CLAIM)
    first.write(Transaction(handovers=(HANDED,)))
    first.close()
    with engine.begin() as base:
        base.exec_driver_sql(meanwhile)
    second = open_ledger(url, folder, CLAIM)
    found = second.handed_over()
    second.close()
    return found


def test_a_handover_is_direct_to_the_next_owner_alone(engine: sa.Engine, url: str, tmp_path: Path) -> None:
    """The owner after the one that handed over reads it as direct; the owner after that one does not."""
    assert handed(url, tmp_path, engine) == (replace(HANDED, direct=True),)
    third = open_ledger(url, tmp_path, CLAIM)
    assert third.handed_over() == (HANDED,), "what it states of the past stays true"
    third.close()


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE houses SET lease_until_s = lease_until_s - 31",
        "UPDATE houses SET state = 'owned'",
        "UPDATE houses SET lease_until_s = 'NaN'",
    ],
    ids=["half a minute ago", "its owner died over it", "at no time"],
)
def test_an_old_or_unfinished_handover_is_not_direct(
    engine: sa.Engine, url: str, tmp_path: Path, meanwhile: str
) -> None:
    """A handover of 31 s ago, and one whose owner did not come to give the lease up, close no breaker."""
    if "NaN" in meanwhile:  # later than any time to the database: no claim could succeed
        meanwhile += ", owner = '" + this_process().rpartition("/")[0] + "/1'"
    assert handed(url, tmp_path, engine, meanwhile) == (HANDED,)


def test_an_owner_sees_the_standbys_that_wait(
    postgres: Cluster, engine: sa.Engine, url: str, tmp_path: Path
) -> None:
    """A renewal sees who waits and can take over; a standby that is silent or ends is seen no more."""
    ledger = PostgresLedger(url, tmp_path / "ledger")
    ledger.hold(CLAIM)
    keeper = ledger._server.lease
    assert keeper is not None
    assert ledger.house is not None
    assert ledger.house.heir is None
    with engine.begin() as base:
        note_standby(base, "10.0.0.2:50051", "1 sleeper has no key")
    keeper.renew()
    assert ledger.house.standbys == (Waiting("10.0.0.2:50051", "1 sleeper has no key", near=True),)
    assert ledger.house.heir is None, "it could not take over"
    with engine.begin() as base:
        note_standby(base, "10.0.0.3:50051", "")
    keeper.renew()
    assert ledger.house.heir == Waiting("10.0.0.3:50051", near=True)
    assert (ledger.house.address, ledger.house.term) == ("10.0.0.1:50051", keeper.term)
    postgres.execute("UPDATE standbys SET seen_s = seen_s - 4", url)
    keeper.renew()
    assert ledger.house.standbys == ()
    with engine.begin() as base:
        note_standby(base, "10.0.0.3:50051", "")
        drop_standby(base)
    keeper.renew()
    assert ledger.house.standbys == ()
    ledger.close()
