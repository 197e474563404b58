"""The events of a Dreamscape as lines: many of one kind are one line, and grave ones stay longer. Pure.

Rules and words are those of the console (`grouped` in its words.js); tests hold both together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dreamd.core.event_kinds import GRAVE
from dreamd.top.view_model import Happening

KIND_WORDS: Final = {
    "merged": "merged",
    "severed": "severed",
    "left": "left",
    "breaker-tripped": "breakers tripped",
    "breaker-changed": "breakers changed",
    "assign-refused": "refused an assign",
}
"""The words for a group of events of one kind; other kinds are named as they are."""
GROUPED_WITHIN_S: Final = 10.0
GROUPED_LEAST: Final = 3
GRAVE_FIRST_S: Final = 60.0
"""A grave line this young takes the place of newer ones that are not grave."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line: an event, or several of one kind and cause. at_s: Unix time of the first."""

    at_s: float
    words: str
    grave: bool
    acted_s: float
    late: bool


def is_grave(event: Happening) -> bool:
    """Whether a person should look at this event."""
    return event.kind in GRAVE or (event.kind == "state" and "sever" in event.sentence)


def event_lines(events: Sequence[Happening], *, grave_only: bool = False) -> list[EventLine]:
    """The events, oldest first; three or more of one kind and cause within ten seconds are one line."""
    groups: list[list[Happening]] = []
    running: dict[tuple[str, str], list[Happening]] = {}
    for event in events:
        if grave_only and not is_grave(event):
            continue
        group = running.get((event.kind, event.cause)) if event.pod else None
        if group is not None and event.at_s - group[-1].at_s <= GROUPED_WITHIN_S:
            group.append(event)
            continue
        groups.append([event])
        if event.pod:
            running[event.kind, event.cause] = groups[-1]
    whole: list[list[Happening]] = []
    for group in groups:
        whole += [group] if len(group) >= GROUPED_LEAST else [[event] for event in group]
    whole.sort(key=lambda group: group[0].cursor)
    return [_line(group) for group in whole]


def _line(group: Sequence[Happening]) -> EventLine:
    first = group[0]
    if len(group) == 1:
        because = f" ({first.cause})" if first.cause and first.cause not in first.sentence else ""
        words, late = f"{first.sentence}{because}", first.late
    else:
        beds = len({event.pod for event in group})
        kind = KIND_WORDS.get(first.kind, first.kind.replace("-", " "))
        words = f"{beds} bed{'' if beds == 1 else 's'}: {kind}{f' ({first.cause})' if first.cause else ''}"
        late = False
    return EventLine(first.at_s, words, is_grave(first), first.acted_s, late)


def ranked(lines: Sequence[EventLine]) -> list[int]:
    """The places of the lines, in the order in which they get room: young grave ones, then the newest."""
    newest_s = max((line.at_s for line in lines), default=0.0)
    first = [line.grave and newest_s - line.at_s <= GRAVE_FIRST_S for line in lines]
    return sorted(range(len(lines)), key=lambda at: (not first[at], -at))
