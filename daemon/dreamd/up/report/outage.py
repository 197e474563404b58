"""A daemon or broker that dies during the night: each sleeper's time to being alone, measured at the pods.

Pure. The beginning is stamped just before the kill (or when the end of the process is seen), the pods stamp
when the rendered share reached zero; one machine has one CLOCK_BOOTTIME, so they subtract.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dreamd.core.limits import LEASE_FADE_S, LEASE_S
from dreamd.terminal.sleeper_row import count, plural
from dreamd.up.processes.pod_journal import Entry

OUTLIVED_NS: Final = round((LEASE_S + LEASE_FADE_S) * 1e9)
"""A pod that still renders so long after it has been answered again before the lease was over."""


@dataclass
class Outage:
    """One death among so many sleepers.

    waiting: pods that were coupled then and have not reported since that they are alone. kept: those that
    never were: the dead process was back before their lease was over.
    """

    what: str
    how: str
    at_ns: int
    sleepers: int
    waiting: set[str]
    alone_after_s: dict[str, float] = field(default_factory=dict)
    back_ns: int = 0
    kept: set[str] = field(default_factory=set)

    @classmethod
    def begun(cls, what: str, how: str, at_ns: int, sleepers: int, coupled: Iterable[str]) -> "Outage":
        """An outage that has just begun; sleepers: their number, coupled: the pods that were not alone."""
        return cls(what, how, at_ns, sleepers, set(coupled))

    def ended_by(self, entry: Entry) -> bool:
        """Take a line of a pod's journal; True when it was the last one waited for."""
        if entry.pod not in self.waiting:
            return False
        if entry.kind == "hop" and entry.t_ns - self.at_ns > OUTLIVED_NS and entry.number("applied") > 0.0:
            self.waiting.discard(entry.pod)
            self.kept.add(entry.pod)
            return not self.waiting
        if entry.kind != "alone":
            return False
        at_ns = entry.stamp_ns("alone_ns") or entry.t_ns
        if at_ns < self.at_ns:
            return False
        self.waiting.discard(entry.pod)
        self.alone_after_s[entry.pod] = (at_ns - self.at_ns) / 1e9
        return not self.waiting

    def lost(self, pod: str) -> bool:
        """The pod's process has ended, it will report no more; True when it was the last one waited for."""
        was_waiting = pod in self.waiting
        self.waiting.discard(pod)
        return was_waiting and not self.waiting

    @property
    def finding(self) -> str:
        """The times to being alone."""
        waiting = f"; {plural(len(self.waiting), 'has', 'have')} not reported it" if self.waiting else ""
        if self.kept:
            waiting = f"; {count(len(self.kept))} dreamt on, answered again within their lease{waiting}"
        if not self.alone_after_s and not self.waiting and self.kept:
            return f"no bed was alone: {count(len(self.kept))} were answered again within their lease"
        if not self.alone_after_s:
            return f"no bed has reported yet that it is alone{waiting}" if waiting else "no bed was coupled"
        first, last = min(self.alone_after_s.values()), max(self.alone_after_s.values())
        number = len(self.alone_after_s)
        span = f"{first:.2f} to {last:.2f} s" if number > 1 else f"{last:.2f} s"
        after = f"alone after {span}, measured at the pods"
        if waiting:
            return f"{count(number)} {after}{waiting}"
        if number == self.sleepers:
            return f"all {count(number)} {after}"
        dreamt = f"the {count(number)} that dreamt {after.removeprefix('alone ')}"
        return f"all {count(self.sleepers)} alone: {dreamt}"

    @property
    def sentence(self) -> str:
        """The death and its consequence."""
        return f"{self.what} {self.how}: {self.finding}"
