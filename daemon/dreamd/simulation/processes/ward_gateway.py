"""A ward's gateway in the simulation: it gathers the frames of its beds, over a line of its own.

It follows `dreamedge.adapters.gateway`: it takes frames only while it takes itself for connected, and sends
those of one cohort together 20 ms after the first. A line that is cut is noticed after a keepalive and a
half; until then the frames are lost. A night may let it be denied in silence, send everything twice, or mix
in the frames of a stranger.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from dreamd.simulation.environment import Environment
from dreamd.simulation.machines.network import KEEPALIVE_NS
from dreamd.simulation.schedule import MS_NS, SECOND_NS
from dreamwire import codec, topics
from dreamwire.messages import Frame

GATHER_NS: Final = 20 * MS_NS
TOGETHER: Final = 96
RECONNECT_NS: Final = SECOND_NS // 2

Mix = Callable[[], tuple[Frame, ...]]


class WardGateway:
    """One gateway. alive: its process runs. credential: at a broker that keeps accounts.

    denied: the broker drops what it publishes, without a word. copies: how often it sends each message. mix:
    makes the frames that it adds of itself; None: it adds none.
    """

    def __init__(self, environment: Environment, name: str) -> None:
        self._schedule, self._broker = environment.schedule, environment.broker
        self.name, self.link, self.credential = name, environment.link(), ""
        self.alive, self.denied, self.copies = True, False, 1
        self.mix: Mix | None = None
        self._waiting: dict[tuple[str, int], list[Frame]] = {}
        self._broker.gateways.append(self)

    @property
    def connected(self) -> bool:
        """Whether it takes itself for connected."""
        broker = self._broker
        back = self._schedule.now_ns - broker.up_since_ns >= RECONNECT_NS or broker.up_since_ns == 0
        return (
            self.alive
            and self.link.up
            and broker.alive
            and back
            and broker.lets_in(self.name, self.credential)
        )

    def take_frame(self, dreamscape: str, cohort: int, frame: Frame) -> bool:
        """Take a frame to send it soon; False: not connected, and the bed sends it itself."""
        if not self.connected:
            return False
        place = dreamscape, cohort
        waiting = self._waiting.setdefault(place, [])
        waiting.append(frame)
        if len(waiting) >= TOGETHER:
            self._send(place)
        elif len(waiting) == 1:
            self._schedule.after(GATHER_NS, lambda: self._send(place))
        return True

    def _send(self, place: tuple[str, int]) -> None:
        frames = self._waiting.pop(place, [])
        if not frames or not self.connected:
            return
        mixed = self.mix() if self.mix is not None else ()
        payload = codec.encode_frames((*frames, *mixed), plain=True)
        deliver = partial(self._reach, topics.frames(*place, self.name), payload)
        for _ in range(self.copies):
            self.link.carry(self.link.out, deliver, qos=0, frame=True)

    def _reach(self, topic: str, payload: bytes) -> None:
        if not self.denied:
            self._broker.receive(topic, payload)

    def cut(self) -> None:
        """A partition, which both ends notice after a keepalive and a half."""
        self.link.cut()
        self._schedule.after(KEEPALIVE_NS, self._give_up)

    def _give_up(self) -> None:
        if not self.link.whole:
            self.link.up = False

    def heal(self) -> None:
        """The line is whole again, and the gateway connects."""
        self.link.heal()
        self._schedule.after(RECONNECT_NS, self._connect)

    def _connect(self) -> None:
        self.link.up = self.link.up or not self.link.out.cut

    def die(self) -> None:
        """SIGKILL: what waits is lost."""
        self.alive = False
        self._waiting.clear()

    def run_again(self) -> None:
        """The process runs again."""
        self.alive = True
