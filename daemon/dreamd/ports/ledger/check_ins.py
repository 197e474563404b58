"""Check-ins: the sleeper of each pod."""

from typing import Protocol


class CheckInLedger(Protocol):
    """The binding of sleepers to pods; it is the consent."""

    def checked_in(self) -> dict[str, str]:
        """MUST return pod -> sleeper."""
        ...
