"""Rounds and asks as callers see them.

Rules
- A round shows no sleeper. An ask is tied to its sleeper in the answers to that sleeper alone.
- The first nonce stays hidden until the second one is there, so a side that reveals late knows no seed.
"""

from dataclasses import dataclass, replace
from enum import Enum

from dreamd.core.exchange.book import Ask, Offer
from dreamd.core.exchange.classes import ATTESTED_S, AskClass
from dreamd.core.exchange.course import Round, Side


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round. asks: how many stand. held: how many have a berth.

    offers: by their ids. A list leaves them out of a round that has ended; kept_offers is then their number.
    revealed: the sides whose nonce is there; the nonces themselves are in `round` once both are.
    """

    round: Round
    offers: tuple[Offer, ...]
    asks: int
    held: int = 0
    revealed: tuple[Side, ...] = ()
    kept_offers: int = 0

    @property
    def offered(self) -> int:
        """How many offers it has."""
        return len(self.offers) or self.kept_offers


class AskState(Enum):
    """The states of an ask, as its sleeper sees them."""

    PLACED = "placed"  # it stands in the book, and no berth is given yet
    WITHDRAWN = "withdrawn"  # it was taken back before the close
    HELD = "held"  # it has a berth
    UNPLACED = "unplaced"  # it has none; it is in line for what others give back
    CANCELLED = "cancelled"  # it has left the line, and its berth is given on


@dataclass(frozen=True, slots=True)
class OwnAsk:
    """The ask of one sleeper in a round, as that sleeper sees it.

    berth: the offer of which it holds a berth; None: none. sentences: its explanation, each true of the
    public book.
    """

    round: str
    ask: Ask
    state: AskState
    berth: Offer | None = None
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attestation:
    """The word of a person of the house for the class of a sleeper's asks.

    by: the name of a principal. at_s: unix seconds. It counts in every round of the house.
    """

    sleeper: str
    ask_class: AskClass
    by: str
    at_s: float

    @property
    def until_s(self) -> float:
        """When it ends, unix seconds."""
        return self.at_s + ATTESTED_S


def hidden_nonces(found: Round) -> Round:
    """Return the round as others see it: without nonces until both are there."""
    if found.seed:
        return found
    site, advocate = (part and replace(part, nonce="") for part in (found.site, found.advocate))
    return replace(found, site=site, advocate=advocate)
