"""Worlds that keep the journals of their pods, and a sleeper with the whole signal path for their beds."""

from collections.abc import Callable
from functools import cache

from dreamd.app.application import Application
from dreamd.simulation.checks.violations import JournalLine
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.machines.sleepers import Body, SimulatedFault, Sleeper
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World
from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.implants.simulated.malfunction import MalfunctioningImplant
from dreamedge.core.merging.cue import Felt
from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.calibration import enrol
from dreamedge.core.signal.features import FrontEnd, Hop
from dreamedge.ports.implant import Implant
from dreamwire.messages import CalibrationSource
from dreamwire.schema import BANDS6X2


@cache
def enrolled(number: int) -> Baseline:
    """The calibration of the sleeper of this bed."""
    implant = SimulatedImplant(number)
    own = enrol(BANDS6X2, implant.montage, implant.enrolment(), CalibrationSource.SIMULATED)
    assert isinstance(own, Baseline), own
    return own


class SignalSleeper:
    """A sleeper with a signal: samples, filters, quality and features are the real ones.

    It costs a hundred times a sleeper of features alone, which is why a fleet is made of those.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._sleeper = SimulatedImplant(number)
        self._implant: Implant = self._sleeper
        self._fault: SimulatedFault | None = None
        self.montage = self._sleeper.montage
        self.device = self._sleeper.device
        self.source = CalibrationSource.SIMULATED
        self.ended, self.onset_ns, self.notes = False, 0, ()
        self.origin_ns = 0
        self.captured_ns = 0

    @property
    def fault(self) -> SimulatedFault | None:
        """The malfunction of the implant."""
        return self._fault

    @fault.setter
    def fault(self, fault: SimulatedFault | None) -> None:
        self._fault, self._implant = fault, self._sleeper
        if fault is not None:
            self._implant = MalfunctioningImplant(self._sleeper, fault.kind, Onset(0.0, fault.since_ns))

    def template(self) -> Baseline:
        """The enrolment, made once a bed."""
        return enrolled(self._number)

    def signal_path(self) -> "RecordingPath":
        """A front end of a new process."""
        return RecordingPath(self)

    def enrolment(self) -> Block | None:
        """Enrolled already, see `template`."""
        return None

    def read(self, now_ns: int) -> Block | None:
        """The samples since the last read."""
        return self._implant.read(now_ns)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """The feedback that the sleeper hears."""
        self._implant.feel(felt, now_ns)

    def close(self) -> None:
        """Nothing to release."""


class RecordingPath(FrontEnd):
    """The front end; it notes on its sleeper when each hop was captured."""

    def __init__(self, sleeper: SignalSleeper) -> None:
        super().__init__(BANDS6X2, sleeper.montage)
        self._sleeper = sleeper

    def hop(self, instant_ns: int) -> Hop | None:
        """The hop of this instant."""
        hop = super().hop(instant_ns)
        if hop is not None:
            self._sleeper.captured_ns = hop.captured_ns
        return hop


class RecordedWorld(World):
    """A world that keeps every line of its pods' journals; no rule may be broken in it."""

    def __init__(
        self,
        seed: int,
        pods: int = 8,
        conditions: NetworkConditions | None = None,
        *,
        signal: bool = False,
        sleeper: Callable[[int], Sleeper] = Body,
        every_pulse: bool = False,
    ) -> None:
        """signal: with the whole signal path."""
        self.lines: list[JournalLine] = []
        make = SignalSleeper if signal else sleeper
        super().__init__(seed, pods, conditions, sleeper=make, every_pulse=every_pulse, hops=True)
        self.checker.on_journal_line = self.lines.append

    @property
    def app(self) -> Application:
        """The application of the living daemon."""
        assert self.daemon is not None, "the daemon is dead"
        return self.daemon.app

    def merge(self, seconds: float) -> None:
        """Gather, start, and let so much time pass; the ceiling is that of many, however few there are."""
        assert self.gather(intimate=False) == ""
        self.run(seconds)

    def bed(self, number: int) -> Pod:
        """The pod of this bed."""
        return self.pods[number - 1]

    def kill_daemon(self) -> None:
        """SIGKILL."""
        assert self.daemon is not None
        self.daemon.kill()

    def kinds(self, kind: str) -> list[JournalLine]:
        """All lines of one kind."""
        return [line for line in self.lines if line.kind == kind]

    def severs(self) -> list[tuple[str, str]]:
        """(pod, cause) of every sever so far."""
        return [(line.pod, str(line.values.get("cause"))) for line in self.kinds("severed")]

    def shares(self) -> dict[str, float]:
        """The share that each device gives its sleeper now."""
        return {pod.name: pod.share() for pod in self.pods}
