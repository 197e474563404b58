"""Accounts at the broker: a bed alone on its topics, removals first, the canary."""

from typing import Final

from mutate.mutation import Mutation

_ACCOUNTS: Final = "daemon/dreamd/core/access/broker_accounts.py"
_QUEUE: Final = "daemon/dreamd/adapters/mqtt/rights_queue.py"
_KEEPER: Final = "daemon/dreamd/adapters/mqtt/rights_keeper.py"
_TESTS: Final = ("tests/integration/test_site_broker.py",)

BROKER: Final = (
    Mutation(
        "broker.release-first",
        "the account of a revoked bed goes before its release has reached it",
        "daemon/dreamd/app/access/bed_accounts.py",
        "        if not self.seated(name):\n            self._close(name)",
        "        self._close(name)",
        ("tests/app/test_bed_accounts.py",),
    ),
    Mutation(
        "broker.told-again",
        "a difference that comes again after it was mended is not told",
        _QUEUE,
        "        self._told = frozenset(one for one in self._told if one[0] != name)\n",
        "",
        ("tests/app/test_bed_accounts.py",),
    ),
    Mutation(
        "broker.own-frames",
        "a bed may send the frames of another",
        _ACCOUNTS,
        'f"{topics.ROOT}/frames/+/+/{bed}"',
        'f"{topics.ROOT}/frames/+/+/+"',
        _TESTS,
    ),
    Mutation(
        "broker.own-orders",
        "a bed may hear the orders of another",
        _ACCOUNTS,
        'heard = topics.pod_topic(bed, "command")',
        'heard = topics.pod_topic("+", "command")',
        _TESTS,
    ),
    Mutation(
        "broker.stranger",
        "an account that the ledger lacks stays",
        _ACCOUNTS,
        "strangers=tuple(sorted(set(listed.accounts) - known)),",
        "strangers=(),",
        _TESTS,
    ),
    Mutation(
        "broker.paced",
        "changes are not paced while anybody dreams",
        _KEEPER,
        "pace_s = PACE_S if self._owner.dreaming() else CALM_PACE_S",
        "pace_s = CALM_PACE_S",
        _TESTS,
    ),
    Mutation(
        "broker.seat-first",
        "a new password drops a bed that has a seat",
        _QUEUE,
        "if name not in (self._accounts or {}) or not self._seated(name):",
        "if True:",
        ("tests/daemon/test_rights_queue.py",),
    ),
    Mutation(
        "broker.held-a-day",
        "a bed that never leaves its seat keeps its old password for ever",
        _QUEUE,
        "return password is not None and not self._now_s() - password.since_s <= HELD_MAX_S",
        "return False",
        ("tests/daemon/test_rights_queue.py",),
    ),
    Mutation(
        "broker.shown-twice",
        "a bed is dropped whenever it shows the credential that the broker has",
        _QUEUE,
        "        if has is not None and has.credential == credential:\n            return\n",
        "",
        ("tests/daemon/test_rights_queue.py",),
    ),
    Mutation(
        "broker.suspended",
        "a paused bed may still say and hear",
        "daemon/dreamd/app/access/bed_accounts.py",
        "self._once_left(name, lambda: self.rights.suspend(name))",
        "pass",
        ("tests/app/test_bed_accounts.py",),
    ),
    Mutation(
        "broker.expired",
        "an expired bed keeps its account",
        "daemon/dreamd/app/access/bed_accounts.py",
        "self._once_left(bed, lambda bed=bed: self.rights.lapse(bed))",
        "self._once_left(bed, str)",
        ("tests/app/test_bed_accounts.py",),
    ),
    Mutation(
        "broker.expired-seat",
        "an expired bed is cut off before it has left its seat",
        "daemon/dreamd/app/access/bed_accounts.py",
        '            self._release(bed, "its credential has expired")\n',
        '            self.rights.lapse(bed)\n            self._release(bed, "its credential has expired")\n',
        ("tests/app/test_bed_accounts.py",),
    ),
    Mutation(
        "broker.newest-shown",
        "a bed's old secret becomes its password again",
        "daemon/dreamd/app/access/bed_accounts.py",
        "if newest is not None and newest.issued_s <= credential.issued_s:",
        "if True:",
        ("tests/app/test_bed_accounts.py",),
    ),
    Mutation(
        "broker.canary-speaks",
        "the daemon does not look whether a stranger speaks as a bed",
        "daemon/dreamd/adapters/mqtt/canary.py",
        '*(f"the broker lets canary speak as {topic}" for topic in said.topics),',
        "",
        _TESTS,
    ),
    Mutation(
        "broker.binds-stop",
        "sleepers are bound through an open broker",
        "daemon/dreamd/adapters/grpc/calls/admission.py",
        'why = self._unsafe() if rule.effect is Effect.BINDS else ""',
        'why = ""',
        ("tests/api/test_access.py",),
    ),
    Mutation(
        "broker.frees-go-on",
        "an open broker stops ways out",
        "daemon/dreamd/adapters/grpc/calls/admission.py",
        'why = self._unsafe() if rule.effect is Effect.BINDS else ""',
        "why = self._unsafe()",
        ("tests/api/test_access.py",),
    ),
)
