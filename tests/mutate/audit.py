"""The audit log: no record no act, the chain, its checkpoints and its witnesses."""

from typing import Final

from mutate.mutation import Mutation

_APP, _CORE = "daemon/dreamd/app/", "daemon/dreamd/core/audit/"
_TESTS_API, _TESTS_CORE = ("tests/api/test_audit.py",), ("tests/core/test_audit.py",)
_TESTS_CHECKPOINTS: Final = ("tests/app/test_audit_checkpoints.py",)
_TESTS_WITNESS: Final = ("tests/edge/test_audit_witness.py",)

AUDIT: Final = (
    Mutation(
        "audit.in-the-transaction",
        "a command is written without its record",
        _APP + "durability/commits.py",
        "        transaction = call.joined(transaction)\n",
        "",
        _TESTS_API,
    ),
    Mutation(
        "audit.begun-first",
        "a Resume takes effect before its record is durable",
        _APP + "audit/audit_log.py",
        "if call.act.method not in BEGUN_FIRST or not call.in_transaction:",
        "if True:",
        _TESTS_API,
    ),
    Mutation(
        "audit.acts-first",
        "a way out is recorded once its pods have confirmed",
        "daemon/dreamd/adapters/grpc/calls/interceptor.py",
        "asyncio.get_running_loop().call_soon(call.acted)",
        "pass",
        _TESTS_API,
    ),
    Mutation(
        "audit.kept-for-later",
        "records that the ledger did not take are gone",
        _APP + "audit/audit_log.py",
        "self._waiting.extendleft(reversed(acts[: len(acts) - bool(lost)]))",
        "pass",
        _TESTS_API,
    ),
    Mutation(
        "audit.no-pseudonym",
        "the target of a record is the pseudonym of a sleeper",
        _CORE + "records.py",
        'target = f"{HASHED}{salted(act.salt, act.sleeper)[:_SLEEPER_DIGITS]}"',
        "target = act.sleeper",
        _TESTS_CORE,
    ),
    Mutation(
        "audit.chain",
        "an edited record is not found",
        _CORE + "verification.py",
        "elif line[_BEFORE] != self._head.encode():",
        "elif False:",
        _TESTS_CORE,
    ),
    Mutation(
        "audit.another-head",
        "a log that was written anew agrees with every checkpoint",
        _CORE + "verification.py",
        "return self._heads.get(one.n, one.head) != one.head",
        "return False",
        _TESTS_CORE,
    ),
    Mutation(
        "audit.durable-first",
        "beds hear of a checkpoint before it is durable",
        _APP + "audit/checkpoints.py",
        "        self._writing, self._signed_s = True, self._clock.now_s()\n",
        "        self._writing = True\n        self._link.checkpoint(note)\n",
        _TESTS_CHECKPOINTS,
    ),
    Mutation(
        "audit.never-below",
        "a log that was cut gets a checkpoint below its own",
        _APP + "audit/checkpoints.py",
        "or head.n <= self._newest.n:",
        "or head.n == self._newest.n:",
        _TESTS_CHECKPOINTS,
    ),
    Mutation(
        "audit.replayed-presence",
        "an old presence, replayed, accuses the daemon",
        "edge/dreamedge/core/audit_witness.py",
        "or (self.kept is not None and shown.at_ms < self.kept.at_ms)",
        "",
        _TESTS_WITNESS,
    ),
    Mutation(
        "audit.shrunken-log",
        "a checkpoint with fewer records takes the place of the newest",
        "edge/dreamedge/core/audit_witness.py",
        "if before is None or now.n > before.n:",
        "if True:",
        _TESTS_WITNESS,
    ),
    Mutation(
        "audit.contradiction-untold",
        "a bed tells of a contradicted log in its own journal only",
        "edge/dreamedge/app/pod_runner.py",
        "self.link.status(replace(status, log_contradiction=self._parts.witness.contradiction))",
        "self.link.status(status)",
        _TESTS_WITNESS,
    ),
    Mutation(
        "audit.contradiction-uncounted",
        "a bed that says that the log was changed is counted nowhere",
        _APP + "fleet/statistics.py",
        "        self._contradicted[pod] = why\n",
        "",
        ("tests/app/test_telemetry.py",),
    ),
    Mutation(
        "audit.erased-bytes",
        "an erased reason stays in the ledger's file",
        "daemon/dreamd/adapters/ledger/sqlite_file.py",
        'return self.pragma("wal_checkpoint(TRUNCATE)") == 0',
        "return True",
        ("tests/daemon/test_sqlite_ledger.py",),
    ),
    Mutation(
        "audit.sleeper-in-a-reason",
        "an auditor reads the sleeper's pseudonym in a reason",
        "daemon/dreamd/adapters/grpc/servicers/audit.py",
        "    if not read:\n",
        "    if False:\n",
        ("tests/api/test_access.py",),
    ),
)
