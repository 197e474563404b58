"""Handovers: the slots that the owner of a house leaves to the next owner when it ends by plan."""

from dataclasses import dataclass
from typing import Protocol

from dreamd.core.fleet.house import HouseLease


@dataclass(frozen=True, slots=True)
class HandedSlot:
    """A pod that was well when its owner ended: at zero, its breaker CLOSED.

    incarnation: of the pod's agent. assignment: the id that it holds. term: of its cohort.
    """

    pod: str
    incarnation: int
    assignment: int
    term: int


@dataclass(frozen=True, slots=True)
class Handover:
    """The slots of one Dreamscape. direct: its owner left them to the one that reads them, just now."""

    dreamscape: str
    slots: tuple[HandedSlot, ...] = ()
    direct: bool = False


class HandoverLedger(Protocol):
    """The handover of a house, and its lease."""

    def handed_over(self) -> tuple[Handover, ...]:
        """MUST return every part of the newest handover, one a Dreamscape.

        `direct` MUST be True only where the owner right before this one wrote it, gave its lease up after,
        and did so at most HANDOVER_FRESH_S ago by the ledger's clock.
        """
        ...

    @property
    def house(self) -> HouseLease | None:
        """The lease as it was last renewed, and the daemons that wait for it; None: there is no lease.

        MUST read no more than memory; any thread may ask.
        """
        ...
