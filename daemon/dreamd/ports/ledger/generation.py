"""The generation: whether the ledger is the newest there is, or a copy that people have outlived."""

from typing import Final, Protocol

LAPSED_S: Final = 3600.0
"""A ledger on which no daemon has lived for so long is outdated."""


def lapsed(lived_s: float, now_s: float) -> bool:
    """Return whether a ledger was last touched too long ago, at `lived_s`; 0: it never was."""
    return lived_s > 0.0 and not now_s - lived_s <= LAPSED_S


class GenerationLedger(Protocol):
    """The count of writes, and the age of the ledger."""

    @property
    def writes(self) -> int:
        """MUST return how many writes are durable, as the ledger counts them, without waiting for a disk.

        It falls neither while the ledger is open nor over a restart; a copy in its place has fewer.
        """
        ...

    @property
    def found(self) -> int:
        """MUST return what `writes` was when the ledger was opened, before this process wrote anything."""
        ...

    def outdated(self, now_s: float) -> str:
        """MUST return why acts of people may be missing from it; empty where there is no sign of that.

        Either it is older than the last write here: a copy has been put in its place. Or it was not touched
        for LAPSED_S: a copy of everything, or no daemon was there to be informed. The record of writes beside
        the ledger may be a little behind, so a copy that is hardly older passes.
        """
        ...

    def begin_generation(self, now_s: float) -> None:
        """MUST accept the current content as the newest and touch it; it is not outdated then."""
        ...
