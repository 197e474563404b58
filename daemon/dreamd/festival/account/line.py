"""A line of the account: a promise, how much of it was judged, and each fault found.

Rules
- A line of which nothing was judged does not hold: it is in the account because the scenario plays it.
- A line holds only without a fault. A number that is NaN is a fault of the line that judges it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dreamd.festival.facts import Subject

SHOWN_MOST: Final = 20
"""Faults that a line shows; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. promise: the sentence. judged: of how many things, named by `of`."""

    subject: Subject
    promise: str
    judged: int
    of: str
    faults: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether something was judged, and all of it is so."""
        return self.judged > 0 and not self.faults

    @property
    def verdict(self) -> str:
        """The result in words."""
        if not self.judged:
            return f"nothing was judged: there is no {self.of}"
        if self.faults:
            return "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return f"holds for {self.judged} of {self.judged}"

    def plain(self) -> dict[str, object]:
        """The line as values of JSON."""
        return {
            "line": self.subject.value,
            "promise": self.promise,
            "holds": self.met,
            "judged": self.judged,
            "of": self.of,
            "verdict": self.verdict,
            "faults": list(self.faults[:SHOWN_MOST]),
            "more_faults": max(len(self.faults) - SHOWN_MOST, 0),
        }


def line(subject: Subject, promise: str, of: str, judged: int, faults: Iterable[str]) -> Line:
    """Return a line with the faults in their order."""
    return Line(subject, promise, judged, of, tuple(faults))
