"""Congestion: constant delay, jitter, bufferbloat, and a flood by one sender.

A delay is of one link or of all, from the pods, to them, or both, between LEAST_S and MOST_S, and lasts for
up to minutes. Where a link keeps its order, everything that was sent during a delay arrives at its own rate,
and everything sent after it stands in the queue behind it: bufferbloat. A flood is a sender that fills the
queue in front of the daemon: the others wait in it, longer and longer until it is full, and then lose frames.

Congestion touches neither a pod nor a person, so every sever that follows from it has a transport cause.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.machines.network import NetworkLink
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

LEAST_S, MOST_S = 0.2, 10.0
"""One way."""
NIGHTS: Final = 0.5
"""Share of nights with congestion, of those with faults of every kind."""
DIRECTIONS: Final = ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
"""From the pod, to the pod, both."""

Act = Callable[[World, Pod, float, random.Random], None]


@dataclass(frozen=True, slots=True)
class Delay:
    """A link that delays each message by a time of its own, uniform between two bounds, which may be equal.

    out_s: for messages that the client of the link sends; back_s: for messages to it. reorders: order is not
    kept.
    """

    out_s: tuple[float, float]
    back_s: tuple[float, float]
    reorders: bool = False

    def held_s(self, now_s: float, rng: random.Random, *, out: bool) -> float:  # noqa: ARG002 - as a flood
        """The delay of a message that is sent now."""
        low_s, high_s = self.out_s if out else self.back_s
        return low_s + (high_s - low_s) * rng.random()

    def drops(self, now_s: float, rng: random.Random) -> bool:  # noqa: ARG002 - as a flood
        """Whether a frame that is sent now finds no room."""
        return False


@dataclass(frozen=True, slots=True)
class Flood:
    """A queue in front of one client that another sender fills from `began_s` on.

    rises: seconds of waiting that each second adds. most_s: the wait in a full queue. loss: share of frames
    that find no room in a full queue.
    """

    began_s: float
    rises: float
    most_s: float
    loss: float
    reorders: bool = False

    def held_s(self, now_s: float, rng: random.Random, *, out: bool) -> float:  # noqa: ARG002 - as a delay
        """The wait of a message that is sent now."""
        return 0.0 if out else min((now_s - self.began_s) * self.rises, self.most_s)

    def drops(self, now_s: float, rng: random.Random) -> bool:
        """Whether a frame that is sent now finds no room."""
        full = (now_s - self.began_s) * self.rises >= self.most_s
        return full and rng.random() < self.loss


Lag = Delay | Flood


def lag(link: NetworkLink, what: Lag) -> Callable[[], None]:
    """Let this link lag from now on; returns the function that ends it. A later lag takes its place."""
    link.lag = what

    def over() -> None:
        if link.lag is what:
            link.lag = None

    return over


def drawn_delay(rng: random.Random) -> Delay:
    """Draw a delay: constant or with jitter, one direction or both, with order kept or not."""
    seconds = LEAST_S * (MOST_S / LEAST_S) ** rng.random()
    low_s = seconds if rng.random() < 0.5 else rng.uniform(0.0, seconds)  # noqa: PLR2004 - as likely as not
    out, back = rng.choice(DIRECTIONS)
    times = (low_s * out, seconds * out), (low_s * back, seconds * back)
    return Delay(*times, reorders=rng.random() < 0.3)  # noqa: PLR2004 - most ways keep the order


def _delay(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """One link is slow."""
    later(world, lasts_s, lag(pod.link, drawn_delay(rng)))


def _delay_all(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """Every pod's link is slow in the same way: their uplink, or the daemon's."""
    what = drawn_delay(rng)
    for pod in world.pods:
        later(world, lasts_s, lag(pod.link, what))


def _delay_some(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A part of the pods is slow, each in its own way."""
    for pod in rng.sample(world.pods, rng.randint(1, len(world.pods))):
        later(world, lasts_s, lag(pod.link, drawn_delay(rng)))


def _flood(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """One sender fills the queue in front of the daemon."""
    if world.daemon is not None:
        flood = Flood(world.schedule.now_s, rng.uniform(0.2, 3.0), rng.uniform(1.0, MOST_S), rng.random())
        later(world, lasts_s, lag(world.daemon.link, flood))


CONGESTION: Final[dict[str, tuple[Act, float, float]]] = {
    "delay": (_delay, 2.0, 60.0),
    "delay-some": (_delay_some, 2.0, 60.0),
    "delay-all": (_delay_all, 2.0, 60.0),
    "flood": (_flood, 2.0, 30.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
