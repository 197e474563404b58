"""A process killed with writes waiting, on both engines: answered commits are kept, others whole or none."""

import contextlib
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from depth import LONG
from dreamd.adapters.ledger.opening import open_ledger
from fakes.postgres import MISSING, cluster, programs

KILLS = 100 if LONG else 2
WRITER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from dreamd.adapters.ledger.opening import open_ledger
    from dreamd.core.dreamscapes.views import DreamscapeState, Plan
    from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
    from dreamd.ports.ledger.transaction import Transaction

    ledger, number = open_ledger(sys.argv[1], Path(sys.argv[2])), int(sys.argv[3])
    answered = number

    def answer(number, commit):
        global answered
        answered = number
        print(number, commit.done, flush=True)

    while True:
        for _ in range(20 if number - answered < 400 else 0):
            number += 1
            pair = ((f"bed-{number}", "ash"), (f"bed-{number}-b", "birch"))
            seats = tuple((seat, f"bed-{number}", "ash") for seat in range(number % 4))
            record = DreamscapeRecord(Plan(f"night-{number}", 2, 8), DreamscapeState.DREAMING, 1.0, seats)
            told = ledger.submit(Transaction(check_ins=pair, dreamscapes=(record,)))
            told.then(lambda commit, number=number: answer(number, commit))
        ledger.deliver()
        time.sleep(0.001)
    """
)


def killed(url: str, state: Path, first: int, most: int) -> int:
    """Kill a writer after `most` answers; return the last number that was answered."""
    words = [sys.executable, "-c", WRITER, url, str(state), str(first)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        try:
            answered = [writer.stdout.readline().split() for _ in range(most)]
        finally:
            writer.send_signal(signal.SIGKILL)
        answered += [line.split() for line in writer.stdout if line.endswith("\n")]
    assert all(answered), "the writer has ended by itself: see its standard error"
    assert all(done == "True" for _, done in answered)
    return int(answered[-1][0])


def survives(url: str, state: Path) -> None:
    """Each time: every ended commit is in the ledger, in order, each transaction whole."""
    first = 0
    for kill in range(KILLS):
        last = killed(url, state, first, 30 + 37 * (kill % 5))
        with contextlib.closing(open_ledger(url, state)) as ledger:
            kept, records = ledger.checked_in(), ledger.load()
        numbers = sorted(int(pod.split("-")[1]) for pod in kept if not pod.endswith("-b"))
        assert numbers == list(range(1, len(numbers) + 1)), "in order, none left out"
        assert len(numbers) >= last, "what was answered is there"
        assert len(kept) == 2 * len(numbers) == 2 * len(records), "no transaction is half there"
        assert all(len(one.seats) == int(one.plan.dreamscape.split("-")[1]) % 4 for one in records)
        first = len(numbers)


def test_what_was_answered_survives_kill_9_and_nothing_is_half_there(tmp_path: Path) -> None:
    """A file: every ended commit is there after a kill, in order, each transaction whole."""
    survives("", tmp_path)


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a database server for it alone")
@pytest.mark.skipif(programs() is None, reason=MISSING)
def test_a_database_keeps_what_was_answered_before_a_kill(tmp_path: Path) -> None:
    """PostgreSQL: the same, and the killed daemon's lock is free for the next at once."""
    with cluster() as server:
        survives(server.url(), tmp_path)
