"""The obligations of ports.ledger for commits, checked on every adapter: events, in order."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.adapters.ledger.people_keys.subject_column import Naming
from dreamd.adapters.ledger.postgres import PostgresLedger
from dreamd.adapters.ledger.rows.changes import Changes
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.adapters.ledger.sqlite_file import insert
from dreamd.core.audit.records import Act
from dreamd.core.dreamscapes.views import DreamscapeState, Plan
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock, Mark
from dreamd.core.safety.wake_orders import Order
from dreamd.ports.commit import Commit
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.exposure import Exposure, MarkMove
from dreamd.ports.ledger.ledger import Ledger
from dreamd.ports.ledger.terms import TermDraw
from dreamd.ports.ledger.transaction import TRANSACTIONS_WAITING, Transaction
from dreamwire.messages import WakeScope
from fakes.gated_file import Gated, GatedFile, GatedServer
from fakes.ledger import MemoryLedger, draw, holds, settled
from fakes.postgres import Cluster

NOW_S = 1_760_000_000.0
DREAMING = DreamscapeState.DREAMING
ACT = Act(NOW_S, "anna", "", "OrderSever", "", "frees", "done", salt="s")
NAN = float("nan")


@dataclass
class Bench:
    """A ledger with a disk controlled by the test."""

    ledger: Ledger
    hold: Callable[[], None]
    release: Callable[[], None]
    fill: Callable[[], None]
    empty: Callable[[], None]


def sqlite_bench(path: Path) -> Bench:
    """The ledger in a file; its disk is full if no page may be added."""
    file = GatedFile(path)
    ledger = SqliteLedger(path, file=file)
    pages = int(str(file.pragma("page_count")))

    def pragma(most: object) -> None:
        file.pragma(f"max_page_count = {most}")

    return Bench(ledger, held(file, ledger), file.gate.set, lambda: pragma(pages), lambda: pragma(1 << 30))


def postgres_bench(cluster: Cluster, beside: Path) -> Bench:
    """The ledger in a database; a trigger raises what the server raises where its disk is full."""
    url = cluster.url()
    server = GatedServer(url, beside)
    ledger = PostgresLedger(url, beside, server=server)
    full = "BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'the disk is full'; END"
    cluster.execute(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $${full}$$", url)

    def fill() -> None:
        at = "CREATE TRIGGER full_disk BEFORE INSERT ON beds EXECUTE FUNCTION full_disk()"
        cluster.execute(at, url)

    return Bench(
        ledger,
        held(server, ledger),
        server.gate.set,
        fill,
        lambda: drop(cluster, url),
    )


def drop(cluster: Cluster, url: str) -> None:
    """The disk has room again."""
    cluster.execute("DROP TRIGGER full_disk ON beds", url)


def held(store: Gated, ledger: Ledger) -> Callable[[], None]:
    """Hold a write at the gate, so that later ones wait behind it."""

    def hold() -> None:
        store.gate.clear()
        store.begun.clear()
        ledger.submit(Transaction(lived_s=NOW_S))
        store.begun.wait()

    return hold


def memory_bench() -> Bench:
    """The ledger in memory."""
    ledger = MemoryLedger()

    def hold() -> None:
        ledger.held = True

    def broken(why: str) -> Callable[[], None]:
        return lambda: setattr(ledger, "broken", why)

    return Bench(ledger, hold, ledger.release, broken("the disk is full"), broken(""))


@pytest.fixture(params=["sqlite", "postgres", "memory"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """One ledger with its disk."""
    kinds: dict[str, Callable[[], Bench]] = {
        "sqlite": lambda: sqlite_bench(tmp_path / "ledger"),
        "postgres": lambda: postgres_bench(request.getfixturevalue("postgres"), tmp_path / "ledger"),
        "memory": memory_bench,
    }
    one = kinds[request.param]()
    yield one
    one.release()
    one.ledger.close()


def lies(pod: str, sleeper: str) -> Transaction:
    """A check-in alone."""
    return Transaction(check_ins=((pod, sleeper),))


def spoilt() -> Transaction:
    """A transaction that no ledger can write: a check-in, and a record with an invalid number."""
    record = DreamscapeRecord(Plan("night", 2, 8), DreamscapeState.PLANNED, NOW_S, mu_db=(NAN,))
    return Transaction(check_ins=(("bed-9", "yew"),), dreamscapes=(record,))


def test_a_commit_is_reported_by_deliver_once_durable(bench: Bench) -> None:
    """On a slow disk `submit` returns at once and nothing is durable; later all of it is, by `deliver`."""
    bench.hold()
    told: list[Commit] = []
    commit = bench.ledger.submit(lies("bed-1", "ash"))
    commit.then(told.append)
    bench.ledger.deliver()
    assert not commit.over
    assert not told
    assert not bench.ledger.idle
    bench.release()
    assert settled(bench.ledger, commit).done
    assert told == [commit]
    assert bench.ledger.checked_in() == {"bed-1": "ash"}
    assert bench.ledger.idle


def test_commits_end_in_the_order_of_their_submission(bench: Bench) -> None:
    """Later submissions are written later, and a subject's last value counts."""
    bench.hold()
    order: list[str] = []
    for sleeper in ("ash", "birch", "", "cedar"):
        commit = bench.ledger.submit(lies("bed-1", sleeper))
        commit.then(lambda _commit, sleeper=sleeper: order.append(sleeper))
    bench.release()
    settled(bench.ledger, commit)
    assert order == ["ash", "birch", "", "cedar"]
    assert bench.ledger.checked_in() == {"bed-1": "cedar"}


def nights(rng: random.Random) -> Iterator[Transaction]:
    """Transactions without end, each of one subject or two, that meet on few keys."""
    revision = 0
    while True:
        revision += 1
        pod, other, name = rng.choice("abc"), rng.choice("abc"), rng.choice(("nap", "night"))
        at_s = NOW_S + revision
        seats = tuple((number, rng.choice("abc"), "ash") for number in range(rng.randrange(4)))
        order = Order(f"w-{pod}", revision, WakeScope.POD, pod, "anna", "", at_s)
        move = rng.choice(tuple(MarkMove))
        yield rng.choice(
            (
                Transaction(check_ins=((pod, rng.choice(("ash", ""))), (other, "elm"))),
                Transaction(unlocked=(pod,), locks=(Lock(other, Cause.RAILED, at_s, "x"),)),
                Transaction(unlocked=(pod, other), marks=(Mark(pod, Cause.RAILED, at_s, 1, revision),)),
                Transaction(dropped_wake_orders=(f"w-{other}",), wake_orders=(order,)),
                Transaction(dreamscapes=(DreamscapeRecord(Plan(name, 2, 8), DREAMING, NOW_S, seats),)),
                Transaction(exposure=(Exposure({pod: 1.0, other: 0.5}, at_s, move),)),
                Transaction(terms=(TermDraw(name, 0, NOW_S),), audit=(replace(ACT, target=pod),)),
            )
        )


def left(ledger: Ledger) -> tuple[object, ...]:
    """All that the transactions of `nights` may change."""
    found = ledger.checked_in(), ledger.locks(), ledger.marks(), ledger.wake_orders(), ledger.merging()
    return (*found, ledger.load(), ledger.exposures(NOW_S - 3600.0), ledger.audited)


def test_a_group_leaves_what_its_transactions_leave_one_by_one(bench: Bench) -> None:
    """Forty transactions on the same few keys leave the same ledger together as each by itself, in order.

    The terms and the audit log are the same too.
    """
    every = list(itertools.islice(nights(random.Random(3)), 40))
    alone = MemoryLedger()
    expected = [alone.write(one) for one in every]
    bench.hold()
    commits = [bench.ledger.submit(one) for one in every]
    bench.release()
    settled(bench.ledger, commits[-1])
    assert [commit.value for commit in commits] == expected
    assert left(bench.ledger) == left(alone)


def test_one_that_cannot_be_written_fails_alone_and_whole(bench: Bench) -> None:
    """A failing transaction is left out as a whole; its neighbours in the same write are durable."""
    bench.hold()
    before, bad, after = (
        bench.ledger.submit(one) for one in (lies("bed-1", "ash"), spoilt(), lies("bed-2", "elm"))
    )
    bench.release()
    settled(bench.ledger, after)
    assert before.done
    assert after.done
    assert "a number that is not finite" in bad.failure
    assert bench.ledger.checked_in() == {"bed-1": "ash", "bed-2": "elm"}
    assert bench.ledger.failure == "", "the disk takes what it is given"


def test_terms_are_drawn_by_the_commit_and_come_with_it(bench: Bench) -> None:
    """Two draws for one cohort in one write get different terms, the later the higher."""
    bench.hold()
    draws = [bench.ledger.submit(Transaction(terms=(TermDraw("night", 0, NOW_S),))) for _ in range(2)]
    bench.release()
    first, second = (settled(bench.ledger, commit).value["night", 0] for commit in draws)
    assert second == first + 1 == int(NOW_S * 1000) + 1


def test_a_withdrawn_transaction_is_not_written(bench: Bench) -> None:
    """A transaction withdrawn in time fails and is not written; its neighbours are."""
    bench.hold()
    commits = [bench.ledger.submit(lies(f"bed-{number}", "ash")) for number in (1, 2, 3)]
    commits[1].withdraw()
    bench.release()
    settled(bench.ledger, commits[2])
    settled(bench.ledger, commits[1])
    assert [commit.done for commit in commits] == [True, False, True]
    assert "withdrawn" in commits[1].failure
    assert sorted(bench.ledger.checked_in()) == ["bed-1", "bed-3"]


def test_a_ledger_takes_so_many_and_fails_the_next(bench: Bench) -> None:
    """The queue is bounded: the next submission fails, the queued ones are written."""
    bench.hold()
    commits = [bench.ledger.submit(lies("bed-1", "ash")) for _ in range(TRANSACTIONS_WAITING)]
    late = bench.ledger.submit(lies("bed-2", "elm"))
    assert "is too slow" in settled(bench.ledger, late).failure
    bench.release()
    assert settled(bench.ledger, commits[0]).done
    assert bench.ledger.checked_in() == {"bed-1": "ash"}


def test_a_slow_disk_is_no_evidence_against_a_term(bench: Bench) -> None:
    """Whether a term holds is answered while a write is held up."""
    term = draw(bench.ledger, "night", 0, NOW_S)
    bench.hold()
    bench.ledger.submit(Transaction(terms=(TermDraw("night", 0, NOW_S),)))
    assert holds(bench.ledger, "night", 0, term)


def test_a_write_that_failed_confirms_no_term_until_one_is_written(bench: Bench) -> None:
    """A full disk is reported by every commit and by `failure`, until the first write that succeeds."""
    term = draw(bench.ledger, "night", 0, NOW_S)
    bench.fill()
    much = Transaction(check_ins=tuple((f"bed-{n}", "x" * 60) for n in range(2_000)))
    commit = settled(bench.ledger, bench.ledger.submit(much))
    assert "disk is full" in commit.failure
    assert "disk is full" in bench.ledger.failure
    asked = settled(bench.ledger, bench.ledger.confirm("night", {0: term}))
    assert "disk is full" in asked.failure
    bench.empty()
    assert settled(bench.ledger, bench.ledger.submit(much)).done
    assert bench.ledger.failure == ""
    assert holds(bench.ledger, "night", 0, term)


def test_closing_writes_what_waits_and_says_what_it_could_not(bench: Bench) -> None:
    """Closing writes the queue; held up, it gives up in time and counts; a later submission fails."""
    bench.ledger.submit(lies("bed-1", "ash"))
    bench.hold()
    commits = [bench.ledger.submit(lies("bed-2", sleeper)) for sleeper in ("elm", "fir")]
    assert bench.ledger.close(0.0) >= len(commits)
    bench.release()
    assert bench.ledger.close() == 0


def test_every_field_of_a_transaction_is_written() -> None:
    """A field that no statement writes would be acknowledged and lost: each has one that gathers its rows.

    A field that changes several tables, such as an erasure, has one for each of them.
    """
    written = {name for name, _ in Changes(insert, Naming(StoredKeys(Path("unused"))))._subjects}
    assert written | {"terms", "counted", "audit"} == {one.name for one in fields(Transaction)}
