"""Mornings in bins of planned dose: the share with a low check-in, by Wilson under a design effect.

Rules
- Bins hold about equally many mornings. Equal doses stand in one bin.
- A bin has PEOPLE_LEAST sleepers at least: a smaller one is joined to the one below it.
- The design effect of a bin is that of its own sleepers, who have several mornings in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dreamd.core.limits import REPORT_PEOPLE_LEAST
from dreamd.core.surveillance.rates import design_effect, wilson
from dreamd.core.surveillance.response import Morning

BINS_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Bin:
    """Mornings of one range of planned dose, merge-minutes, both ends included.

    deff: the design effect. share_low, share_high: the 95 % interval of the share with a low check-in.
    """

    from_min: float
    to_min: float
    mornings: int
    sleepers: int
    events: int
    deff: float
    share_low: float
    share_high: float

    @property
    def share(self) -> float:
        """The share with a low check-in."""
        return self.events / self.mornings


def bins(mornings: Sequence[Morning]) -> tuple[Bin, ...]:
    """Return the bins, by dose; none without mornings, and none where all are of fewer than PEOPLE_LEAST."""
    parts: list[list[Morning]] = []
    for part in _cut(sorted(mornings, key=lambda one: one.dose_min)):
        if parts and (_people(part) < REPORT_PEOPLE_LEAST or _people(parts[-1]) < REPORT_PEOPLE_LEAST):
            parts[-1] += part
        else:
            parts.append(part)
    if len(parts) > 1 and _people(parts[-1]) < REPORT_PEOPLE_LEAST:
        last = parts.pop()
        parts[-1] += last
    return tuple(_bin(part) for part in parts if _people(part) >= REPORT_PEOPLE_LEAST)


def _cut(ordered: Sequence[Morning]) -> Iterator[list[Morning]]:
    """Cut mornings that are ordered by dose into parts of about one size, between two doses."""
    at, size = 0, -(-len(ordered) // BINS_MOST)
    while at < len(ordered):
        end = min(at + size, len(ordered))
        while end < len(ordered) and ordered[end].dose_min == ordered[end - 1].dose_min:
            end += 1
        yield list(ordered[at:end])
        at = end


def _people(part: Sequence[Morning]) -> int:
    return len({one.sleeper for one in part})


def _bin(part: Sequence[Morning]) -> Bin:
    groups: dict[int, list[float]] = {}
    for one in part:
        groups.setdefault(one.sleeper, []).append(float(one.low))
    events, deff = sum(one.low for one in part), design_effect(tuple(groups.values()))
    low, high = wilson(events, len(part), deff)
    doses = [one.dose_min for one in part]
    return Bin(min(doses), max(doses), len(part), len(groups), events, deff, low, high)
