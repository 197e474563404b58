"""Receipts: which events of a pod's outbox are to be acknowledged once what they came to is in the ledger.

A pod tells an event again until it is acknowledged, so whatever is not remembered here is told again.
"""

from collections.abc import Callable
from typing import Final

from dreamd.app.fleet.commands import CommandQueue
from dreamd.app.fleet.registry import PodRegistry
from dreamd.ports.clock import SessionClock
from dreamwire.messages import Ack

OWED_A_POD: Final = 32


class EventReceipts:
    """Acknowledges events: at once where what their pod told of is in the ledger, else once it is."""

    def __init__(
        self, settled: Callable[[str], bool], orders: CommandQueue, fleet: PodRegistry, clock: SessionClock
    ) -> None:
        """settled: whether what this pod has told of is in the ledger."""
        self._settled = settled
        self._orders = orders
        self._fleet = fleet
        self._clock = clock
        self._owed: dict[str, list[bytes]] = {}

    def owe(self, pod: str, event_id: bytes) -> None:
        """An event was taken in."""
        owed = self._owed.setdefault(pod, [])
        if event_id not in owed and len(owed) < OWED_A_POD:
            owed.append(event_id)
        self._pay_one(pod)

    def pay(self) -> None:
        """Acknowledge what is in the ledger by now."""
        for pod in tuple(self._owed):
            self._pay_one(pod)

    def _pay_one(self, pod: str) -> None:
        record = self._fleet.get(pod)
        if record is None:
            del self._owed[pod]
        elif self._settled(pod):
            ids = tuple(self._owed.pop(pod))
            self._orders.send(pod, record.incarnation, Ack(ids), self._clock.now_s())
