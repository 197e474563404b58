"""The journal: one line per fact, for the program that started the agent."""

from typing import Protocol


class Journal(Protocol):
    """The destination of an agent's facts."""

    @property
    def hops(self) -> bool:
        """MUST be whether a line for every hop is wanted; they are not computed otherwise."""
        ...

    def note(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> None:
        """MUST return at once; MAY drop the oldest waiting lines if they are not read."""
        ...

    def close(self) -> None:
        """MUST write the waiting lines, briefly; safe to call twice."""
        ...
