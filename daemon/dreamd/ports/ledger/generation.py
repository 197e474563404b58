"""The generation: whether the ledger is the newest there is, or an outdated copy."""

from typing import Final, Protocol

LAPSED_S: Final = 3600.0
"""A ledger that no daemon has used for this long is outdated."""


def lapsed(lived_s: float, now_s: float) -> bool:
    """Return whether a ledger was last used too long ago, at `lived_s`; 0: never used."""
    return lived_s > 0.0 and not now_s - lived_s <= LAPSED_S


class GenerationLedger(Protocol):
    """The count of writes, and the age of the ledger."""

    @property
    def writes(self) -> int:
        """MUST return the number of durable writes, by the ledger's own count, without waiting for a disk.

        It falls neither while the ledger is open nor over a restart; a restored copy has fewer.
        """
        ...

    @property
    def found(self) -> int:
        """MUST return `writes` as it was when the ledger was opened, before this process wrote."""
        ...

    def outdated(self, now_s: float) -> str:
        """MUST return why the ledger may miss acts of people; empty without such evidence.

        Evidence is: the ledger is older than the last write known beside it (a copy was restored), or it was
        not used for LAPSED_S (a copy of everything, or no daemon was running). The knowledge beside the
        ledger may be slightly behind, so a copy that is hardly older passes.
        """
        ...

    def older(self) -> bool:
        """MUST tell whether writes are known that it lacks: it was restored, or its keys are missing.

        Unlike `outdated`, an hour without a daemon is no such evidence.
        """
        ...

    def begin_generation(self, now_s: float) -> None:
        """MUST accept the current content as the latest generation and update the heartbeat.

        After that `outdated` is empty.
        """
        ...
