"""The ledger off the tick's thread: operations that wait for a commit or not, and slow disks."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_STORE: Final = "daemon/dreamd/adapters/ledger/"
_SLOW: Final = ("tests/app/test_slow_ledger.py",)
_POSTGRES: Final = ("tests/conformance/test_postgres_ledger.py",)
_COMMITS: Final = ("tests/conformance/test_ledger_commits.py",)

BOOKS: Final = (
    Mutation(
        "books.leaving-wins",
        "a pod that left while its seat was being written is assigned it",
        "daemon/dreamd/app/dreamscapes/seating/seat_commits.py",
        "return seat.state is SeatState.COMMITTING and self._seats.numbered(seat.number) is seat",
        "return True",
        _SLOW,
    ),
    Mutation(
        "books.withdrawal-wins",
        "a pod that left while its seat was being written is assigned",
        "daemon/dreamd/app/dreamscapes/seating/seat_commits.py",
        "if self._stays(seat) and self._admission.still_admitted(seat):",
        "if self._stays(seat):",
        _SLOW,
    ),
    Mutation(
        "books.sever-wins",
        "a sever does not overtake a start that waits for the ledger",
        "daemon/dreamd/app/dreamscapes/dreamscape.py",
        "self.seat_commits.overtaken(Refusal(",
        "(Refusal(",
        _SLOW,
    ),
    Mutation(
        "books.refused-is-undone",
        "a call that was refused for a slow ledger is done all the same",
        "daemon/dreamd/app/durability/commits.py",
        "                if commit.done:\n                    undo()\n",
        "                if commit.done:\n",
        _SLOW,
    ),
    Mutation(
        "books.answered-in-time",
        "a call that waits for the ledger waits for ever",
        "daemon/dreamd/app/durability/commits.py",
        "if not now_s - at_s <= LEDGER_ANSWERS_WITHIN_S:",
        "if False:",
        _SLOW,
    ),
    Mutation(
        "books.slow-is-said",
        "a ledger that is slow says nothing",
        "daemon/dreamd/app/durability/commits.py",
        "slow = not oldest_s <= LEDGER_SLOW_S",
        "slow = False",
        _SLOW,
    ),
    Mutation(
        "books.failure-is-asked",
        "a ledger that failed once is held to fail for ever",
        "daemon/dreamd/app/durability/commits.py",
        "if self._ledger.failure and not self._waiting and",
        "if False and",
        _SLOW,
    ),
    Mutation(
        "books.check-out-retried",
        "a check-out that could not be written is forgotten",
        "daemon/dreamd/app/api/check_ins.py",
        "        pods = [pod for pod in self._unsaved if pod not in self._binding]\n",
        "        pods: list[str] = []\n",
        _SLOW,
    ),
    Mutation(
        "books.charge-counts",
        "what waits to be charged may be lived once more",
        "daemon/dreamd/app/collective/exposure_meter.py",
        "        bank.left_min[row] -= bank.lived_min[row]\n",
        "",
        _SLOW,
    ),
    Mutation(
        "books.one-transaction",
        "each trip of a tick is a write of its own",
        "daemon/dreamd/app/safety/breaker_registry.py",
        "        if self._writing or not (self._unsaved or self._unmarked):\n",
        "        if not (self._unsaved or self._unmarked):\n",
        _SLOW,
    ),
    Mutation(
        "books.each-for-itself",
        "a transaction that cannot be made leaves half of itself in the ledger",
        f"{_STORE}store.py",
        '            self.base.exec_driver_sql("ROLLBACK TO SAVEPOINT one")\n',
        "",
        ("tests/daemon/test_sqlite_ledger.py",),
    ),
    Mutation(
        "books.failed-confirms-nothing",
        "a term holds although the ledger's state is unknown",
        f"{_STORE}stored_ledger.py",
        "if self._store.failure:",
        "if False:",
        _COMMITS,
    ),
    Mutation(
        "books.bounded",
        "what waits for a slow disk grows without an end",
        f"{_STORE}stored_ledger.py",
        "if waiting >= TRANSACTIONS_WAITING:",
        "if False:",
        _COMMITS,
    ),
    Mutation(
        "books.withdrawn",
        "what was withdrawn in time is written",
        f"{_STORE}ledger_thread.py",
        "            if commit.withdrawn:\n",
        "            if False:\n",
        _COMMITS,
    ),
    Mutation(
        "books.one-daemon",
        "a second daemon starts on a database that a first one uses",
        f"{_STORE}postgres.py",
        "self.base.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))",
        "pass",
        _POSTGRES,
    ),
    Mutation(
        "books.epoch",
        "a daemon that lost the database to another goes on writing",
        f"{_STORE}store.py",
        "    .where(sa.or_(_MINE == 0, tables.generation.c.epoch == _MINE))\n",
        "    .where(_MINE == _MINE)\n",
        _POSTGRES,
    ),
    Mutation(
        "books.no-number-that-is-none",
        "PostgreSQL keeps a number that is none",
        f"{_STORE}rows/changes.py",
        "if isinstance(value, float) and isnan(value):",
        "if False:",
        _POSTGRES,
    ),
    Mutation(
        "books.database-copy",
        "a backup that is put back into PostgreSQL is taken for the ledger",
        f"{_STORE}copies/transfer.py",
        "base.execute(tables.generation.update().values(writes=AS_A_COPY, lived_s=lived_s))",
        "pass",
        _POSTGRES,
    ),
    Mutation(
        "books.seats-that-left",
        "a seat that a record no longer has stays in the ledger",
        f"{_STORE}rows/changes.py",
        "            base.execute(_DROP_SEAT, gone)\n",
        "            pass\n",
        ("tests/conformance/test_ledger.py",),
    ),
    Mutation(
        "books.own-new-term",
        "an owner takes the new term it draws itself for another owner's, and falls silent for good",
        "daemon/dreamd/app/durability/fencing.py",
        "if self._drawing.keys() & asked.keys():",
        "if False:",
        ("tests/app/test_fencing.py",),
    ),
)
