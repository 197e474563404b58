"""A pod's journal as it comes over its standard output: one JSON object a line, facts with numbers.

Every line has `t_ns` (CLOCK_BOOTTIME), `pod` and `kind`; the rest depends on the kind. A field that
is absent, null or not a number reads as NaN, which no comparison takes for a good value. A line that
is no entry is dropped: a pod's chatter cannot stop a run.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

UNKNOWN_NS: Final = 0
DEPARTURES: Final = frozenset({"left", "recording-over", "stopped", "duration"})
"""Causes of a zero by which a pod goes home by its own plan: it has left and was not severed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of one pod."""

    t_ns: int
    pod: str
    kind: str
    values: Mapping[str, object]

    def number(self, name: str) -> float:
        """The field as a float, NaN where it is not one."""
        value = self.values.get(name)
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if ok and isinstance(value, int | float) else math.nan

    def stamp_ns(self, name: str) -> int:
        """The field as a stamp, 0 where it is not known."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN_NS

    def words(self, name: str) -> str:
        """The field as text, empty where it is not."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""


def parse(line: str) -> Entry | None:
    """Read one line; None if it is not an entry."""
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    match found:
        case {"t_ns": int(t_ns), "pod": str(pod), "kind": str(kind)}:
            return Entry(t_ns, pod, kind, found)
        case _:
            return None
