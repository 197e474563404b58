"""The links to the broker: delay, loss, duplication, reordering, cuts, congestion.

A link carries one client's messages both ways. QoS 0 may be lost; QoS 1 is lost only where a link is cut
(both ends resend whatever matters). MQTT keeps the order of one connection; a link may be set not to, which
is harsher than any broker. A blackhole keeps every message and lets them all through at once when it ends. A
will is published when a process dies (at once) or its link has been dead for a keepalive and a half.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from dreamd.simulation.schedule import MS_NS, SECOND_NS, Schedule

KEEPALIVE_NS: Final = round(7.5 * SECOND_NS)
"""A broker gives up a client after one and a half keepalives of 5 s."""

Deliver = Callable[[], None]


@dataclass
class NetworkConditions:
    """How a link behaves. delay_s: one way, uniform; loss: share of QoS 0; duplicates: of QoS 1."""

    delay_s: tuple[float, float] = (0.001, 0.006)
    loss: float = 0.0
    duplicates: float = 0.0
    reorders: bool = False


class Lag(Protocol):
    """Congestion of one link: it holds messages back, and may drop frames."""

    @property
    def reorders(self) -> bool:
        """The order of messages is not kept."""
        ...

    def held_s(self, now_s: float, rng: random.Random, *, out: bool) -> float:
        """The delay of a message that is sent now."""
        ...

    def drops(self, now_s: float, rng: random.Random) -> bool:
        """Whether a frame that is sent now finds no room."""
        ...


@dataclass
class Way:
    """One direction of a link."""

    cut: bool = False
    held: list[Deliver] | None = None
    newest_ns: int = 0


@dataclass
class NetworkLink:
    """One client's connection to the broker.

    up: the broker holds a session for it. out, back: towards the broker, and from it. lag: congestion, which
    adds to the delay of the conditions, and drops frames.
    """

    schedule: Schedule
    rng: random.Random
    conditions: NetworkConditions
    up: bool = True
    out: Way = field(default_factory=Way)
    back: Way = field(default_factory=Way)
    lag: Lag | None = None

    def carry(self, way: Way, deliver: Deliver, *, qos: int, frame: bool = False) -> None:
        """Send one message along a way; it may arrive late, twice or never. frame: a full queue drops it."""
        if way.cut or not self.up:
            return
        conditions = self.conditions
        if way.held is not None:
            way.held.append(deliver)
            return
        if qos == 0 and conditions.loss and self.rng.random() < conditions.loss:
            return
        if frame and self.lag is not None and self.lag.drops(self.schedule.now_s, self.rng):
            return
        self._send(way, deliver)
        if qos and conditions.duplicates and self.rng.random() < conditions.duplicates:
            self._send(way, deliver)

    def _send(self, way: Way, deliver: Deliver) -> None:
        conditions, schedule, lag = self.conditions, self.schedule, self.lag
        low_s, high_s = conditions.delay_s
        due_ns = schedule.now_ns + round((low_s + (high_s - low_s) * self.rng.random()) * SECOND_NS)
        if lag is not None:
            due_ns += round(lag.held_s(schedule.now_s, self.rng, out=way is self.out) * SECOND_NS)
        if not (conditions.reorders or (lag is not None and lag.reorders)):
            if due_ns < way.newest_ns:
                due_ns = way.newest_ns
            else:
                way.newest_ns = due_ns
        schedule.at(due_ns, deliver)

    def hold(self) -> None:
        """A blackhole: both ways keep every message."""
        for way in (self.out, self.back):
            way.held = [] if way.held is None else way.held

    def let_go(self) -> None:
        """The blackhole ends: everything held comes at once, in order."""
        for way in (self.out, self.back):
            held, way.held = way.held or [], None
            for deliver in held:
                self.schedule.after(MS_NS, deliver)

    def cut(self, *, out: bool = True, back: bool = True) -> None:
        """A partition: every message is lost."""
        self.out.cut, self.back.cut = out, back

    def heal(self) -> None:
        """The link is whole again, and nothing held is delivered."""
        self.out.cut = self.back.cut = False
        self.out.held = self.back.held = None

    @property
    def whole(self) -> bool:
        """Messages pass both ways."""
        ways = (self.out, self.back)
        return self.up and not any(way.cut or way.held is not None for way in ways)
