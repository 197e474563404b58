"""The recorder: keeps what the implant gave, for whoever analyses the night."""

from typing import Protocol

from dreamedge.core.signal.blocks import Block


class Recorder(Protocol):
    """A record of one bed. Nothing of it may hold up a pulse, and its failure ends nobody's dream."""

    def take(self, block: Block) -> None:
        """MUST return at once; where the disk is slow the oldest blocks are dropped and become a gap."""
        ...

    def mark(self, text: str, at_ns: int) -> None:
        """MUST return at once. Something happened at `at_ns` (CLOCK_BOOTTIME); `text` names nobody."""
        ...

    @property
    def failed(self) -> str:
        """MUST say why nothing is recorded any more, or be empty."""
        ...

    def close(self) -> bool:
        """MUST write what waits within a second or so; True if it did. Safe to call twice."""
        ...


class RecorderError(Exception):
    """Nothing can be recorded here; the text is one sentence for a person: what, why, what to do."""
