"""The link to the pods. Severing goes through here, so nothing here may wait."""

from typing import Protocol

from dreamwire.messages import (
    Assign,
    ClockProbe,
    Collective,
    Command,
    EncryptedCollective,
    Release,
    WakeOrder,
)


def needs_house(command: Command) -> bool:
    """Whether only the daemon that owns the house may send this: the beds may be another's by now.

    Orders to wake, acknowledgements and zeros leave at any time.
    """
    return isinstance(command.what, Assign | Release)


class CohortKey(Protocol):
    """A key that a cohort's broadcasts are encrypted under. number: by which assigns and broadcasts name it.

    secret: 32 bytes, kept in memory alone.
    """

    @property
    def number(self) -> int:
        """MUST be above 0."""
        ...

    @property
    def secret(self) -> bytes:
        """MUST come from the system's randomness."""
        ...

    def encrypt(self, message: Collective) -> EncryptedCollective:
        """MUST use no nonce twice."""
        ...


class PodLink(Protocol):
    """Sends to pods. Every method MUST return at once; a full or broken link drops and counts."""

    def publish(self, collective: Collective, key: CohortKey | None = None) -> None:
        """MUST encrypt under `key`, if any, sign and broadcast; an unsent older one is dropped."""
        ...

    def draw_key(self, number: int) -> CohortKey:
        """MUST return a key that is in no other cohort and on no disk."""
        ...

    def command(self, command: Command) -> None:
        """MUST sign and send once; resending until acknowledged is the fleet's work."""
        ...

    def wake(self, order: WakeOrder) -> None:
        """MUST sign and publish retained; on a broken link the newest order waits and is never dropped."""
        ...

    def clear_wake(self) -> None:
        """MUST empty the retained topic of wake orders: its content is not from this daemon."""
        ...

    def count(self, writes: int) -> None:
        """MUST sign and publish retained the ledger's number of writes; the newest number wins."""
        ...

    def checkpoint(self, note: str) -> None:
        """MUST show every pod this newest checkpoint of the audit log, in the daemon's presence."""
        ...

    def seek(self, pod: str) -> None:
        """MUST ask for this pod's presence again, where the broker has one; soon, and in bounded numbers."""
        ...

    def answer(self, pod: str, probe: ClockProbe) -> None:
        """MUST answer a clock probe; t2 is stamped as late as possible."""
        ...
