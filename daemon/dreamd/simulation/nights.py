"""Kinds of nights, each with the faults that it draws from the seed.

An ordinary night has faults of all kinds, congestion in half of the seeds, several sessions in a quarter,
faults of access and of a lost or slow ledger in a quarter, acts of people in three of ten, cases opened by
hand in as many, moratoria, rounds of the exchange, acts of guests and gateways in a fifth each. In a night of
the network, links, gateways and brokers fail and a daemon freezes, and nothing else fails: no person or
device may be accused in it. In a night that is held back, everything that pods send is delayed by one
constant time.
"""

import random
from dataclasses import dataclass
from typing import Final

from dreamd.simulation.faults import fault_kinds, gateway_faults, house_faults, people_faults, sessions
from dreamd.simulation.faults.access_faults import ACCESS
from dreamd.simulation.faults.clinic_acts import CLINIC
from dreamd.simulation.faults.congestion import CONGESTION, NIGHTS, Delay, lag
from dreamd.simulation.faults.fault_kinds import KINDS, Fault, Kinds
from dreamd.simulation.faults.ledger_faults import LEDGER
from dreamd.simulation.faults.moratorium_faults import MORATORIA
from dreamd.simulation.faults.people_faults import GUESTS
from dreamd.simulation.faults.round_acts import ROUNDS
from dreamd.simulation.processes.daemons import START_S
from dreamd.simulation.schedule import SECOND_NS
from dreamd.simulation.world import ZONE, World

ACCESS_NIGHTS: Final = 0.25
"""Share of nights with faults of access and of a lost or slow ledger, of those with faults of every kind."""
OLD_DAEMONS: Final = 0.5
"""Share of nights in which some daemons are of the wire revision before."""
LEASED: Final = 0.4
"""Share of nights with a ledger in a database besides those with faults of the house."""
ROUND_NIGHTS: Final = 0.2
"""Share of nights with rounds of the exchange, of those with faults of every kind."""
MORATORIUM_NIGHTS: Final = 0.2
"""Share of nights with moratoria, of those with faults of every kind."""
GUEST_NIGHTS: Final = 0.2
"""Share of nights in which guests decline and lists grow, of those with faults of every kind."""
CLINIC_NIGHTS: Final = 0.3
"""Share of nights with cases that are opened by hand, of those with faults of every kind."""
NETWORK: Final = ("cut", "blackhole", "switch", "storm", "kill-broker", "freeze-broker", "freeze-daemon")
"""Kinds of fault that concern the network alone."""


def _congestion(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw congestion from an RNG of its own, so that nights without it do not depend on it."""
    rng = random.Random(f"congestion {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= NIGHTS:
        return ()
    return _drawn(rng, CONGESTION, pods, between_s, rng.choice((4.0, 8.0, 16.0, 32.0)))


def _sessions(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: sessions follow one another, and daemons are stopped in order."""
    rng = random.Random(f"sessions {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= sessions.NIGHTS:
        return ()
    return _drawn(rng, sessions.SESSIONS, pods, between_s, rng.choice((8.0, 16.0, 32.0)))


def _access(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: credentials, rights, and a ledger that is gone or slow."""
    rng = random.Random(f"access {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= ACCESS_NIGHTS:
        return ()
    return _drawn(rng, ACCESS | LEDGER, pods, between_s, rng.choice((8.0, 16.0, 32.0)))


def is_leased(seed: int) -> bool:
    """Whether the ledger of a night is in a database: in half of them, and where the house has faults."""
    dice = random.Random(f"ledger {seed}")  # noqa: S311 - one seed, one story
    return dice.random() < LEASED or _has_house_faults(seed)


def has_old_daemons(seed: int) -> bool:
    """Whether some daemons of a night read only the wire revision before: in half of all."""
    return random.Random(f"revisions {seed}").random() < OLD_DAEMONS  # noqa: S311 - one seed, one story


def _has_house_faults(seed: int) -> bool:
    return random.Random(f"houses {seed}").random() < house_faults.NIGHTS  # noqa: S311 - one seed, one story


def _houses(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: the house moves to its standby, or its database is away."""
    if not _has_house_faults(seed):
        return ()
    rng = random.Random(f"takeovers {seed}")  # noqa: S311 - one seed, one story
    return _drawn(rng, house_faults.HOUSES, pods, between_s, rng.choice((8.0, 16.0, 32.0)))


def _people(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: people withdraw, narrow, widen and let end what they granted."""
    if not people_faults.drawn(seed):
        return ()
    rng = random.Random(f"acts {seed}")  # noqa: S311 - one seed, one story
    kinds = people_faults.PEOPLE
    some = rng.sample(sorted(kinds), rng.randint(1, len(kinds)))
    every_s = rng.choice((4.0, 8.0, 16.0))
    return _drawn(rng, {kind: kinds[kind] for kind in some}, pods, between_s, every_s)


def _moratoria(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: an advocate lets no sleeper merge for a while."""
    rng = random.Random(f"moratoria {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= MORATORIUM_NIGHTS:
        return ()
    return _drawn(rng, MORATORIA, pods, between_s, rng.choice((16.0, 32.0)))


def _rounds(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: berths are offered, asked for, drawn and given back."""
    rng = random.Random(f"rounds {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= ROUND_NIGHTS:
        return ()
    return _drawn(rng, ROUNDS, pods, between_s, rng.choice((16.0, 32.0)))


def _guests(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: guests decline, and lists grow."""
    rng = random.Random(f"guests {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= GUEST_NIGHTS:
        return ()
    return _drawn(rng, GUESTS, pods, between_s, rng.choice((8.0, 16.0, 32.0)))


def _clinic(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: a clinician opens cases by hand."""
    rng = random.Random(f"clinic {seed}")  # noqa: S311 - one seed, one story
    if rng.random() >= CLINIC_NIGHTS:
        return ()
    return _drawn(rng, CLINIC, pods, between_s, rng.choice((16.0, 32.0, 64.0)))


def _gateways(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw from an RNG of its own: gateways fail, in a night that has them."""
    if not gateway_faults.gateways(seed):
        return ()
    rng = random.Random(f"failing gateways {seed}")  # noqa: S311 - one seed, one story
    return _drawn(rng, gateway_faults.GATEWAYS, pods, between_s, rng.choice((4.0, 8.0, 16.0, 32.0)))


def _network(seed: int, pods: int, between_s: tuple[float, float]) -> tuple[Fault, ...]:
    """Draw a night in which nothing fails but the network."""
    rng = random.Random(f"network {seed}")  # noqa: S311 - one seed, one story
    kinds = {kind: KINDS[kind] for kind in NETWORK} | CONGESTION
    some = rng.sample(sorted(kinds), rng.randint(1, len(kinds)))
    every_s = rng.choice((4.0, 8.0, 16.0))
    return _drawn(rng, {kind: kinds[kind] for kind in some}, pods, between_s, every_s)


def _drawn(
    rng: random.Random, kinds: Kinds, pods: int, between_s: tuple[float, float], every_s: float
) -> tuple[Fault, ...]:
    drawn = []
    at_s, end_s = between_s
    while (at_s := at_s + rng.expovariate(1.0 / every_s)) < end_s:
        kind = rng.choice(sorted(kinds))
        _, least_s, most_s = kinds[kind]
        drawn.append(Fault(kind, at_s, rng.uniform(least_s, most_s), rng.randrange(pods)))
    return tuple(drawn)


@dataclass(frozen=True, slots=True)
class Night:
    """The faults of a night. held_back_s: the delay of everything that pods send, except near its ends.

    anchored: the last bed is in an anchor session beside the group. shared: another house has sleepers in the
    Dreamscape, and hears this one now and then too late.
    """

    network: bool = False
    held_back_s: float = 0.0
    anchored: bool = False
    shared: bool = False

    @property
    def innocent(self) -> bool:
        """Whether nothing fails but the network."""
        return self.network or self.held_back_s > 0.0

    def draw(
        self, seed: int, rng: random.Random, pods: int, between_s: tuple[float, float]
    ) -> tuple[Fault, ...]:
        """Draw its faults."""
        if self.held_back_s > 0.0:
            return ()
        if self.network:
            return (*_network(seed, pods, between_s), *_gateways(seed, pods, between_s))
        ordinary = fault_kinds.draw(rng, pods, *between_s)
        apart = _congestion(seed, pods, between_s), _sessions(seed, pods, between_s)
        more = _access(seed, pods, between_s), _people(seed, pods, between_s)
        drawn = (*ordinary, *apart[0], *apart[1], *more[0], *more[1])
        if not drawn:
            return ()  # a calm night stays one
        acts = _clinic(seed, pods, between_s), _moratoria(seed, pods, between_s)
        more = _rounds(seed, pods, between_s), _guests(seed, pods, between_s)
        machines = _gateways(seed, pods, between_s), _houses(seed, pods, between_s)
        return (*drawn, *acts[0], *acts[1], *more[0], *more[1], *machines[0], *machines[1])

    def gateways(self, seed: int) -> int:
        """How many gateways it has."""
        return 0 if self.held_back_s > 0.0 else gateway_faults.gateways(seed)

    def begins_s(self, seed: int) -> tuple[float, str]:
        """When it begins, unix time, and the zone of its sleepers."""
        acts = people_faults.drawn(seed) and not self.innocent
        return people_faults.begins_s(seed) if acts else (START_S, ZONE)

    def hold_back(self, world: World, between_s: tuple[float, float]) -> None:
        """Delay the messages of the pods, at their own rate and in order, in a night that is held back."""
        if self.held_back_s > 0.0:
            world.schedule.at(round(between_s[0] * SECOND_NS), lambda: self._lag(world, between_s[1]))

    def _lag(self, world: World, until_s: float) -> None:
        world.checker.calm = False
        what = Delay((self.held_back_s, self.held_back_s), (0.0, 0.0))
        for pod in world.pods:
            world.schedule.at(round(until_s * SECOND_NS), lag(pod.link, what))


ANY: Final = Night()
