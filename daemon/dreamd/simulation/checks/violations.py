"""Records of the invariant checker, and the rules that need no state."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dreamd.core.dreamscapes.views import Event
from dreamd.core.safety.quorum import QuorumVerdict
from dreamd.simulation.environment import ObservedDaemon
from dreamd.simulation.machines.memory_ledger import LedgerStorage
from dreamwire.messages import Assign


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken."""

    at_s: float
    rule: str
    subject: str
    text: str

    def __str__(self) -> str:
        """The violation in one line."""
        return f"{self.at_s:.3f} s, {self.rule}: {self.subject}: {self.text}"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of a pod's journal, in world time."""

    at_s: float
    pod: str
    kind: str
    values: dict[str, float | int | str]


@dataclass(slots=True)
class Permit:
    """The share that one process of a pod may render, by the model. Times are ns of its own clock."""

    until_ns: int = 0
    heard: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Bar:
    """A pod may not be granted anything by one daemon before `until_s`, world time; `why` is the reason."""

    until_s: float
    why: str


def over(daemon: ObservedDaemon, dreamscape: str, violated: Callable[[str, str, str], None]) -> None:
    """A Dreamscape has ended: no bed may hold a seat in it."""
    held = [view.pod for view in daemon.app.pods.list() if view.dreamscape == dreamscape]
    if daemon.alive and held:
        violated("ended", dreamscape, f"has ended, and holds {', '.join(held)}")


def lie_once(daemon: ObservedDaemon, violated: Callable[[str, str, str], None]) -> None:
    """One pseudonym lies in one pod, by this daemon."""
    lying = Counter(view.sleeper for view in daemon.app.pods.list() if view.sleeper)
    for sleeper, count in lying.items():
        if count > 1:
            violated("one-pod", sleeper, f"lies in {count} pods")


def failed(event: Event) -> int:
    """Return how many had failed, by the sentence of a Dreamscape that was severed for most; else 0."""
    if QuorumVerdict.MOST_FAILED.value not in event.sentence:
        return 0
    healthy, assigned, *away = (int(word) for word in event.sentence.split() if word.isdigit())
    return assigned - healthy - sum(away)


def is_anchored(storage: LedgerStorage, pod: str) -> bool:
    """Whether an anchor session of this pod is in the ledger: there its sleeper meets no other."""
    return any(one.plan.kind.alone and pod in one.plan.pods for one in storage.records.values())


def committed(storage: LedgerStorage, daemon: ObservedDaemon, pod: str, assign: Assign) -> str:
    """Return the part of seat, term and mark that the ledger lacks when a pod is assigned; empty: nothing.

    A daemon that another has replaced is not checked: the ledger belongs to the other one.
    """
    if daemon.lost:
        return ""
    record = storage.records.get(assign.dreamscape)
    sleepers = [sleeper for _, name, sleeper in record.seats if name == pod] if record else []
    if not sleepers:
        return "the ledger names no seat of it"
    if sleepers[0] not in (storage.anchoring if record and record.plan.kind.alone else storage.merging):
        return "no mark of exposure is in the ledger"
    if not storage.terms.get((assign.dreamscape, assign.cohort), 0) >= assign.term:
        return f"its term {assign.term} is not kept"
    return ""
