"""From the edges of keys to the actions of a button. Pure; time is an argument.

Rules
- A press acts when the key goes down, not when it is released: withdrawing waits for nothing.
- A withdraw key that is held for HOLD_NS wakes as well, once. Any other key does its own action alone.
- Presses of one action within REPEAT_NS are one. The later press is passed on when the time is over, never
  lost, so that a key that stutters cannot flood the agent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dreamedge.ports.button import Pressed

WITHDRAW: Final = "withdraw"
WAKE: Final = "wake"
ACTIONS: Final = (WITHDRAW, WAKE)
HOLD_NS: Final = 3_000_000_000
REPEAT_NS: Final = 250_000_000


@dataclass(frozen=True, slots=True)
class Edge:
    """A key went down or up. action: of the key, empty: none. at_ns: CLOCK_BOOTTIME."""

    key: str
    action: str
    down: bool
    at_ns: int


def tapped(key: str, action: str, at_ns: int) -> tuple[Edge, Edge]:
    """A press of which nothing is known but its moment."""
    return Edge(key, action, down=True, at_ns=at_ns), Edge(key, action, down=False, at_ns=at_ns)


class Presses:
    """The keys that are down, and the presses that wait for their turn. holds: a held key wakes."""

    def __init__(self, *, holds: bool) -> None:
        self._holds = holds
        self._held: dict[str, int] = {}
        self._passed_ns: dict[str, int] = {}
        self._waiting: dict[str, int] = {}

    def take(self, edges: Iterable[Edge], now_ns: int) -> list[Pressed]:
        """Return the presses to pass on now; call it also without edges, by `due_ns`."""
        for edge in edges:
            if not edge.down:
                self._held.pop(edge.key, None)
                continue
            if edge.action:
                self._waiting.setdefault(edge.action, min(edge.at_ns, now_ns))
            if self._holds and edge.action == WITHDRAW:
                self._held.setdefault(edge.key, min(edge.at_ns, now_ns))
        for key, since_ns in [*self._held.items()]:
            if now_ns >= since_ns + HOLD_NS:
                # Above every stamp: the key wakes once, and stays in the table until it goes up.
                self._held[key] = _NEVER_NS
                self._waiting.setdefault(WAKE, since_ns + HOLD_NS)
        ready = [action for action in self._waiting if now_ns >= self._turn_ns(action)]
        self._passed_ns |= dict.fromkeys(ready, now_ns)
        return [Pressed(action, self._waiting.pop(action)) for action in ready]

    def due_ns(self) -> int:
        """When time alone may pass on a press."""
        turns = [self._turn_ns(action) for action in self._waiting]
        return min([*turns, *(since_ns + HOLD_NS for since_ns in self._held.values())], default=_NEVER_NS)

    def forget(self) -> None:
        """Forget the keys that are down: the device is gone, and its releases with it."""
        self._held.clear()

    def _turn_ns(self, action: str) -> int:
        passed_ns = self._passed_ns.get(action)
        return 0 if passed_ns is None else passed_ns + REPEAT_NS


_NEVER_NS: Final = 1 << 62
