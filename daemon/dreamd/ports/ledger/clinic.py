"""The clinic's rows: cases without evidence and notes, and the nights on which a sleeper's device failed.

Evidence and notes of a case are a personal row of its sleeper, of the kind CASE at the time of its opening.
The answers of a morning are one of the kind MORNING.
"""

from typing import Final, Protocol

from dreamd.core.clinic.kept_case import KeptCase
from dreamd.ports.commit import Commit

CASE: Final = "case"
MORNING: Final = "morning"


class ClinicLedger(Protocol):
    """Cases. That of an erased person names none, and keeps the mark of the name while it has not ended."""

    def living_cases(self) -> tuple[KeptCase, ...]:
        """MUST return every case that has not ended, by id, without evidence and notes."""
        ...

    def fault_nights(self) -> dict[str, tuple[int, int]]:
        """MUST return by sleeper the newest night with a fault of the device, and how many it ends."""
        ...

    def read_case(self, case: str) -> Commit[tuple[KeptCase, ...]]:
        """Ask for the case of this id, ended or not; empty: there is none. MUST return at once."""
        ...

    def read_cases(self, since_s: float) -> Commit[tuple[KeptCase, ...]]:
        """Ask for every case opened from this time on, by id; MUST return at once."""
        ...
