"""The recorder: keeps the implant's samples for a later analysis of the night."""

from typing import Protocol

from dreamedge.core.signal.blocks import Block


class Recorder(Protocol):
    """A record of one bed. It MUST NOT hold up a pulse, and its failure ends no dream."""

    def record_block(self, block: Block) -> None:
        """MUST return at once; if the disk is slow the oldest blocks are dropped and become a gap."""
        ...

    def mark(self, text: str, at_ns: int) -> None:
        """MUST return at once. Marks an event at `at_ns` (CLOCK_BOOTTIME); `text` holds no name."""
        ...

    @property
    def failed(self) -> str:
        """MUST be the reason why recording has stopped, or empty."""
        ...

    def close(self) -> bool:
        """MUST write the waiting blocks within a second or so; True if it did. Safe to call twice."""
        ...


class RecorderError(Exception):
    """The recording cannot start; the text is one sentence for a person: subject, reason, remedy."""
