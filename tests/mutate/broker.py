"""Accounts at the broker: a bed alone on its topics, removals first, the canary."""

from typing import Final

from mutate.mutation import Mutation

_ACCOUNTS: Final = "daemon/dreamd/core/access/broker_accounts.py"
_QUEUE: Final = "daemon/dreamd/adapters/mqtt/rights_queue.py"
_KEEPER: Final = "daemon/dreamd/adapters/mqtt/rights_keeper.py"
_TESTS: Final = ("tests/integration/test_site_broker.py",)

BROKER: Final = (
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
        "if name not in self._accounts or not self._seated(name):",
        "if True:",
        _TESTS,
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
