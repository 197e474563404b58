"""The brokers of the house: whether each is reached, and since when.

A house has one broker or several, and each pod is at one of them. A pod belongs to the broker at which it
spoke last: its broker is in its record, and moves with its next status. The will of a connection that it has
left behind at another broker is no word of the pod.

A broker that is lost concerns the pods that belong to it, and no others.
"""

from dataclasses import dataclass

THE_ONE = ("the broker",)


@dataclass(frozen=True, slots=True)
class Broker:
    """Whether the broker is reached, and since when, session seconds; 0: it has never been reached."""

    up: bool = False
    since_s: float = 0.0

    def sentence(self, before: "Broker", name: str = "broker") -> str:
        """The change in words; after an outage with its seconds."""
        at = "" if name == "broker" else " there"
        if not self.up:
            return f"{name} lost: every bed{at} switches to zero by its own 1 s timeout"
        if before.since_s > 0.0 and not before.up:
            return f"{name} reached again after {self.since_s - before.since_s:.0f} s"
        return f"{name} reached"


class BrokerStates:
    """The brokers by number, from 0. names: set once, before the first is reached; one: it has no name."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ("",)
        self._states = [Broker()]

    def name_brokers(self, names: tuple[str, ...]) -> None:
        """Take the addresses of the brokers, in the order of their numbers."""
        self._names = names
        self._states = [Broker()] * len(names)

    @property
    def several(self) -> bool:
        """Whether the house has more than one."""
        return len(self._states) > 1

    @property
    def count(self) -> int:
        """The number of brokers."""
        return len(self._states)

    def name(self, broker: int) -> str:
        """Return its name in a sentence; the only one is `the broker`."""
        return f"the broker {self._names[broker]}" if self.several else "the broker"

    def lost(self, broker: int) -> bool:
        """Whether it was reached once and is not reached now."""
        state = self._states[broker]
        return not state.up and state.since_s > 0.0

    @property
    def unreached(self) -> tuple[str, ...]:
        """The addresses of those that are not reached; of the only one its empty name."""
        return tuple(name for name, state in zip(self._names, self._states, strict=True) if not state.up)

    def change(self, broker: int, now_s: float, *, up: bool) -> str:
        """The broker has been reached or lost; return that in words."""
        before = self._states[broker]
        self._states[broker] = now = Broker(up, now_s)
        return now.sentence(before, self.name(broker) if self.several else "broker")

    @property
    def whole(self) -> Broker:
        """All of them as one: reached where each is; since the last change of that."""
        since_s = max(state.since_s for state in self._states)
        return Broker(not self.unreached, since_s)
