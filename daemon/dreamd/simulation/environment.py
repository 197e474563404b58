"""The environment of every simulated process: time, chance, the broker, the ledger's storage, an observer.

`World` makes one environment and gives it to each pod and daemon. The observer knows them by what it sees of
them, `ObservedPod` and `ObservedDaemon`, and not by their classes.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from dreamd.adapters.documents.shipped import bench_founding
from dreamd.app.application import Application
from dreamd.app.guidelines.revisions import Founding
from dreamd.app.people.house_people import SignReport
from dreamd.core.dreamscapes.views import Event
from dreamd.core.letters.letter import Place
from dreamd.ports.recordings import NoRecordings, Recordings
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from dreamd.simulation.machines.house.held_lease import HeldLease
from dreamd.simulation.machines.memory_ledger import LedgerStorage, MemoryLedger
from dreamd.simulation.machines.mqtt_broker import MqttBroker
from dreamd.simulation.machines.network import NetworkConditions, NetworkLink
from dreamd.simulation.machines.pod_hardware import Device, Disk
from dreamd.simulation.schedule import Schedule
from dreamedge.adapters.message_verifier import Broadcasts
from dreamedge.core.agent import Agent
from dreamwire.messages import Assign, Collective, Command, PodEvent, WakeOrder
from dreamwire.schema import WIRE_REVISION
from dreamwire.signing import KeyedSealer

OLD_DAEMONS: Final = 0.5
"""Share of daemons of the wire revision before, in a night with such daemons."""


class ObservedPod(Protocol):
    """A pod as the observer sees it."""

    name: str
    number: int
    alive: bool
    frozen: bool
    stood_still: bool
    newest_assignment: int
    incarnation: int
    disk: Disk
    device: Device
    agent: Agent
    link: NetworkLink

    def local_ns(self) -> int:
        """The pod's own clock."""
        ...

    def captured(self, assignment: int, low: int) -> int | None:
        """The capture time of the frame that a broadcast names; None if this process sent none."""
        ...


class ObservedDaemon(Protocol):
    """A daemon as the observer sees it."""

    number: int
    alive: bool
    app: Application
    metrics: CountingMetrics
    slots: dict[tuple[str, int, int], tuple[str, int]]
    held: dict[tuple[str, int], list[tuple[str, int, int, int]]]
    dies_at_a_lock: bool
    frozen: bool
    up_since_ns: int
    lease: HeldLease
    ledger: MemoryLedger

    @property
    def lost(self) -> bool:
        """Another daemon has drawn a higher term."""
        ...

    def now_s(self) -> float:
        """Its session clock, unix seconds."""
        ...

    def die_at_a_lock(self) -> None:
        """Be killed in the call in which a breaker locks."""
        ...


class Observer(Protocol):
    """Everything that pods and daemons report while they run; the invariant checker implements it."""

    def violated(self, rule: str, subject: str, text: str) -> None:
        """A process has seen by itself that a rule was broken."""
        ...

    def pod_booted(self, pod: ObservedPod) -> None:
        """A pod's process has begun."""
        ...

    def pod_changed(self, pod: ObservedPod) -> None:
        """Something has happened at a pod that may change its rendered share."""
        ...

    def collective_received(self, pod: ObservedPod, collective: Collective) -> None:
        """A pod's process hears a broadcast."""
        ...

    def wake_order_received(self, pod: ObservedPod, order: WakeOrder) -> None:
        """A pod's process hears a wake order."""
        ...

    def command_received(self, pod: ObservedPod, command: Command) -> None:
        """A pod's process hears a command."""
        ...

    def pod_journal_line(
        self, pod: ObservedPod, at_ns: int, kind: str, values: dict[str, float | int | str]
    ) -> None:
        """A line of a pod's journal; at_ns: world time."""
        ...

    def daemon_started(self, daemon: ObservedDaemon) -> None:
        """A daemon's process has begun."""
        ...

    def daemon_event(self, daemon: ObservedDaemon, event: Event) -> None:
        """A line of a daemon's journal."""
        ...

    def pod_event_accepted(self, daemon: ObservedDaemon, event: PodEvent) -> None:
        """A daemon has taken in a pod's event."""
        ...

    def slot_assigned(self, daemon: ObservedDaemon, pod: str, assign: Assign) -> None:
        """A daemon gives a pod a slot."""
        ...

    def collective_published(self, daemon: ObservedDaemon, collective: Collective) -> None:
        """A daemon broadcasts."""
        ...

    def metrics_updated(self, daemon: ObservedDaemon) -> None:
        """A daemon has ticked and updated its metrics."""
        ...


def one_site(_number: int) -> str:
    """The site of a bed in a house with one."""
    return "here"


@dataclass(frozen=True, slots=True)
class House:
    """The house of a world, as it states itself.

    founding: its guidelines. place: zone and contact of its letters. site_of: the site of a bed's number when
    its agent starts. sign_report: makes the signed file of a public report.
    """

    founding: Founding = field(default_factory=bench_founding)
    place: Place = Place()  # noqa: RUF009 - a frozen value
    site_of: Callable[[int], str] = one_site
    sign_report: SignReport | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """The parts that all processes of a world share.

    conditions: those of every link that has none of its own. limits_min: merge-minutes by pseudonym, of the
    sleepers that have a limit. every_pulse: pods give also the pulses that decide nothing. hops: journals
    have a line for each hop. recordings: where the daemons keep theirs. begins_s: when the night begins, unix
    time. house: its guidelines, sites and letters. old_daemons: some daemons read only the wire revision
    before. joined_after_s: by the Dreamscapes in which
    another house has sleepers, the time from which its sums come in time.
    """

    seed: int
    rng: random.Random
    schedule: Schedule
    conditions: NetworkConditions
    limits_min: Mapping[str, float]
    key: KeyedSealer
    broadcasts: Broadcasts
    broker: MqttBroker
    storage: LedgerStorage
    observer: Observer
    every_pulse: bool = False
    hops: bool = False
    joined_after_s: Mapping[str, float] = field(default_factory=dict)
    recordings: Recordings = field(default_factory=NoRecordings)
    begins_s: float = 1_800_000_000.0
    house: House = field(default_factory=House)
    old_daemons: bool = False

    def revision_of(self, daemon: int) -> int:
        """The highest wire revision that a daemon reads, by its number."""
        dice = random.Random(f"revision {self.seed} {daemon}")  # noqa: S311 - one seed, one story
        return WIRE_REVISION - (self.old_daemons and dice.random() < OLD_DAEMONS)

    def link(self) -> NetworkLink:
        """A new link to the broker, under the conditions of the environment."""
        return NetworkLink(self.schedule, self.rng, self.conditions)
