"""The simulated broker: it retains, hands on, and takes a client's name from its older holder."""

from functools import partial
from typing import TYPE_CHECKING, Final

from dreamd.simulation.schedule import MS_NS
from dreamwire import codec, topics
from dreamwire.messages import WakeOrder
from dreamwire.signing import Sealer, seal

if TYPE_CHECKING:
    from dreamd.simulation.machines.daemons import DaemonProcess
    from dreamd.simulation.machines.pods import Pod

FRAMES: Final = topics.FRAMES.partition("+")[0]
"""What the topics of frames begin with."""


class MqttBroker:
    """MQTT as far as both ends need it; a message passes two lines, the sender's and the receiver's."""

    def __init__(self) -> None:
        self.alive = True
        self.frozen = False
        self.pods: list[Pod] = []
        self.owners: list[DaemonProcess] = []
        self._retained: dict[str, bytes] = {}
        self._counted = 0

    # -- who is connected -------------------------------------------------------------------------

    def greet(self, pod: "Pod") -> None:
        """A pod has connected: an older connection of that name is closed, what is retained is told."""
        for other in self.pods:
            if other is not pod and other.name == pod.name and other.line.up:
                other.line.up = False
                other.taken_over += 1
                other.disconnected("taken over")
        if pod not in self.pods:
            self.pods.append(pod)
        order = self._retained.get(topics.WAKE)
        if order is not None:
            pod.line.carry(pod.line.back, lambda: pod.land(topics.WAKE, order, retained=True), qos=1)

    def welcome(self, owner: "DaemonProcess") -> None:
        """A daemon has connected: it hears every presence that is retained."""
        self.owners = [other for other in self.owners if other.alive and other is not owner]
        self.owners.append(owner)
        owner.recall(self._counted)
        for topic, payload in self._retained.items():
            if topic != topics.WAKE:
                self._to(owner, topic, payload)

    # -- what passes ------------------------------------------------------------------------------

    def receive(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Something a pod has published."""
        if not self.alive:
            return
        if retain:
            self._retained[topic] = payload
        for owner in self.owners:
            self._to(owner, topic, payload)

    def will(self, topic: str, payload: bytes) -> None:
        """A client was lost."""
        self.receive(topic, payload, retain=True)

    def _to(self, owner: "DaemonProcess", topic: str, payload: bytes) -> None:
        frame = topic.startswith(FRAMES)
        owner.line.carry(owner.line.back, partial(owner.take, topic, payload), qos=1, frame=frame)

    def spread(self, topic: str, payload: bytes) -> None:
        """A broadcast, to whoever listens."""
        if not self.alive:
            return
        for pod in self.pods:
            if pod.wanted == topic:
                self._hand(pod, topic, payload, 0)

    def hand(self, name: str, topic: str, payload: bytes, *, qos: int = 1) -> None:
        """Something for one pod."""
        if not self.alive:
            return
        for pod in self.pods:
            if pod.name == name:
                self._hand(pod, topic, payload, qos)

    def _hand(self, pod: "Pod", topic: str, payload: bytes, qos: int) -> None:
        pod.line.carry(pod.line.back, partial(pod.land, topic, payload), qos=qos)

    def order(self, key: Sealer, order: WakeOrder) -> None:
        """A wake order: retained, told to all."""
        payload = seal(key, codec.WAKE_ORDER, codec.encode(order))
        self._retained[topics.WAKE] = payload
        for pod in self.pods:
            self._hand(pod, topics.WAKE, payload, 1)

    def unorder(self) -> None:
        """The retained place of wake orders is emptied."""
        self._retained.pop(topics.WAKE, None)

    def remember(self, writes: int) -> None:
        """The count of a daemon's ledger, retained; a broker that is gone hears nothing."""
        if self.alive:
            self._counted = writes

    # -- its end ----------------------------------------------------------------------------------

    def crash(self) -> None:
        """SIGKILL: every connection is closed, what was under way is lost; retained messages are on disk."""
        self.alive = False
        for owner in self.owners:
            owner.line.cut()
            owner.app.inbound.on_link(up=False)
        for pod in self.pods:
            if pod.line.up:
                pod.line.up = False
                if pod.alive and not pod.frozen:
                    pod.disconnected("the broker is gone")

    def restart(self) -> None:
        """It is back; clients return by themselves, each with its own jitter."""
        self.alive = True
        for owner in self.owners:
            if owner.alive:
                owner.world.schedule.after(100 * MS_NS, lambda owner=owner: self._back(owner))  # type: ignore[misc]

    def _back(self, owner: "DaemonProcess") -> None:
        if self.alive and owner.alive:
            owner.line.heal()
            owner.recall(self._counted)
            owner.app.inbound.on_link(up=True)
            self.welcome(owner)

    def freeze(self) -> None:
        """SIGSTOP: it keeps what it is sent."""
        self.frozen = True
        for line in [pod.line for pod in self.pods] + [owner.line for owner in self.owners]:
            line.hold()

    def thaw(self) -> None:
        """SIGCONT: everything at once."""
        self.frozen = False
        for line in [pod.line for pod in self.pods] + [owner.line for owner in self.owners]:
            line.let_go()
