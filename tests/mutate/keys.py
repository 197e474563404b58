"""The cohort's key: it changes with the beds, grants need it, and zeros do not."""

from typing import Final

from mutate.mutation import Mutation

_KEYS: Final = "daemon/dreamd/app/dreamscapes/seating/cohort_keys.py"
_COHORTS: Final = "daemon/dreamd/app/collective/cohorts.py"
_INPUTS: Final = "daemon/dreamd/app/dreamscapes/drivers/pod_inputs.py"
_TETHER: Final = "edge/dreamedge/core/merging/tether.py"
_WIRE: Final = "proto/dreamwire/cohort_key.py"
_APP: Final = ("tests/app/test_cohort_keys.py",)
_EDGE: Final = ("tests/edge/test_cohort_key.py",)
_BYTES: Final = ("tests/wire/test_cohort_key.py",)

KEYS: Final = (
    Mutation(
        "key.changes",
        "a bed that left keeps the cohort's key",
        _KEYS,
        "        self._left.add(slot.cohort)\n",
        "",
        _APP,
    ),
    Mutation(
        "key.told",
        "the beds that stay are not sent the new key",
        _KEYS,
        "        self._changing[slot.cohort] = None\n",
        "",
        _APP,
    ),
    Mutation(
        "key.not-told",
        "a bed that left is sent the new key",
        _KEYS,
        "self._holders.get(slot.cohort, {}).pop(slot.assignment_id, None)",
        "pass",
        _APP,
    ),
    Mutation(
        "key.zeros-wait-for-none",
        "the zeros of a sever are encrypted, and read by no bed without the key",
        _KEYS,
        "if not granting:",
        "if False:",
        _APP,
    ),
    Mutation(
        "key.spread",
        "every cohort changes its key in one tick, however many there are",
        _KEYS,
        "if sent and sent + len(holders) > RENEWALS_A_TICK:",
        "if False:",
        _APP,
    ),
    Mutation(
        "key.reminded",
        "a pod that missed its new key never gets it",
        _INPUTS,
        "dreamscape.keys.remind(seat.slot)",
        "pass",
        _APP,
    ),
    Mutation(
        "key.refused-keeps-the-seat",
        "a pod that refuses a new key loses its seat",
        _INPUTS,
        "if record.status is not None and record.status.assignment == assign.assignment:",
        "if False:",
        _APP,
    ),
    Mutation(
        "key.clear-holds-nothing",
        "a tick in the clear holds the sums of the sleepers",
        _COHORTS,
        "fused = self.fused if self.granting else None\n        artist",
        "fused = self.fused\n        artist",
        _APP,
    ),
    Mutation(
        "key.clear-grants-nothing",
        "a coupling in the clear is followed",
        _TETHER,
        "_unusable(collective, assign) if encrypted else Reason.IN_THE_CLEAR",
        "_unusable(collective, assign)",
        _EDGE,
    ),
    Mutation(
        "key.one-before",
        "a new key makes unreadable what is still on the way under the one before",
        _TETHER,
        "KEYS_KEPT: Final = 2",
        "KEYS_KEPT: Final = 1",
        _EDGE,
    ),
    Mutation(
        "key.over-is-over",
        "an assign that renews a key draws a sleeper in again after the seat was left",
        _TETHER,
        "if assign.assignment == self._over:",
        "if False:",
        _EDGE,
    ),
    Mutation(
        "key.one-place",
        "an assign that renews a key may name another place",
        _TETHER,
        'return "" if same else "malformed"',
        'return ""',
        _EDGE,
    ),
    Mutation(
        "key.needed",
        "an assign without a key is obeyed",
        "edge/dreamedge/core/merging/command_filter.py",
        "if not (len(assign.key) == KEY_BYTES and assign.key_number > 0):",
        "if False:",
        _EDGE,
    ),
    Mutation(
        "key.nonce",
        "two messages under one key share a nonce",
        _WIRE,
        "self._count += 1",
        "self._count = 1",
        _BYTES,
    ),
    Mutation(
        "key.bound",
        "a ciphertext opens in another place, tick or term",
        _WIRE,
        "return _CONTEXT + fixed + message.dreamscape.encode()",
        "return _CONTEXT",
        _BYTES,
    ),
    Mutation(
        "key.drawn",
        "a key is the same in every process",
        _WIRE,
        "os.urandom(KEY_BYTES)",
        "bytes(KEY_BYTES)",
        _BYTES,
    ),
)
