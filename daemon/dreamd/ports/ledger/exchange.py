"""The exchange's rows: rounds, their offers and their asks. No row of them names a person.

That an ask is a sleeper's own is a personal row of that sleeper: of the kind `ask_kind`, at the time at which
the round was planned. The word of a person of the house for a class is one of the kind
`attestation_kind`.
"""

from typing import Protocol

from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.kept_round import KeptBook, KeptRound
from dreamd.ports.commit import Commit


def attestation_kind(ask_class: AskClass) -> str:
    """Return the kind of the personal rows that hold the word of a person of the house for this class."""
    return f"attestation.{ask_class.value}"


def ask_kind(round_id: str) -> str:
    """Return the kind of the personal rows that tie asks of this round to their sleepers."""
    return f"ask.{round_id}"


class ExchangeLedger(Protocol):
    """Rounds, offers, asks."""

    def rounds(self) -> tuple[KeptRound, ...]:
        """MUST return every round, the oldest first."""
        ...

    def round_book(self, round_id: str) -> KeptBook:
        """MUST return the offers and asks of a round, each by its id; empty: it has none."""
        ...

    def read_round_book(self, round_id: str) -> Commit[KeptBook]:
        """Ask for the offers and asks of a round; MUST return at once."""
        ...
