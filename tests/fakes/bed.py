"""A bed whose link, disk and journal are lists: nobody hears it, and what it would say is kept."""

import random
from collections.abc import Callable

from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.app.pod_runner import Parts, PodRunner
from dreamedge.core.agent import Agent, Identity, Restored
from dreamedge.core.clock import SessionClock
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamedge.core.signal.features import FrontEnd
from dreamedge.ports.implant import Implant
from dreamedge.ports.link import Arrival
from dreamedge.ports.recorder import Recorder
from dreamwire.messages import ClockProbe, Frame, PodEvent, Status, StoredSever
from dreamwire.schema import BANDS6X2


class Alone:
    """Ports Link, Keep and Journal of a bed that is connected to nothing."""

    dropped = 0
    failed = ""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, float | int | str]]] = []
        self.events: list[PodEvent] = []
        self.statuses: list[Status] = []

    def note(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> None:
        """Keep a fact."""
        self.notes.append((kind, values))

    def event(self, event: PodEvent) -> None:
        """Keep an event; link and disk are one here, so it comes twice."""
        if event not in self.events:
            self.events.append(event)

    def frame(self, dreamscape: str, cohort: int, frame: Frame) -> None:
        """Nobody hears it."""

    def status(self, status: Status) -> None:
        """Keep what it says of itself."""
        self.statuses.append(status)

    def probe(self, probe: ClockProbe) -> None:
        """Nobody answers."""

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """Nobody acknowledges."""

    def listen(self, dreamscape: str, cohort: int) -> None:
        """Nothing is broadcast."""

    def stop_listening(self) -> None:
        """Nothing is broadcast."""

    async def arrived(self) -> None:
        """Nothing arrives."""

    def take(self) -> list[Arrival]:
        """Nothing arrived."""
        return []

    def part(self) -> None:
        """Nobody to part from."""

    async def run(self) -> None:
        """Nothing to connect to."""

    def latch(self, cause: str) -> None:
        """Kept by nobody."""

    def sever(self, severed: StoredSever | None) -> None:
        """Kept by nobody."""

    def woken(self, wakes: tuple[Wake, ...]) -> None:
        """Nothing outlives the process."""

    def unlatch_asked(self) -> bool:
        """Never."""
        return False

    def close(self) -> bool:
        """Nothing waits."""
        return True


def bed_alone(
    implant: Implant, recorder: Recorder | None, now_ns: Callable[[], int]
) -> tuple[PodRunner, Alone]:
    """A bed around `implant`, uncalibrated, and what it says."""
    identity = Identity("bed-1", "house", implant.device, "test", BANDS6X2, implant.source, 7)
    clock, alone = SessionClock(), Alone()
    front = FrontEnd(BANDS6X2, implant.montage)
    agent = Agent(identity, front, clock, None, Restored("", None), random.Random(1))
    parts = Parts("bed-1", agent, clock, implant, NullRenderer(), alone, alone, alone, now_ns, recorder)
    return PodRunner(parts), alone
