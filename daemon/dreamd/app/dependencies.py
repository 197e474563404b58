"""What every Dreamscape shares: the clock, the ports, the fleet, the journal."""

import random
from dataclasses import dataclass

from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.fleet.commands import Orders
from dreamd.app.fleet.registry import Fleet
from dreamd.app.fleet.sever_confirmations import Tickets
from dreamd.app.safety.breaker_registry import LockBook
from dreamd.app.safety.step_failures import Failures
from dreamd.app.safety.wake_orders import WakeBook
from dreamd.ports.clock import SessionClock
from dreamd.ports.consent import Consents, Exposures
from dreamd.ports.ledger import Ledger
from dreamd.ports.metrics import Meters
from dreamd.ports.pod_link import PodLink
from dreamd.ports.worker import Aside


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Shared by the coordinator and its conductors; one thread."""

    clock: SessionClock
    link: PodLink
    ledger: Ledger
    commits: Commits
    meters: Meters
    rng: random.Random
    journal: Journal
    fleet: Fleet
    orders: Orders
    tickets: Tickets
    locks: LockBook
    wakes: WakeBook
    consents: Consents
    exposures: Exposures
    aside: Aside
    failures: Failures
