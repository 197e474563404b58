"""Conditions that concern every Dreamscape at once: the uplink to the pods, and the ledger.

Each trouble has one sentence here, and every face shows that sentence: console, `top`, command line.
"""

from dataclasses import dataclass
from typing import Final

NO_BROKER: Final = (
    "the broker is not reached: every bed switches to zero by its own 1 s timeout, "
    "and its state after that is not known"
)
BROKER_LOST: Final = (
    "the broker {url} is not reached: every bed there switches to zero by its own 1 s timeout, "
    "and its state after that is not known; the beds at other brokers dream on"
)
BLIND: Final = "no data from most beds of {names}: the broker or the daemon's network is down"
NO_LEDGER: Final = "{why}: until it is writable, no sleeper can be merged"
SLOW_LEDGER: Final = "{why}: until it has finished, no new sleeper is seated; merged sleepers stay merged"
PAUSED: Final = "no sleeper is merged there: {why}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A standby seen lately. address: of its API. lacks: why it cannot take over; empty: it can.

    near: it is a process of this machine.
    """

    address: str
    lacks: str = ""
    near: bool = False


@dataclass(frozen=True, slots=True)
class HouseLease:
    """A house as its owner knows it. left_s: of the lease. standbys: those that wait, by address."""

    house: str
    address: str
    term: int
    left_s: float
    standbys: tuple[Waiting, ...] = ()

    @property
    def heir(self) -> Waiting | None:
        """A standby that can take over now; None: there is none."""
        return next((one for one in self.standbys if not one.lacks), None)


def no_standby(house: HouseLease | None) -> str:
    """Why this house cannot be handed over, where it has no heir. None: its ledger is a file."""
    if house is None:
        return "the house cannot be handed over: its ledger is a file, which no other daemon can take"
    lacking = "; ".join(f"{one.address or 'a standby'}: {one.lacks}" for one in house.standbys)
    waits = f"the standbys cannot take it ({lacking})" if lacking else "no standby waits for it"
    return f"the house cannot be handed over: {waits}"


@dataclass(frozen=True, slots=True)
class HouseView:
    """The house as the API shows it.

    broker: every broker is connected. broker_since_s: session time of the last change; 0: it never was
    connected. brokers_lost: of several, the addresses of those that are not. ledger: why the ledger refuses
    writes, empty while it accepts them. blind: Dreamscapes of which most frames are missing at once. online:
    pods connected, by their presence. unheard: online pods that are silent. ledger_slow: why the ledger is
    slow; empty while it is fast, or where it fails. session_s: session time at which the view was made; 0:
    not known. rendering_nothing: beds with a sleeper and a null renderer. paused: the moratoria that act, in
    words. lease: of the house in its database; None: its ledger is a file.
    """

    broker: bool
    broker_since_s: float
    ledger: str
    blind: tuple[str, ...]
    online: int
    unheard: int
    ledger_slow: str = ""
    session_s: float = 0.0
    rendering_nothing: int = 0
    paused: tuple[str, ...] = ()
    lease: HouseLease | None = None
    brokers_lost: tuple[str, ...] = ()

    @property
    def troubles(self) -> tuple[str, ...]:
        """One sentence for each thing that is wrong, the worst first; empty: nothing is."""
        told = (
            (not self.broker and not self.brokers_lost, NO_BROKER),
            *((True, BROKER_LOST.format(url=url)) for url in self.brokers_lost),
            (bool(self.blind), BLIND.format(names=", ".join(self.blind))),
            (bool(self.ledger), NO_LEDGER.format(why=self.ledger)),
            (bool(self.ledger_slow), SLOW_LEDGER.format(why=self.ledger_slow)),
        )
        wrong = tuple(sentence for is_wrong, sentence in told if is_wrong)
        return (*wrong, *(PAUSED.format(why=why) for why in self.paused))
