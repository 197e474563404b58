"""A round and its asks as they are kept, and the pool of the house over all rounds.

Rules
- A kept ask names no person. That it is a sleeper's own is sealed under that sleeper's key.
- The pool is what was paid in, and what the accounts of settled rounds have changed. A round that is under
  way has set its part of the pool aside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from dreamd.core.exchange.book import Ask, Offer
from dreamd.core.exchange.course import Round, RoundState, Voids, step

ENDED: Final = frozenset({RoundState.SETTLED, RoundState.VOID})
"""The states that no event leaves."""
RESTORED: Final = "the ledger was restored from an earlier copy, and asks or nonces may be missing"


@dataclass(frozen=True, slots=True)
class KeptRound:
    """A round. by: the person that planned it. planned_s: unix seconds. Money is whole cents.

    paid_in_cents: brought into the pool with it, and kept there also where the round is void.
    pool_change_cents: of its account, once it is settled. offers, asks, held: how many there were at
    its end.
    """

    round: Round
    by: str
    planned_s: float
    paid_in_cents: int = 0
    pool_change_cents: int = 0
    request_id: str = ""
    offers: int = 0
    asks: int = 0
    held: int = 0

    @property
    def ended(self) -> bool:
        """Whether no event changes it any more."""
        return self.round.state in ENDED

    @property
    def order(self) -> tuple[float, str]:
        """The place in a list of rounds, the oldest first."""
        return self.planned_s, self.round.id


@dataclass(frozen=True, slots=True)
class KeptAsk:
    """An ask of a round. left: 0 while it stands, n where it is the n-th that has left the line."""

    round: str
    ask: Ask
    left: int = 0


@dataclass(frozen=True, slots=True)
class KeptBook:
    """The offers and asks of a round, by their ids."""

    offers: tuple[Offer, ...] = ()
    asks: tuple[KeptAsk, ...] = ()


def doubted_round(kept: KeptRound, now_s: float) -> KeptRound | None:
    """Return the round as void where the ledger lacks writes; None: it goes on.

    A book that is closed is fixed by its digest. Before that, asks may be missing, and a nonce may be known.
    """
    after = step(kept.round, Voids(RESTORED), now_s)
    return replace(kept, round=after) if isinstance(after, Round) else None


def free_pool(rounds: Iterable[KeptRound]) -> int:
    """Return what a further round can set aside, whole cents."""
    found = 0
    for one in rounds:
        found += one.paid_in_cents
        if one.round.state is RoundState.SETTLED:
            found += one.pool_change_cents
        elif one.round.state is not RoundState.VOID:
            found -= one.round.terms.pool_cents
    return found
