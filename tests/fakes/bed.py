"""A pod runner whose link, disk and journal are lists: the double for tests of the runner alone.

It is connected to nothing, and everything that it would send is kept. A pod of the simulation would need a
broker and a daemon, which such a test does not look at.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.app.pod_runner import Parts, PodRunner
from dreamedge.core.agent import Agent, Identity, Restored
from dreamedge.core.audit_witness import Witnessed
from dreamedge.core.clock import SessionClock
from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamedge.core.signal.features import FrontEnd
from dreamedge.ports.button import Button
from dreamedge.ports.implant import Implant
from dreamedge.ports.light import Light
from dreamedge.ports.link import Arrival
from dreamedge.ports.recorder import Recorder
from dreamedge.ports.renderer import Renderer
from dreamwire.messages import ClockProbe, Frame, PodEvent, Status, StoredSever
from dreamwire.schema import BANDS6X2


class Alone:
    """Ports Link, PodStore and Journal of a bed without a connection."""

    dropped = 0
    failed = ""
    consents_kept = 0

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

    def frame(self, dreamscape: str, cohort: int, frame: Frame, *, own: bool = False) -> None:
        """Drop it: there is no daemon."""

    def status(self, status: Status) -> None:
        """Keep the status."""
        self.statuses.append(status)

    def probe(self, probe: ClockProbe) -> None:
        """Drop it: there is no answer."""

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """Do nothing: nothing is acknowledged."""

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
        """Do nothing: there is no connection."""

    async def run(self) -> None:
        """Do nothing: there is no connection."""

    def latch(self, cause: str) -> None:
        """Do nothing: nothing is stored."""

    def sever(self, severed: StoredSever | None) -> None:
        """Do nothing: nothing is stored."""

    def woken(self, wakes: tuple[Wake, ...]) -> None:
        """Do nothing: nothing outlives the process."""

    def pressing(self, button: str) -> AbstractContextManager[None]:
        """Within one call nothing is killed here."""
        return nullcontext()

    def consents(self, held: tuple[HeldConsent, ...], number: int) -> None:
        """Do nothing: nothing outlives the process."""
        self.consents_kept = number

    def witness(self, shown: Witnessed) -> None:
        """Do nothing: nothing outlives the process."""

    def unlatch_asked(self) -> bool:
        """False: nothing is asked."""
        return False

    def close(self) -> bool:
        """True: nothing waits."""
        return True


def bed_alone(
    implant: Implant,
    recorder: Recorder | None,
    now_ns: Callable[[], int],
    *,
    renderer: Renderer | None = None,
    button: Button | None = None,
    light: Light | None = None,
) -> tuple[PodRunner, Alone]:
    """A bed around `implant`, uncalibrated, and its messages."""
    identity = Identity("bed-1", "house", implant.device, "test", BANDS6X2, implant.source, 7)
    clock, alone = SessionClock(), Alone()
    front = FrontEnd(BANDS6X2, implant.montage)
    agent = Agent(identity, front, clock, None, Restored("", None), random.Random(1))
    renders = renderer or NullRenderer()
    parts = Parts(
        "bed-1", agent, clock, implant, renders, alone, alone, alone, now_ns, recorder, button, light
    )
    return PodRunner(parts), alone
