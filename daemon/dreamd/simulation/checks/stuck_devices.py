"""The rule `bound` for devices: one that renders more than commanded is found in time."""

from collections.abc import Callable

from dreamd.simulation.checks.bounds import HOP_NS, STUCK_NS
from dreamd.simulation.environment import ObservedPod
from dreamd.simulation.schedule import Schedule


class StuckDevices:
    """The assignments under which each pod was severed for its actuator."""

    def __init__(self, schedule: Schedule, violated: Callable[[str, str, str], None]) -> None:
        self._schedule = schedule
        self._violated = violated
        self._found: dict[int, int] = {}

    def found(self, pod: ObservedPod) -> None:
        """The pod was severed for its actuator."""
        self._found[pod.number] = pod.newest_assignment

    def begun(self, pod: ObservedPod) -> None:
        """A device renders more than commanded: an assigned pod must be severed for it, in time."""
        life = pod.disk.starts
        assigned = 0 if pod.agent.home else pod.newest_assignment  # of an assignment that is over, nothing

        def look(left_ns: int) -> None:
            ran_on = pod.alive and not pod.frozen and pod.disk.starts == life
            held = assigned and pod.newest_assignment == assigned and not pod.agent.home
            if not (ran_on and held and pod.device.stuck):
                return  # also where another assignment begins meanwhile, of which no frame has left yet
            if left_ns > 0:
                self._schedule.after(HOP_NS, lambda: look(left_ns - HOP_NS))
            elif self._found.get(pod.number) != assigned:
                self._violated("bound", pod.name, "its device renders too much, and no sever follows")

        look(STUCK_NS)
