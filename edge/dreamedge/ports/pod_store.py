"""A pod's state on disk, so that a reboot changes no safety decision."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from dreamedge.core.audit_witness import Witnessed
from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamwire.messages import PodEvent, StoredSever


@dataclass(frozen=True, slots=True)
class Kept:
    """The state left by the last run.

    incarnation: this start's number, above every earlier one. latched: cause, or empty. events: not yet
    acknowledged, oldest first. damage: a description of unreadable parts, or empty. woken: wakes obeyed.
    witnessed: the newest checkpoint of the daemon's audit log. consents: those seen, the newest last; None
    where they cannot be read. pressed: buttons of which the last run may have lost the consequences.
    """

    incarnation: int
    latched: str
    severed: StoredSever | None
    events: tuple[PodEvent, ...]
    damage: str
    woken: tuple[Wake, ...] = ()
    witnessed: Witnessed | None = None
    consents: tuple[HeldConsent, ...] | None = ()
    pressed: tuple[str, ...] = ()


class PodStore(Protocol):
    """A pod's disk. MUST return at once; writing happens elsewhere, the newest state wins."""

    def latch(self, cause: str) -> None:
        """MUST survive a reboot; an empty cause clears it."""
        ...

    def sever(self, severed: StoredSever | None) -> None:
        """MUST survive a reboot; None clears it."""
        ...

    def woken(self, wakes: tuple[Wake, ...]) -> None:
        """MUST survive a reboot: the wakes obeyed so far, replacing those kept before."""
        ...

    def pressing(self, button: str) -> AbstractContextManager[None]:
        """MUST NOT wait. The next start MUST find the press, unless the disk holds all that is put within."""
        ...

    def consents(self, held: tuple[HeldConsent, ...], number: int) -> None:
        """MUST survive a reboot: the consents seen so far. Then `consents_kept` is `number` or above."""
        ...

    @property
    def consents_kept(self) -> int:
        """MUST be the number of the newest consents that survive a reboot; 0: none of this start."""
        ...

    def witness(self, shown: Witnessed) -> None:
        """MUST survive a reboot: the newest checkpoint of the daemon's audit log."""
        ...

    def event(self, event: PodEvent) -> None:
        """MUST keep the event until `forget`; MUST NOT drop a safety event, MAY drop the oldest others."""
        ...

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """MUST drop these events."""
        ...

    def unlatch_asked(self) -> bool:
        """MUST be True once after the sleeper's own act at the pod, never for one from before this start."""
        ...

    @property
    def failed(self) -> str:
        """MUST be the reason why writing has stopped, or empty."""
        ...

    def close(self) -> bool:
        """MUST write pending changes within a second or so; True if it did. Safe to call twice."""
        ...
