"""Checkpoints of the audit log: when they are signed, what the beds are told, and a log changed on disk."""

from random import Random

from dreamd.adapters.keys import NoteSigner
from dreamd.app.access.enrolment import weak
from dreamd.app.audit.audit_log import WAITING_MAX, AuditLog
from dreamd.app.audit.checkpoints import EVERY_RECORDS, EVERY_S, Checkpoints
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.access.rules import Effect
from dreamd.core.audit.records import Act, record_of
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from dreamwire.checkpoint import checkpoint_of
from dreamwire.signing import SigningKey
from fakes.access import FakeClock
from fakes.ledger import LedgerStorage, MemoryLedger
from fakes.views import NOW_S

SIGN = NoteSigner(SigningKey.from_seed(bytes(32)))


class House:
    """One start of a daemon on a storage."""

    def __init__(self, storage: LedgerStorage) -> None:
        self.ledger, self.clock, self.notes = MemoryLedger(storage), FakeClock(), list[str]()
        self.journal = Journal(NOW_S)
        self.commits = Commits(self.ledger, self.clock, self.journal, CountingMetrics())
        self.checkpoints = Checkpoints(self.ledger, self.commits, self.journal, self.clock, self, SIGN)

    def checkpoint(self, note: str) -> None:
        """Tell the beds."""
        self.notes.append(note)

    def write(self, records: int, after_s: float = 0.0) -> list[int]:
        """Write so many records and let the time pass; return the checkpoints that beds know."""
        act = Act(NOW_S, "anna", "", "OrderSever", "fleet", "frees", "done")
        self.ledger.write(Transaction(audit=(act,) * records))
        self.clock.now += after_s
        self.checkpoints.sign_due(self.clock.now)
        return [stated.n for stated in map(checkpoint_of, self.notes) if stated is not None]

    @property
    def told(self) -> list[str]:
        """The reasons of the journal's events of a broken log."""
        told = list[str]()
        self.journal.subscribe(lambda event: told.append(f"{event.kind}: {event.reason}"))
        return [one for one in told if one.startswith("audit-broken")]


def test_a_checkpoint_comes_with_a_thousand_records_or_a_minute_and_never_for_nothing() -> None:
    """Beds hear of a checkpoint once it is due and durable, and of none while nothing was recorded."""
    house = House(LedgerStorage())
    house.clock.now += EVERY_S
    assert house.write(0) == []
    assert house.write(EVERY_RECORDS) == [1000]
    assert house.write(1, EVERY_S - 1.0) == [1000]
    assert house.write(0, 1.0) == [1000, 1001]
    house.ledger.held = True
    assert house.write(5, EVERY_S) == [1000, 1001]
    house.ledger.release()
    assert house.write(0) == [1000, 1001, 1006]
    again = House(house.ledger.storage)
    assert (again.notes, again.told) == (house.notes[-1:], [])


def test_a_log_changed_between_two_starts_is_told_of_and_its_checkpoints_stay() -> None:
    """Cut below its checkpoint, or with another record there, it is told; none is signed below it."""
    house = House(LedgerStorage())
    house.write(10, EVERY_S)
    for lines, word in ((house.ledger.storage.audit[:6], "ends at record 6"), (["x"] * 10, "not the one")):
        storage = house.ledger.storage.copy()
        storage.audit = list(lines)
        storage.audited = type(storage.audited)(len(lines), storage.audited.digest)
        again = House(storage)
        assert [word in told for told in again.told] == [True]
        again.checkpoints.sign_now()
        assert again.notes == house.notes
        assert again.write(1, EVERY_S)[0] == 10
        assert storage.checkpoints[10] == house.notes[0]


def test_records_that_wait_are_bounded_and_their_loss_is_recorded() -> None:
    """While the ledger fails, the newest records are counted; the count is recorded when it writes again."""
    house = House(LedgerStorage())
    acts = AuditLog(house.commits, house.clock, weak(Random(1)))
    house.ledger.broken = "the disk is full"
    for _ in range(WAITING_MAX + 3):
        with acts.call("OrderSever", Effect.FREES) as call:
            call.acted()
            call.ended()
    acts.write_waiting()
    house.ledger.broken = ""
    while len(house.ledger.storage.audit) <= WAITING_MAX:
        acts.write_waiting()
    records = [record_of(line) for line in house.ledger.storage.audit]
    assert [one.outcome for one in records if one.outcome != "done"] == ["3 records were lost"]
    assert len(records) == WAITING_MAX + 1
