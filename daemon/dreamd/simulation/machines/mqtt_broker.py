"""The simulated broker: it retains, forwards, and takes a client's name from its older holder."""

from functools import partial
from typing import Final, Protocol

from dreamd.simulation.machines.broker_accounts import BrokerAccounts
from dreamd.simulation.machines.network import NetworkLink
from dreamd.simulation.schedule import MS_NS, SECOND_NS, Schedule
from dreamwire import codec, topics
from dreamwire.messages import WakeOrder
from dreamwire.schema import WIRE_REVISION
from dreamwire.signing import Sealer, seal

FRAMES: Final = topics.FRAMES.partition("+")[0]
"""The prefix of the topics of frames."""
TRIES_NS: Final = 100 * MS_NS
"""From a broker's return to a daemon's, and between the looks of a daemon that does not own its house."""


class PodClient(Protocol):
    """A pod as a client. wanted: the one topic of broadcasts that it has subscribed to."""

    name: str
    alive: bool
    frozen: bool
    link: NetworkLink
    wanted: str
    taken_over: int
    credential: str

    def land(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """A message has reached the pod's machine."""
        ...

    def disconnected(self, why: str) -> None:
        """The connection is gone."""
        ...

    def put_off(self, why: str) -> None:
        """The broker closes the connection."""
        ...


class DaemonClient(Protocol):
    """A daemon as a client: it has subscribed to everything that pods publish."""

    alive: bool
    link: NetworkLink
    reads: int

    @property
    def owns(self) -> bool:
        """Whether its house is surely its own: without it no daemon connects."""
        ...

    def on_message(self, topic: str, payload: bytes) -> None:
        """A message has reached the daemon's machine."""
        ...

    def recall(self, writes: int, place: WakeOrder | None) -> None:
        """The retained count of the ledger's writes, and the place of wake orders where it has moratoria."""
        ...

    def on_broker(self, *, up: bool) -> None:
        """The connection is there, or gone."""
        ...


class GatewayClient(Protocol):
    """A gateway as a client: it publishes alone."""

    link: NetworkLink


class MqttBroker:
    """MQTT as far as both ends need it; a message passes two links, the sender's and the receiver's."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.alive = True
        self.frozen = False
        self.pods: list[PodClient] = []
        self.daemons: list[DaemonClient] = []
        self.gateways: list[GatewayClient] = []
        self._retained: dict[str, bytes] = {}
        self.welcomed = 0  # how often a daemon has connected, as its presence says
        self.daemon_reads = WIRE_REVISION  # by the newest daemon's presence
        self._counted = 0
        self._place: WakeOrder | None = None
        self.accounts: BrokerAccounts | None = None
        self.up_since_ns = self._busy_ns = 0

    # -- accounts ---------------------------------------------------------------------------------

    def keep_accounts(self) -> BrokerAccounts:
        """From now on only clients with an account are let in; those that are connected stay."""
        if self.accounts is None:
            self.accounts = BrokerAccounts(self._put_off)
        return self.accounts

    def lets_in(self, name: str, password: str) -> bool:
        """Whether a pod may connect."""
        return self.accounts is None or self.accounts.lets_in(name, password)

    def _put_off(self, name: str) -> None:
        for pod in self.pods:
            if pod.name == name and pod.link.up:
                pod.put_off("the broker has closed its connection")

    def stall(self, seconds: float) -> None:
        """It writes its accounts: every message waits meanwhile."""
        self._busy_ns = max(self._busy_ns, self._schedule.now_ns + round(seconds * SECOND_NS))

    # -- connections ------------------------------------------------------------------------------

    def greet(self, pod: PodClient) -> None:
        """A pod has connected: close an older connection of that name, send the retained wake order."""
        for other in self.pods:
            if other is not pod and other.name == pod.name and other.link.up:
                other.link.up = False
                other.taken_over += 1
                other.disconnected("taken over")
        if pod not in self.pods:
            self.pods.append(pod)
        order = self._retained.get(topics.WAKE)
        if order is not None:
            pod.link.carry(pod.link.back, lambda: pod.land(topics.WAKE, order, retained=True), qos=1)

    def welcome(self, daemon: DaemonClient) -> None:
        """A daemon has connected: it receives every retained presence."""
        self.daemons = [other for other in self.daemons if other.alive and other is not daemon]
        self.daemons.append(daemon)
        self.welcomed += 1
        self.daemon_reads = daemon.reads
        daemon.recall(self._counted, self._place)
        for topic, payload in self._retained.items():
            if topic != topics.WAKE:
                self._to(daemon, topic, payload)

    # -- what passes ------------------------------------------------------------------------------

    def receive(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """A pod has published something."""
        if not self.alive:
            return
        if self._schedule.now_ns < self._busy_ns:
            self._schedule.at(self._busy_ns, partial(self.receive, topic, payload, retain=retain))
            return
        if retain:
            self._retained[topic] = payload
        for daemon in self.daemons:
            self._to(daemon, topic, payload)

    def will(self, topic: str, payload: bytes) -> None:
        """A client was lost."""
        self.receive(topic, payload, retain=True)

    def _to(self, daemon: DaemonClient, topic: str, payload: bytes) -> None:
        frame = topic.startswith(FRAMES)
        daemon.link.carry(daemon.link.back, partial(daemon.on_message, topic, payload), qos=1, frame=frame)

    def spread(self, topic: str, payload: bytes) -> None:
        """Forward a broadcast to every pod that has subscribed to it."""
        if not self.alive:
            return
        if self._schedule.now_ns < self._busy_ns:
            self._schedule.at(self._busy_ns, partial(self.spread, topic, payload))
            return
        for pod in self.pods:
            if pod.wanted == topic:
                self._hand(pod, topic, payload, 0)

    def hand(self, name: str, topic: str, payload: bytes, *, qos: int = 1) -> None:
        """Forward a message to one pod."""
        if not self.alive:
            return
        if self._schedule.now_ns < self._busy_ns:
            self._schedule.at(self._busy_ns, partial(self.hand, name, topic, payload, qos=qos))
            return
        for pod in self.pods:
            if pod.name == name:
                self._hand(pod, topic, payload, qos)

    def _hand(self, pod: PodClient, topic: str, payload: bytes, qos: int) -> None:
        pod.link.carry(pod.link.back, partial(pod.land, topic, payload), qos=qos)

    def order(self, key: Sealer, order: WakeOrder) -> None:
        """Retain a wake order and send it to all pods."""
        payload = seal(key, codec.WAKE_ORDER, codec.encode(order))
        self._retained[topics.WAKE] = payload
        self._place = order if order.moratoria_revision else None
        for pod in self.pods:
            self._hand(pod, topics.WAKE, payload, 1)

    def unorder(self) -> None:
        """Clear the retained wake order."""
        self._retained.pop(topics.WAKE, None)
        self._place = None

    def remember(self, writes: int) -> None:
        """Retain the count of a daemon's ledger, unless the broker is down."""
        if self.alive:
            self._counted = writes

    # -- its end ----------------------------------------------------------------------------------

    def crash(self) -> None:
        """SIGKILL: every connection is closed, messages under way are lost; retained messages are on disk."""
        self.alive = False
        for daemon in self.daemons:
            daemon.link.cut()
            daemon.on_broker(up=False)
        for pod in self.pods:
            if pod.link.up:
                pod.link.up = False
                if pod.alive and not pod.frozen:
                    pod.disconnected("the broker is gone")

    def restart(self) -> None:
        """It is back; clients return by themselves, each with its own jitter."""
        self.alive, self.up_since_ns = True, self._schedule.now_ns
        for daemon in self.daemons:
            if daemon.alive:
                self._schedule.after(TRIES_NS, partial(self._back, daemon))

    def _back(self, daemon: DaemonClient) -> None:
        if self.alive and daemon.alive and not daemon.owns:
            self._schedule.after(TRIES_NS, partial(self._back, daemon))
        elif self.alive and daemon.alive:
            daemon.link.heal()
            daemon.recall(self._counted, self._place)
            daemon.on_broker(up=True)
            self.welcome(daemon)

    def freeze(self) -> None:
        """SIGSTOP: messages to it are kept."""
        self.frozen = True
        for link in self._links():
            link.hold()

    def thaw(self) -> None:
        """SIGCONT: everything at once."""
        self.frozen, self.up_since_ns = False, self._schedule.now_ns
        for link in self._links():
            link.let_go()

    def _links(self) -> list[NetworkLink]:
        return [client.link for clients in (self.pods, self.daemons, self.gateways) for client in clients]
