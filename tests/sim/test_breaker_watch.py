"""The model of the breakers holds a lock against each daemon that must know it, and against no other."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from dreamd.core.dreamscapes.views import Event
from dreamd.core.safety.causes import Cause
from dreamd.core.safety.views import Lock, Mark
from dreamd.simulation.checks.breaker_model import BreakerModel
from dreamd.simulation.environment import ObservedDaemon, ObservedPod
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamwire.messages import StoredSever

BED = "bed-1"
TOLD, SEEN = "the pod: quality 0.00", "a frame: number 7 of instant 9"


@dataclass
class Machine:
    """A daemon as far as the model looks at it."""

    number: int
    clock_s: float = 0.0
    dies_at_a_lock: bool = False

    def now_s(self) -> float:
        """Session time."""
        return self.clock_s


@dataclass
class Disk:
    """The disk of a bed."""

    severed: StoredSever | None = None


@dataclass
class Bed:
    """A bed with its disk."""

    name: str = BED
    disk: Disk = field(default_factory=Disk)


class Night:
    """Two daemons over one ledger; the first locks the bed."""

    def __init__(self, evidence: str, *, marked: bool = True, ahead_s: float = 0.0) -> None:
        self.storage, self.bed = LedgerStorage(), Bed()
        self.model = BreakerModel(self.storage, [cast("ObservedPod", self.bed)])
        if marked:
            self.storage.marks[BED] = Mark(BED, Cause.FLAT, 1.0, 1, 1)
        self.older = self.started(Machine(1))
        self.newer = self.started(Machine(2, ahead_s))
        self.evidence = evidence

    def started(self, machine: Machine) -> ObservedDaemon:
        """A daemon starts over the ledger as it is now."""
        daemon = cast("ObservedDaemon", machine)
        self.model.daemon_started(daemon)
        return daemon

    def lock(self) -> None:
        """The breaker locks in the older daemon."""
        sentence = f"breaker of {BED} is locked: amplitude ({self.evidence})"
        self.model.on_trip(self.older, Event(1, 2.0, "breaker-tripped", "", BED, 0, "amplitude", sentence))


def test_a_lock_that_died_on_a_slow_disk_is_held_against_no_later_daemon() -> None:
    """A lock by a frame alone, never written, holds in the daemon that made it alone."""
    night = Night(SEEN)
    night.lock()
    later = night.started(Machine(3))
    assert night.model.locked(night.older, BED)
    assert not night.model.locked(night.newer, BED)
    assert not night.model.locked(later, BED)


def test_a_written_lock_is_held_against_each_later_daemon() -> None:
    """A lock in the ledger at a start holds in that daemon, until a person resets it."""
    night = Night(SEEN)
    night.lock()
    night.storage.locks[BED] = Lock(BED, Cause.AMPLITUDE, 2.0, SEEN)
    later = night.started(Machine(3))
    assert night.model.locked(later, BED)
    night.model.reset(BED)
    assert not night.model.locked(later, BED)


def test_a_stored_sever_is_held_against_every_daemon() -> None:
    """A trip that the bed has stored is known to each daemon that hears the bed."""
    night = Night(SEEN)
    night.bed.disk.severed = StoredSever("night", 1, 9, "amplitude")
    night.lock()
    assert night.model.locked(night.newer, BED)


@pytest.mark.parametrize(
    ("marked", "ahead_s", "holds"), [(True, 0.0, True), (False, 0.0, False), (True, 13.0, False)]
)
def test_a_told_trip_is_held_against_a_daemon_with_the_same_account(
    marked: bool, ahead_s: float, holds: bool
) -> None:
    """A trip told by the bed locks in a second daemon with the mark before it and the same clock."""
    night = Night(TOLD, marked=marked, ahead_s=ahead_s)
    night.lock()
    assert night.model.locked(night.newer, BED) is holds
