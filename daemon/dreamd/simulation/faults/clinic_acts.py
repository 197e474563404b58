"""Acts of the clinic in the night: a clinician opens a case by hand, and compares a restored book.

A hold ends in no night: a sleeper that is held stays alone until the night is over, and so does one that has
pressed the button for distress.
"""

import random
from collections.abc import Callable
from typing import Final

from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.clinic.kept_case import RESTORED
from dreamd.core.clinic.levels import Level
from dreamd.core.refusals import Refusal
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.machines.operators import CLEO
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

CLINICIAN: Final = Caller(CLEO, Role.CLINICIAN, Channel.GRPC)
LOOKED_EVERY_S: Final = 1.0
LOOKED_FOR_S: Final = 40.0
"""A clinician looks for the case over a restored book for so long; then there is none."""


def open_by_hand(world: World, pod: Pod, _lasts_s: float, rng: random.Random) -> None:
    """A clinician opens a case of a level that is drawn; the first two hold in the call."""
    daemon = world.daemon
    if daemon is not None and not daemon.frozen:
        level = rng.choice(list(Level))
        daemon.app.clinic.open_case(CLINICIAN, sleeper_of(pod.name), level, "told at the bed")


def compare_book(world: World, until_s: float) -> None:
    """The book is a copy: the clinician opens what their own notes hold, then closes the case over it."""
    daemon = world.daemon
    if daemon is not None and not daemon.frozen:
        listed = daemon.app.clinic.list_cases(CLINICIAN)
        for doubt in listed if isinstance(listed, tuple) else ():
            if RESTORED in doubt.causes:
                _compared(world, daemon, doubt.case.id)
    if world.schedule.now_s < until_s:
        later(world, LOOKED_EVERY_S, lambda: compare_book(world, until_s))


def _compared(world: World, daemon: DaemonProcess, doubt: str) -> None:
    """Open each case that the book lacks; only then close the case over it."""
    clinic, site = daemon.app.clinic, next(iter(daemon.app.house.sites()), "")
    for sleeper in sorted(world.checker.holds.ever):
        told = clinic.open_case(CLINICIAN, sleeper, Level.NOW, "on the clinic's own list", site)
        if isinstance(told, Refusal):
            return
    clinic.triage(CLINICIAN, doubt, Level.SOON)
    clinic.close_case(CLINICIAN, doubt, "compared")


CLINIC: Final[dict[str, tuple[Callable[[World, Pod, float, random.Random], None], float, float]]] = {
    "case-by-hand": (open_by_hand, 0.0, 0.0)
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
