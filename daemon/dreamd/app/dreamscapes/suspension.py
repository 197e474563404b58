"""A ledger that turns out to be older while the daemon runs: what it says of people is suspended at once.

The broker remembers more writes than the ledger has (`ledger_witness`). In the call that learns of it every
slot is released, every grant is suspended, every guest is asked anew, every sleeper is checked out in memory,
no breaker stays closed, and the clinic's book is in doubt; then an event reports
it, then it is written. A write that fails is found again at the next start, for the broker keeps its count. A
start on such a ledger does the same (`generation`); the broker's count comes with the first connection,
before any pod is heard.
"""

from collections.abc import Iterable

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.ports.ledger.transaction import Transaction


def suspend(dependencies: Dependencies, runtimes: Iterable[DreamscapeRuntime], writes: int) -> None:
    """Begin a new generation. writes: how many the broker knows of; the ledger counts on from there."""
    fleet, now_s = dependencies.fleet, dependencies.clock.now_s()
    for runtime in runtimes:
        for seat in runtime.dreamscape.holding():
            record = fleet.get(seat.pod)
            if record is not None:
                runtime.dreamscape.release_pod(record, "the ledger was restored from a copy")
    dependencies.locks.doubt(now_s)
    for record in fleet:
        dependencies.locks.distrust(record)
    suspended = dependencies.consents.suspend_all()
    dependencies.invitations.void_all()
    doubt = dependencies.clinic.doubt()
    beds = fleet.check_everyone_out(now_s)
    dependencies.journal.append(
        now_s,
        "ledger-restored",
        f"the broker knows of {writes} writes, more than the ledger has: it was restored from a copy. "
        f"{len(beds)} sleepers are to be checked in anew and {len(suspended)} to grant anew, no sleeper is "
        "merged before that; of locks and wake orders it may lack the newest, recorded exposure is a lower "
        "bound",
        values={"check_ins": float(len(beds)), "consents": float(len(suspended))},
    )
    rows = tuple((pod, "") for pod in beds)
    told = Transaction(cases=(doubt,), counted=writes, lived_s=now_s)
    change = Transaction(check_ins=rows, consents=suspended).plus(told)
    dependencies.ledger.submit(change)
