"""What every Dreamscape shares: the clock, the ports, the fleet, the journal."""

import random
from dataclasses import dataclass

from dreamd.app.commits import Commits
from dreamd.app.failures import Failures
from dreamd.app.fleet import Fleet
from dreamd.app.journal import Journal
from dreamd.app.locks import LockBook
from dreamd.app.orders import Orders
from dreamd.app.tickets import Tickets
from dreamd.app.wakes import WakeBook
from dreamd.ports.aside import Aside
from dreamd.ports.clock import SessionClock
from dreamd.ports.ledger import Ledger
from dreamd.ports.meters import Meters
from dreamd.ports.people import Consents, Exposures
from dreamd.ports.pod_link import PodLink


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
