"""Principals over a ledger in memory, for servers without an application."""

from random import Random

from dreamd.adapters.keys import NoteSigner
from dreamd.app.access.enrolment import Enrolment, weak
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.access.sign_ins import SignIns
from dreamd.app.api.access import AccessCommands
from dreamd.app.api.audit import AuditQueries
from dreamd.app.audit.audit_log import AuditLog
from dreamd.app.audit.checkpoints import Checkpoints
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.access.caller import Role
from dreamd.core.access.codes import LIVES_S, Code
from dreamd.core.access.principals import DAY_S, Credential, Grant, Kind, Principal, digest_of, token_of
from dreamd.core.audit.records import Act
from dreamd.ports.ledger.transaction import Transaction
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from dreamd.simulation.machines.memory_ledger import MemoryLedger
from dreamwire.signing import SigningKey
from fakes.views import NOW_S

SECRET = "s" * 52
"""The secret of every credential of `known`."""


class FakeClock:
    """A clock that the test moves. now: session seconds."""

    def __init__(self) -> None:
        self.now = NOW_S

    def now_s(self) -> float:
        """Session seconds."""
        return self.now


class FakeAccess:
    """The real commands over a ledger in memory."""

    def __init__(self) -> None:
        self.clock, self.ledger = FakeClock(), MemoryLedger()
        self.journal = Journal(NOW_S)
        self.table = PrincipalTable(self.ledger)
        commits = self.commits = Commits(self.ledger, self.clock, self.journal, CountingMetrics())
        self.enrolment = Enrolment(self.table, commits, self.journal, self.clock, weak(Random(1)))
        sign_ins = SignIns(self.table, self.enrolment, commits, self.journal, self.clock)
        self.commands = AccessCommands(self.table, self.enrolment, sign_ins)
        self.acts = AuditLog(commits, self.clock, weak(Random(2)))
        self.notes: list[str] = []
        sign = NoteSigner(SigningKey.from_seed(bytes(32)))
        checkpoints = Checkpoints(self.ledger, commits, self.journal, self.clock, self, sign)
        self.audit = AuditQueries(self.ledger, checkpoints, commits)

    def checkpoint(self, note: str) -> None:
        """Keep what the beds are told."""
        self.notes.append(note)

    def known(self, name: str, *grants: Grant, kind: Kind = Kind.PERSON, code: str = "") -> str:
        """Keep a principal with a credential that is alive; return its text. code: one for it, too."""
        principal = Principal(name, kind, grants or (Grant(Role.OPERATOR, sites=frozenset("*")),))
        made = Credential(f"of-{name}", name, digest_of(SECRET), NOW_S - 1.0, NOW_S + DAY_S)
        id_, _, secret = code.partition(".")
        codes = (Code(id_, name, digest_of(secret), NOW_S + LIVES_S),) if code else ()
        self.table.put_rows((principal,), (made,), codes)
        return token_of(made.id, SECRET)

    def record(self, method: str, outcome: str, reason: str = "", sleeper: str = "") -> int:
        """Write a record of the audit log; return its number."""
        act = Act(NOW_S, "anna", "", method, "dreamscapes/n", "frees", outcome, reason, sleeper, "salt")
        self.ledger.write(Transaction(audit=(act,)))
        return self.ledger.audited.n
