"""A process killed with writes waiting: answered commits are kept, others are whole or absent."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from dreamd.adapters.ledger.sqlite import SqliteLedger

WRITER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from dreamd.adapters.ledger.sqlite import SqliteLedger
    from dreamd.ports.ledger.transaction import Transaction

    ledger, number = SqliteLedger(Path(sys.argv[1])), 0
    while True:
        for _ in range(20):
            number += 1
            pair = ((f"bed-{number}", "ash"), (f"bed-{number}-b", "birch"))
            told = ledger.submit(Transaction(check_ins=pair))
            told.then(lambda commit, number=number: print(number, commit.done, flush=True))
        ledger.deliver()
        time.sleep(0.001)
    """
)


def test_what_was_answered_survives_kill_9_and_nothing_is_half_there(tmp_path: Path) -> None:
    """Five times: every ended commit is in the ledger, in order, each transaction whole."""
    for round_ in range(5):
        path = tmp_path / f"ledger-{round_}"
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            answered = [writer.stdout.readline().split() for _ in range(50 + 37 * round_)]
            writer.send_signal(signal.SIGKILL)
            answered += [line.split() for line in writer.stdout if line.endswith("\n")]
        assert all(done == "True" for _, done in answered)
        ledger = SqliteLedger(path)
        kept = ledger.checked_in()
        ledger.close()
        numbers = sorted(int(pod.split("-")[1]) for pod in kept if not pod.endswith("-b"))
        assert numbers == list(range(1, len(numbers) + 1)), "in order, none left out"
        assert len(numbers) >= int(answered[-1][0]), "what was answered is there"
        assert len(kept) == 2 * len(numbers), "no transaction is half there"
