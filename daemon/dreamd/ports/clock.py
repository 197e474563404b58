"""The daemon's one clock."""

from typing import Protocol


class SessionClock(Protocol):
    """Unix time anchored once and slewed: the source of grid instants and session times."""

    def now_s(self) -> float:
        """MUST never go back and MUST never jump; seconds, comparable to Unix time."""
        ...
