"""The links to the brokers of a house, as one link to its pods.

One link a broker; each keeps its own connection alive, with its own presence and will, and its own outbox. So
a broker that is dead, or does not read, delays nothing at another.

Rules
- A message to one pod goes to the broker at which the pod spoke last; where the pod is not known, to each.
- A broadcast is encrypted and signed once, and goes to each: a broker without a seat of its cohort delivers
  it to no pod. So it also reaches a pod that has just moved, or has just lost its slot.
- Retained messages (wake order, count of writes, presence with its checkpoint) stand at each; a broker that
  was away has them again as it is reached.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from dreamd.adapters.mqtt.intake import Intake
from dreamd.adapters.mqtt.link import MqttLink
from dreamd.ports.metrics import LinkMetrics
from dreamd.ports.pod_link import CohortKey
from dreamwire.messages import ClockProbe, Collective, Command, WakeOrder

FIRST: Final = "mqtt"


class BrokerLinks:
    """ports.pod_link.PodLink over one link a broker."""

    def __init__(self, links: Sequence[MqttLink]) -> None:
        """links: in the order of the brokers' numbers; at least one."""
        self._links = tuple(links)
        self.place_of: Callable[[str], int | None] = lambda _pod: None
        """The number of the broker of a pod, None where it is not known; set once the fleet is there."""

    def reached(self, broker: int) -> bool:
        """Whether this broker is connected."""
        return not self._links[broker].trouble

    @property
    def trouble(self) -> str:
        """Why no broker is connected; empty while one is."""
        troubles = self.notes()
        return "; ".join(troubles) if len(troubles) == len(self._links) else ""

    def notes(self) -> tuple[str, ...]:
        """Why each broker that is not connected is not."""
        return tuple(link.trouble for link in self._links if link.trouble)

    def tasks(self, intakes: Sequence[Intake]) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """The eternal task of each link by its name; intakes: one a broker."""
        names = (FIRST, *(f"{FIRST}-{number}" for number in range(2, len(self._links) + 1)))
        pairs = zip(names, self._links, intakes, strict=True)
        return {name: lambda link=link, intake=intake: link.run(intake) for name, link, intake in pairs}  # type: ignore[misc]

    async def close(self) -> None:
        """Leave each broker; safe to call twice."""
        await asyncio.gather(*(link.close() for link in self._links))

    # -- to one pod ---------------------------------------------------------------------------------

    def _of(self, pod: str) -> tuple[MqttLink, ...]:
        place = self.place_of(pod)
        return self._links if place is None else self._links[place : place + 1]

    def command(self, command: Command) -> None:
        """Sign and send once, to the broker of the pod."""
        for link in self._of(command.pod):
            link.command(command)

    def answer(self, pod: str, probe: ClockProbe) -> None:
        """Answer a clock probe at the broker of the pod."""
        for link in self._of(pod):
            link.answer(pod, probe)

    def seek(self, pod: str) -> None:
        """Ask for this pod's presence again."""
        for link in self._of(pod):
            link.seek(pod)

    # -- to all -------------------------------------------------------------------------------------

    def publish(self, collective: Collective, key: CohortKey | None = None) -> None:
        """Encrypt and sign once, and broadcast at each broker; an unsent older one is dropped."""
        parcel = self._links[0].sealed(collective, key)
        for link in self._links:
            link.broadcast(parcel)

    def draw_key(self, number: int) -> CohortKey:
        """Draw a key for a cohort from the system's randomness."""
        return self._links[0].draw_key(number)

    def wake(self, order: WakeOrder) -> None:
        """Publish retained at each broker."""
        for link in self._links:
            link.wake(order)

    def clear_wake(self) -> None:
        """Publish nothing, retained, at each broker."""
        for link in self._links:
            link.clear_wake()

    def count(self, writes: int) -> None:
        """Publish retained at each broker."""
        for link in self._links:
            link.count(writes)

    def checkpoint(self, note: str) -> None:
        """Publish the presence again at each broker, with this checkpoint."""
        for link in self._links:
            link.checkpoint(note)


class BrokerMeter:
    """ports.metrics.LinkMetrics of one of several links: the broker counts as reached where each is."""

    def __init__(self, meters: LinkMetrics, reached: set[int], broker: int, brokers: int) -> None:
        """reached: the numbers of those that are, shared by all; brokers: how many there are."""
        self._meters, self._reached, self._broker, self._brokers = meters, reached, broker, brokers

    def link(self, *, up: bool) -> None:
        """Record that this broker has been reached or lost."""
        if up:
            self._reached.add(self._broker)
        else:
            self._reached.discard(self._broker)
        self._meters.link(up=len(self._reached) == self._brokers)

    def link_dropped(self, what: str) -> None:
        """Count a drop from a full queue."""
        self._meters.link_dropped(what)
