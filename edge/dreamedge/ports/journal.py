"""The journal: one line a fact, for whoever started the agent."""

from typing import Protocol


class Journal(Protocol):
    """Where an agent's facts go."""

    @property
    def hops(self) -> bool:
        """MUST say whether a line for every hop is wanted; nobody computes them otherwise."""
        ...

    def note(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> None:
        """MUST return at once; MAY drop the oldest waiting lines where nobody reads."""
        ...

    def close(self) -> None:
        """MUST write what waits, briefly; safe to call twice."""
        ...
