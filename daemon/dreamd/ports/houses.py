"""Houses: the daemon that owns a ledger, by a term and a lease that its database keeps.

A house is its pods, its brokers, its Dreamscapes and one ledger. One daemon at a time owns it. Every stamp
here is Unix time by the database's clock, so that the clocks of two machines are never compared.
"""

from dataclasses import dataclass
from enum import StrEnum


class HouseState(StrEnum):
    """Why a lease is as it is. handed-over: its owner ended and gave it up."""

    FREE = "free"
    OWNED = "owned"
    HANDED_OVER = "handed-over"


@dataclass(frozen=True, slots=True)
class HouseRecord:
    """The row of a house. now_s: when it was read.

    house: its name. term: of the newest owner; 0: it never had one. owner: the owner's process. address:
    HOST:PORT of its API, where it listens beyond its machine or not. key: its public signing key, in hex.
    """

    house: str
    term: int
    owner: str
    address: str
    key: str
    state: HouseState
    lease_until_s: float
    now_s: float

    @property
    def left_s(self) -> float:
        """Seconds for which the lease still holds; 0: it has ended."""
        return max(0.0, self.lease_until_s - self.now_s)

    @property
    def living(self) -> bool:
        """Whether a daemon owns the house."""
        return self.lease_until_s > self.now_s
