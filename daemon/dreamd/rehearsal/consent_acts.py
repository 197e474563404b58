"""The acts of sleepers in a rehearsal, each judged by the stamps of that sleeper's own pod. Pure.

- A withdrawal: zero within 500 ms of the call, for that reason, and zero from then on.
- An end of the grant or of its hours: zero at that tick, at most a tick before it, and zero from then on.
- A narrower grant: the pod goes on, and renders at most the new ceiling in each hop from 750 ms on.
- A wider grant: nothing changes until the sleeper is checked in anew; then the share rises from zero above
  the narrow ceiling.
- An anchor session: the sleeper leaves the group for zero, and stays there until the session begins. Then
  the share rises from zero to at most .10, and falls to zero for good with its end.
- A moratorium, to which an advocate calls the fleet: every pod at zero within 500 ms of the call, and zero
  from then on.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from dreamd.core.limits import ANCHOR_CEILING, HOP_S
from dreamd.core.safety.causes import Cause
from dreamd.up.processes.pod_journal import Entry

NARROW: Final = 0.05
"""The ceiling of a narrower grant."""
ROUNDING: Final = 1.0 / 255.0
"""A coupling is one of 256 steps."""
MESSAGE_NS: Final = 500_000_000
"""From a call until each pod has the next message: the limit of evidence to zero."""
TICK_NS: Final = round(HOP_S * 1e9)
HEARD_NS: Final = MESSAGE_NS + TICK_NS
"""From a call to the first hop that a pod has rendered whole under the next message."""
HOPS_LEAST: Final = 4
"""Fewer hops of a pod tell nothing."""
HOPS_MAX: Final = 8_000


class ActKind(Enum):
    """The acts, by the name of their scene."""

    WITHDRAWS = "withdrawal"
    EXPIRES = "expiry"
    HOURS_END = "hours-end"
    NARROWS = "narrowing"
    WIDENS = "widening"
    ANCHORS = "anchor"
    PAUSES = "moratorium"


REASONS: Final = {
    ActKind.WITHDRAWS: Cause.WITHDRAWN.value,
    ActKind.EXPIRES: Cause.EXPIRED.value,
    ActKind.HOURS_END: Cause.EXPIRED.value,
    ActKind.PAUSES: Cause.MORATORIUM.value,
}
CALLED: Final = frozenset({ActKind.WITHDRAWS, ActKind.PAUSES})
"""The acts that begin with a call, and with no instant that was granted before."""
"""The reason that a pod gives with the zero of an act; an act without one leaves its sleeper merged."""


@dataclass(slots=True)
class Act:
    """One act. Stamps in ns of CLOCK_BOOTTIME, 0 where not yet.

    due_ns: of the call, or of the end that was granted. widened_ns: the wider grant was answered. again_ns:
    the sleeper is checked in anew, or an anchor session begins. over_ns: its end was asked.
    """

    kind: ActKind
    due_ns: int
    widened_ns: int = 0
    again_ns: int = 0
    over_ns: int = 0
    zero_ns: int = 0
    alone_ns: int = 0
    hops: list[tuple[int, float]] = field(default_factory=list)

    @property
    def ends(self) -> bool:
        """Whether the act must set its sleeper to zero."""
        return self.kind in REASONS

    @property
    def least_ns(self) -> int:
        """The first instant at which the zero may be. An end may be seen up to a tick before it."""
        return self.due_ns if self.kind in CALLED else self.due_ns - TICK_NS

    @property
    def most_ns(self) -> int:
        """The last instant at which the zero may be."""
        return self.due_ns + MESSAGE_NS + (0 if self.kind in CALLED else TICK_NS)

    @property
    def to_effect_ms(self) -> float | None:
        """From the call, or the end, to the pod's zero or first narrow hop; None: there was none."""
        narrow = (at_ns for at_ns, share in self.hops if at_ns >= self.due_ns and share <= NARROW + ROUNDING)
        effect_ns = self.zero_ns if self.ends else next(narrow, 0)
        return (effect_ns - self.due_ns) / 1e6 if effect_ns else None

    @property
    def to_alone_ms(self) -> float | None:
        """From the call, or the end, to the fade's end; None: there was none."""
        return (self.alone_ns - self.due_ns) / 1e6 if self.alone_ns else None

    @property
    def held(self) -> bool:
        """Whether the act did what it must, and in time."""
        if self.ends:
            in_time = self.least_ns <= self.zero_ns <= self.most_ns and self.alone_ns >= self.zero_ns
            return in_time and all(share <= 0.0 for share in self._shares(self.alone_ns + TICK_NS))
        if self.kind is ActKind.NARROWS:
            return _narrow(self._shares(self.due_ns + HEARD_NS))
        return self._widened() if self.kind is ActKind.WIDENS else self._anchored()

    def _anchored(self) -> bool:
        if not self.over_ns > self.again_ns > 0:
            return False
        apart = self._shares(self.due_ns + HEARD_NS, self.again_ns)
        alone, after = self._shares(self.again_ns, self.over_ns), self._shares(self.over_ns + HEARD_NS)
        begins = next((share for share in alone if share > 0.0), 1.0)
        within = all(0.0 <= share <= ANCHOR_CEILING + ROUNDING for share in alone)
        rises = begins < NARROW < max(alone, default=0.0)
        return within and rises and all(share <= 0.0 for share in apart + after) and len(after) >= HOPS_LEAST

    def _widened(self) -> bool:
        if not self.again_ns >= self.widened_ns > 0:
            return False
        before = self._shares(self.due_ns + HEARD_NS, self.widened_ns)
        waiting = self._shares(self.widened_ns, self.again_ns)
        after = self._shares(self.again_ns + MESSAGE_NS)
        begins = next((share for share in after if share > 0.0), 1.0)
        return _narrow(before) and _narrow(waiting) and begins < NARROW and max(after) > NARROW + ROUNDING

    def _shares(self, from_ns: int, to_ns: int = 1 << 63) -> list[float]:
        return [share for at_ns, share in self.hops if from_ns <= at_ns < to_ns]


def _narrow(shares: list[float]) -> bool:
    """Whether a pod that goes on keeps to the narrow ceiling."""
    return len(shares) >= HOPS_LEAST and all(0.0 < share <= NARROW + ROUNDING for share in shares)


def _is_of(entry: Entry, kind: ActKind) -> bool:
    """Whether a pod's zero is that of the act. Of a moratorium it hears the zeros, or the retained place."""
    if kind is ActKind.PAUSES:
        return entry.words("cause") in (Cause.DAEMON.value, Cause.MORATORIUM.value)
    return entry.words("detail") == REASONS.get(kind)


@dataclass
class ActBook:
    """The acts of a night by pod, until it closes."""

    acts: dict[str, Act] = field(default_factory=dict)

    def begin_act(self, pod: str, act: Act) -> Act:
        """An act begins: call it before the call to the daemon."""
        self.acts[pod] = act
        return act

    def add_line(self, entry: Entry) -> None:
        """A line of a pod's journal, before the night closes."""
        act = self.acts.get(entry.pod)
        if act is None:
            return
        match entry.kind:
            case "severed" if not act.zero_ns and _is_of(entry, act.kind):
                act.zero_ns = entry.stamp_ns("zero_ns")
            case "alone" if act.zero_ns and not act.alone_ns:
                act.alone_ns = entry.stamp_ns("alone_ns")
            case "hop" if len(act.hops) < HOPS_MAX:
                act.hops.append((entry.t_ns, entry.number("applied")))
            case _:
                pass

    @property
    def held(self) -> int:
        """The number of acts that did what they must."""
        return sum(act.held for act in self.acts.values())
