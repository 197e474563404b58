"""Parcels that could not be written at once, because the broker is away or does not read.

Bounded, and each kind has its own policy when full:

- Collectives: the newest of a (Dreamscape, cohort) wins, at most COHORTS of them. An older one answers frames
  that are no longer fresh, so pods would refuse it.
- Orders that let people go (release, wake): the newest of each pod and kind, never dropped. The bound is the
  fleet's size.
- Other orders: COMMANDS of them, the oldest dropped. The fleet resends until the pod has answered.

Orders that let people go are sent first, then collectives (zeros travel in them), then the rest.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

COHORTS: Final = 1024
COMMANDS: Final = 1024


@dataclass(frozen=True, slots=True)
class Parcel:
    """One publish: topic, payload, quality of service, retained or not."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False


class Outbox:
    """The parcels that wait."""

    def __init__(self) -> None:
        """Begin empty."""
        self._letting_go: OrderedDict[tuple[str, str], Parcel] = OrderedDict()
        self._collectives: OrderedDict[str, Parcel] = OrderedDict()
        self._commands: deque[Parcel] = deque()

    def __len__(self) -> int:
        """The number of waiting parcels."""
        return len(self._letting_go) + len(self._collectives) + len(self._commands)

    def collective(self, parcel: Parcel) -> int:
        """Park a broadcast; return the number dropped for it."""
        replaced = self._collectives.pop(parcel.topic, None) is not None
        self._collectives[parcel.topic] = parcel
        if len(self._collectives) > COHORTS:
            self._collectives.popitem(last=False)
            return 1
        return int(replaced)

    def letting_go(self, kind: str, parcel: Parcel) -> None:
        """Park a release or a wake; the newest of its pod and kind replaces older ones."""
        self._letting_go.pop((kind, parcel.topic), None)
        self._letting_go[kind, parcel.topic] = parcel

    def command(self, parcel: Parcel) -> int:
        """Park any other order; return the number dropped for it."""
        self._commands.append(parcel)
        if len(self._commands) > COMMANDS:
            self._commands.popleft()
            return 1
        return 0

    def forget_collectives(self) -> int:
        """Drop the broadcasts: after an outage they are stale. Return the number dropped."""
        count = len(self._collectives)
        self._collectives.clear()
        return count

    def first(self) -> Parcel | None:
        """The next parcel to send, or None; it stays until `sent`."""
        if self._letting_go:
            return next(iter(self._letting_go.values()))
        if self._collectives:
            return next(iter(self._collectives.values()))
        return self._commands[0] if self._commands else None

    def sent(self) -> None:
        """Remove the parcel that `first` returned."""
        if self._letting_go:
            self._letting_go.popitem(last=False)
        elif self._collectives:
            self._collectives.popitem(last=False)
        elif self._commands:
            self._commands.popleft()
