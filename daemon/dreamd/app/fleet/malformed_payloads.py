"""Payloads that could not be read: each is counted by kind, and reported by sender.

A report is one event with the pod, the kind and the reason: the first of a sender and kind at once, the next
ones counted and reported with the first after EVERY_S. Each sender has lines of its own, so a sender that
sends nothing else hides no other. The table is bounded, and the senders that were reported longest ago fall
out. All senders together get at most LINES_MAX lines within EVERY_S, so that a thousand invented ones push
nothing out of the journal.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from dreamd.app.events.journal import Journal
from dreamd.ports.metrics import Metrics

KINDS: Final = ("presence", "status", "event", "clock", "frames", "topic")
"""Kinds of unreadable payloads, as the metric names them; topic: one to which nothing is published."""
EVERY_S: Final = 10.0
SENDERS_MAX: Final = 4096
LINES_MAX: Final = 100


@dataclass(slots=True)
class _Told:
    """When a sender was last told of for a kind, and how many there were since."""

    at_s: float
    since: int = 0


class MalformedPayloads:
    """Counts and tells what could not be read."""

    def __init__(self, journal: Journal, meters: Metrics) -> None:
        self._journal = journal
        self._meters = meters
        self._told: OrderedDict[tuple[str, str], _Told] = OrderedDict()
        self._lines_s: deque[float] = deque(maxlen=LINES_MAX)

    def __len__(self) -> int:
        """Senders and kinds that are remembered."""
        return len(self._told)

    def count_payload(self, sender: str, kind: str, reason: str, now_s: float) -> None:
        """A payload of `kind` from `sender` (empty: not known) could not be read, because of `reason`."""
        self._meters.malformed(kind)
        told = self._told.get((sender, kind))
        if told is not None and now_s - told.at_s < EVERY_S:
            told.since += 1
            return
        if len(self._lines_s) == LINES_MAX and now_s - self._lines_s[0] < EVERY_S:
            return
        self._lines_s.append(now_s)
        more = f" ({told.since} more since the last such line)" if told is not None and told.since else ""
        self._told.pop((sender, kind), None)
        self._told[sender, kind] = _Told(now_s)
        if len(self._told) > SENDERS_MAX:
            self._told.popitem(last=False)
        whom = sender or "somebody"
        sentence = f"{whom} sent an unreadable {kind}: {reason}{more}"
        self._journal.append(now_s, "malformed", sentence, pod=sender, cause=kind, reason=reason + more)
