"""Planned handovers: what the next owner takes on trust, and from whom."""

from typing import Final

from mutate.mutation import Mutation

_SLOTS: Final = "daemon/dreamd/app/dreamscapes/drivers/handed_slots.py"
_REGISTRY: Final = "daemon/dreamd/app/safety/breaker_registry.py"
_ROW: Final = "daemon/dreamd/adapters/ledger/house/house_row.py"
_APP: Final = ("tests/app/test_handover.py",)
_LEASE: Final = ("tests/conformance/test_house_lease.py",)

HANDOVERS: Final = (
    Mutation(
        "handover.direct",
        "any old handover closes breakers",
        _SLOTS,
        "            self._direct\n",
        "            True\n",
        _APP,
    ),
    Mutation(
        "handover.assignment",
        "a pod with another assignment is as well as it was left",
        _SLOTS,
        "and slot.assignment == status.assignment",
        "and True",
        _APP,
    ),
    Mutation(
        "handover.fault",
        "a fault of the pod's own is excused by a handover",
        _SLOTS,
        "or severed.cause != Cause.DAEMON.value",
        "or False",
        _APP,
    ),
    Mutation(
        "handover.told-before",
        "a clock that jumped before the first status is forgotten by it",
        _SLOTS,
        "            and record.pod not in self._doubted\n",
        "",
        _APP,
    ),
    Mutation(
        "handover.term",
        "a handover excuses the zeros of every term",
        _SLOTS,
        "and severed.term == slot.term",
        "and True",
        _APP,
    ),
    Mutation(
        "handover.tripped",
        "an owner vouches for a pod with an open breaker",
        _SLOTS,
        "if record.breaker.may_couple and record.incarnation == seat.incarnation:",
        "if record.incarnation == seat.incarnation:",
        _APP,
    ),
    Mutation(
        "handover.blind",
        "a blind owner vouches for its pods",
        _SLOTS,
        " or record.broker in lost",
        "",
        _APP,
    ),
    Mutation(
        "handover.earlier-trip",
        "a handover forgets a trip of the last half hour",
        _REGISTRY,
        "_replace(tripped_s=earlier_s)",
        "_replace(tripped_s=-inf)",
        _APP,
    ),
    Mutation(
        "handover.doubt",
        "a restored ledger closes breakers by the handover in it",
        _REGISTRY,
        "        if self._doubted_s:\n            return False\n",
        "",
        _APP,
    ),
    Mutation(
        "handover.released",
        "a handover releases every pod",
        "daemon/dreamd/app/dreamscapes/registry.py",
        "            if not hands_over:\n",
        "            if True:\n",
        _APP,
    ),
    Mutation(
        "handover.planned",
        "a daemon that fails vouches for its pods",
        "daemon/dreamd/composition.py",
        "heir = heir_of(self._ledger) if self._planned else None",
        "heir = heir_of(self._ledger)",
        ("tests/daemon/test_standby.py",),
    ),
    Mutation(
        "handover.heir",
        "the house is left to a standby that cannot take it",
        "daemon/dreamd/core/fleet/house.py",
        "next((one for one in self.standbys if not one.lacks), None)",
        "next(iter(self.standbys), None)",
        ("tests/daemon/test_standby.py",),
    ),
    Mutation(
        "handover.given-up",
        "an owner that died over its handover has handed over",
        _ROW,
        "if fresh and found.state is HouseState.HANDED_OVER else 0",
        "if fresh else 0",
        _LEASE,
    ),
    Mutation(
        "handover.fresh",
        "a handover is fresh for ever",
        _ROW,
        "fresh = 0.0 <= found.now_s - found.lease_until_s <= HANDOVER_FRESH_S",
        "fresh = True",
        _LEASE,
    ),
)
