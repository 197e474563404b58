"""Access under a slow ledger, and the rules of the simulation that judge it."""

from typing import Final

from mutate.mutation import Mutation

_ENROLMENT: Final = "daemon/dreamd/app/access/enrolment.py"
_CHECKS: Final = "daemon/dreamd/simulation/checks/"
_TESTS: Final = ("tests/app/test_enrolment.py",)
_TESTS_RULES: Final = ("tests/sim/test_free_always.py",)

SIMULATED: Final = (
    Mutation(
        "code.raced",
        "a code that is shown by a second bed while it is being spent pauses none",
        _ENROLMENT,
        "Fate.SPENT if twice else fate",
        "fate",
        _TESTS,
    ),
    Mutation(
        "revoked.code-on-its-way",
        "a credential that was being written outlives a revocation",
        _ENROLMENT,
        "if self._revocations[principal.name] != revocations:",
        "if False:",
        _TESTS,
    ),
    Mutation(
        "revoked.renewal-on-its-way",
        "a renewal that was being written outlives a revocation",
        _ENROLMENT,
        "if self._revocations[name] != revocations:",
        "if False:",
        _TESTS,
    ),
    Mutation(
        "revoked.open-codes",
        "a code that was open gives a credential after a revocation",
        _ENROLMENT,
        "self._table.closed_codes(name, now_s)",
        "()",
        _TESTS,
    ),
    Mutation(
        "barred.check-in",
        "a sleeper is checked in to a bed that is paused",
        "daemon/dreamd/app/api/check_ins.py",
        "if barred is not None:",
        "if False:",
        _TESTS,
    ),
    Mutation(
        "barred.seat",
        "a bed that is revoked gets a seat in the next Dreamscape",
        "daemon/dreamd/app/dreamscapes/seating/admission.py",
        "barred=self._deps.principals.barred(record.pod),",
        "",
        _TESTS,
    ),
    Mutation(
        "check-out.never-refused",
        "a check-out is refused while the ledger fails",
        "daemon/dreamd/app/api/check_ins.py",
        "            refused=lambda _no: self._deps.fleet.shown(record),\n",
        "",
        _TESTS,
    ),
    Mutation(
        "wake.last-lifting",
        "a lifting leaves with a lower revision than the order before it",
        "daemon/dreamd/app/safety/wake_orders.py",
        " or not successor.revision > said",
        "",
        ("tests/app/test_wake_orders.py",),
    ),
    Mutation(
        "free-always.refused",
        "the simulation takes a refused way out for one",
        _CHECKS + "free_always.py",
        "elif isinstance(answer, Refusal) and answer.kind is not Kind.NOT_FOUND:",
        "elif False:",
        _TESTS_RULES,
    ),
    Mutation(
        "free-always.at-zero",
        "the simulation takes a way out that frees no sleeper for one",
        _CHECKS + "free_always.py",
        "if share > 0.0 and not due.pod.device.stuck:",
        "if False:",
        _TESTS_RULES,
    ),
    Mutation(
        "free-always.unsent",
        "the simulation holds an order whose first sending failed to the time of one that was sent",
        _CHECKS + "free_always.py",
        "swift = swift and self._unsent_ns != self._schedule.now_ns",
        "pass",
        _TESTS_RULES,
    ),
    Mutation(
        "free-always.withdrawal",
        "a withdrawal while the ledger is away is not among the ways out",
        "daemon/dreamd/simulation/faults/ledger_faults.py",
        "ways_out.withdraw(world, daemon, pod, sleeper_of(pod.name))",
        "pass",
        ("tests/sim/test_lost_ledgers.py",),
    ),
    Mutation(
        "barred.seen",
        "the simulation sees no bed that is bound although it is revoked",
        _CHECKS + "credentials.py",
        "if (daemon.number, pod) in self._barred:",
        "if False:",
        _TESTS_RULES,
    ),
)
