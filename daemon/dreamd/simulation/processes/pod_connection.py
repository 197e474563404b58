"""The connection of a simulated pod to the broker: it is lost, closed and tried again."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from dreamd.simulation.environment import Environment
from dreamd.simulation.machines.mqtt_broker import MqttBroker
from dreamd.simulation.machines.network import KEEPALIVE_NS, NetworkLink
from dreamd.simulation.machines.pod_hardware import Disk
from dreamd.simulation.schedule import MS_NS, SECOND_NS, Schedule
from dreamedge.adapters.message_verifier import MessageVerifier, ReceivedPayload
from dreamedge.ports.link import Arrival, Connected, Disconnected
from dreamwire import codec, topics
from dreamwire.messages import Presence

BACK_OFF_MAX_NS, BACK_OFF_MIN_NS = 10 * SECOND_NS, SECOND_NS // 5


class PodConnection(ABC):
    """A client of the broker (`mqtt_broker.PodClient`)."""

    name: str
    credential: str
    wanted: str
    link: NetworkLink
    disk: Disk
    alive: bool
    frozen: bool
    taken_over: int
    _environment: Environment
    _schedule: Schedule
    _broker: MqttBroker
    _verifier: MessageVerifier
    _waiting: list[Arrival]
    _planned_ns: int
    _tries: int
    _connected: int

    @abstractmethod
    def local_ns(self) -> int:
        """This pod's CLOCK_BOOTTIME."""

    @abstractmethod
    def _publish(self, leaf: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Publish on a topic of this pod."""

    @abstractmethod
    def _arrived(self) -> None:
        """Hear what has arrived, now."""

    @abstractmethod
    def presence(self, *, online: bool) -> Presence:
        """The presence that this process publishes."""

    def watch_link(self) -> None:
        """The link is not whole: after a keepalive and a half both ends give the connection up."""
        self._expire(lambda: not self.link.whole)

    def _expire(self, still: Callable[[], bool]) -> None:
        life = self.disk.starts

        def give_up() -> None:
            if still() and self.link.up and life == self.disk.starts:
                self._lose_link()
                if self.alive and not self.frozen:
                    self.disconnected("no answer")

        self._schedule.after(KEEPALIVE_NS, give_up)

    def _lose_link(self) -> None:
        """The broker has lost this client and publishes its will."""
        if self.link.up:
            self.link.up = False
            self._broker.will(topics.pod_topic(self.name, "presence"), self._word(online=False))

    def put_off(self, why: str) -> None:
        """The broker closes the connection and reads nothing more from it."""
        self._lose_link()
        self.taken_over += 1
        if self.alive and not self.frozen:
            self.disconnected(why)

    def disconnected(self, why: str) -> None:
        """The connection is gone; try again, with jitter, until it is back."""
        self._arrive(Disconnected(why, self.local_ns()))
        self._tries = 0
        self._try_again()

    def _try_again(self) -> None:
        most_ns = min(BACK_OFF_MIN_NS << min(self._tries, 10), BACK_OFF_MAX_NS)
        self._tries += 1
        life = self.disk.starts
        delay_ns = self._environment.rng.randrange(most_ns) + MS_NS
        self._schedule.after(delay_ns, lambda: self.connect() if life == self.disk.starts else None)

    def connect(self) -> None:
        """Connect to the broker, publish presence, receive the retained messages."""
        if not self.alive or self.link.up:
            return
        away = not self._broker.alive or self.link.out.cut or self.link.out.held is not None
        if self.frozen or away or not self._broker.lets_in(self.name, self.credential):
            self._try_again()
            return
        self.link.up = True
        self._publish("presence", self._word(online=True), qos=1, retain=True)
        self._broker.greet(self)
        self._connected += 1
        self._waiting.append(Connected(self.local_ns()))
        if self._planned_ns:
            self._arrived()

    def _word(self, *, online: bool) -> bytes:
        return codec.encode(self.presence(online=online))

    def land(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """A message has reached this pod's machine."""
        if not self.alive or not self.link.up:
            return
        judged = self._verifier.open_message(ReceivedPayload(topic, payload, retained, self.local_ns()))
        if judged is not None:
            self._waiting.append(judged)
            self._arrived()

    def _arrive(self, arrival: Arrival) -> None:
        self._waiting.append(arrival)
        self._arrived()
