"""Dreamscapes: one record each, also after their end."""

from dataclasses import dataclass
from typing import Protocol

from dreamd.core.dreamscapes.views import DreamscapeState, Plan


@dataclass(frozen=True, slots=True)
class DreamscapeRecord:
    """A Dreamscape as it is kept: its plan, state, seats (number, pod, sleeper), the frozen scale.

    excused: pods that were released from it and are not seated again before a new check-in. ended_s: session
    time at which it ended; 0 while it lives. sever_cause: of the last sever, wake or end of all; empty where
    there was none.
    """

    plan: Plan
    state: DreamscapeState
    created_s: float
    seats: tuple[tuple[int, str, str], ...] = ()
    excused: tuple[str, ...] = ()
    mu_db: tuple[float, ...] = ()
    sigma_db: tuple[float, ...] = ()
    ended_s: float = 0.0
    sever_cause: str = ""


class DreamscapeLedger(Protocol):
    """The records of Dreamscapes."""

    def load(self) -> tuple[DreamscapeRecord, ...]:
        """MUST return every record of a Dreamscape that has not ended, oldest first.

        The cost MUST NOT grow with the number that have ended.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """MUST return the name of every record ever saved, without reading the records."""
        ...

    def ended(self, most: int) -> tuple[DreamscapeRecord, ...]:
        """MUST return the records of the Dreamscapes that ended last, at most `most`, newest first."""
        ...

    def find(self, dreamscape: str) -> DreamscapeRecord | None:
        """MUST return the record of this name, ended or not, by one indexed read; None: there is none."""
        ...
