"""The result of a rehearsal: failing beds, detections with cause and latency, and sleepers at home.

Pure: pods' journal entries and the daemon's events go in with stamps of one clock (CLOCK_BOOTTIME); every
fact about a person comes from that person's pod. A pod that the daemon sets to zero does not know the reason,
because no broadcast carries it: its cause is the one in the daemon's journal, for the pod or for the
Dreamscape, at that moment.

Words. Detected: severed after its onset for a cause that the scenario must lead to; where no pod can see the
failure, only if the Dreamscape was severed. False: severed for a cause that is a person's or a device's own,
without an injected fault. In a scene of acts the sleepers of `failing` act, and a release of another one is
false as well. A sever of the whole Dreamscape is counted apart and is a false sever of no
sleeper.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dreamd.core.safety.causes import CAUSES, Cause, Kind, cause_named
from dreamd.core.safety.causes import Scope as Concerns
from dreamd.rehearsal.consent_acts import ActBook
from dreamd.rehearsal.scenarios import Cue, Scope
from dreamd.up.processes.pod_journal import Entry
from dreamd.up.report.metrics_scrape import Totals
from dreamd.up.report.run_report import RunReport, Severed

ENDS: Final = frozenset({Cause.OPERATOR.value, Cause.ENDED.value, Cause.SHUTDOWN.value, ""})
"""Causes of a Dreamscape at zero by a decision of a person: no sever of a rehearsal's account."""
BY_DAEMON: Final = "daemon"
SAME_NS: Final = 1_500_000_000
"""An event of the daemon this near to a zero explains it."""
EVENTS_MAX: Final = 20_000
SPANS_MAX: Final = 32


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the daemon's journal: of a pod, or of the Dreamscape (pod empty)."""

    at_ns: int
    kind: str
    pod: str
    cause: str


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of being merged, by the pod's stamps; to_ns 0: it lasts."""

    from_ns: int
    to_ns: int = 0


@dataclass(frozen=True, slots=True)
class Fall:
    """One sever with its cause resolved."""

    severed: Severed
    cause: str
    of_all: bool

    @property
    def pod(self) -> str:
        """The pod."""
        return self.severed.pod


@dataclass(frozen=True, slots=True)
class Spread:
    """p50, p99 and the largest of some milliseconds; None of nothing."""

    p50: float | None
    p99: float | None
    most: float | None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> "Spread":
        """Nearest-rank percentiles of the finite values."""
        known = sorted(value for value in values if value is not None)
        if not known:
            return cls(None, None, None)
        ranks = (known[max(math.ceil(q * len(known)) - 1, 0)] for q in (0.50, 0.99, 1.0))
        p50, p99, most = (round(value, 1) for value in ranks)
        return cls(p50, p99, most)

    def as_json(self) -> dict[str, float | None]:
        """For JSON."""
        return {"p50": self.p50, "p99": self.p99, "max": self.most}


def personal(cause: str) -> bool:
    """Whether this cause counts against a person or a device."""
    row = CAUSES[cause_named(cause)]
    return row.kind in (Kind.HARD, Kind.SOFT) and row.scope in (Concerns.PERSON, Concerns.DEVICE)


@dataclass
class Results:
    """The accounts of one rehearsal.

    account: the run's own report. failing: the pods that are made to fail; partners: for each of a pair, the
    pod with the same brain, for a failure that concerns both and is reported by one.
    """

    cue: Cue
    account: RunReport
    failing: frozenset[str]
    partners: dict[str, str] = field(default_factory=dict)
    onsets: dict[str, int] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    acts: ActBook = field(default_factory=ActBook)

    def add_line(self, entry: Entry) -> None:
        """A line of a pod's journal."""
        if not self.account.closing:
            self.acts.add_line(entry)
        match entry.kind:
            case "onset" if entry.pod in self.failing:
                for pod in (entry.pod, self.partners.get(entry.pod, entry.pod)):
                    self.onsets.setdefault(pod, entry.stamp_ns("onset_ns"))
            case "merged":
                spans = self.spans.setdefault(entry.pod, [])
                if len(spans) < SPANS_MAX and not (spans and not spans[-1].to_ns):
                    spans.append(Span(entry.t_ns))
            case "alone":
                self._close(entry)
            case _:
                pass

    def _close(self, entry: Entry) -> None:
        spans = self.spans.get(entry.pod, [])
        if spans and not spans[-1].to_ns:
            spans[-1] = Span(spans[-1].from_ns, max(entry.stamp_ns("alone_ns"), spans[-1].from_ns))

    def add_fact(self, told: Told) -> None:
        """Take an event of the daemon's journal; the first 20,000 are kept."""
        if len(self.told) < EVENTS_MAX:
            self.told.append(told)

    @property
    def falls(self) -> tuple[Fall, ...]:
        """Every sever before the end, in order, each with its cause."""
        of_all = [told for told in self.told if not told.pod]
        by_pod: dict[str, list[Told]] = {}
        for told in self.told:
            by_pod.setdefault(told.pod, []).append(told)
        return tuple(self._fall(one, by_pod.get(one.pod, []), of_all) for one in self.account.severed)

    @staticmethod
    def _fall(one: Severed, own: list[Told], of_all: list[Told]) -> Fall:
        if one.cause != BY_DAEMON:
            return Fall(one, one.cause, of_all=False)
        near = [t for t in own if t.kind == "breaker-tripped" and abs(t.at_ns - one.zero_ns) < SAME_NS]
        if near:
            return Fall(one, min(near, key=lambda t: abs(t.at_ns - one.zero_ns)).cause, of_all=False)
        whole = [t for t in of_all if abs(t.at_ns - one.zero_ns) < SAME_NS]
        return Fall(one, whole[0].cause if whole else BY_DAEMON, of_all=bool(whole))

    @property
    def dreamscape_causes(self) -> tuple[str, ...]:
        """The cause of each sever of the whole Dreamscape."""
        return tuple(told.cause for told in self.told if not told.pod)

    @property
    def answered(self) -> tuple[Fall, ...]:
        """For each sleeper that must be at zero because of the scenario: the first fall that counts."""
        crowd = self.cue.scene.scope is Scope.CROWD
        first_ns = min(self.onsets.values(), default=0)
        found: dict[str, Fall] = {}
        for fall in self.falls if first_ns else ():
            onset_ns = first_ns if crowd else self.onsets.get(fall.pod, 0)
            counts = fall.cause in self.cue.scene.causes and fall.severed.zero_ns >= onset_ns > 0
            if counts:
                found.setdefault(fall.pod, fall)
        return tuple(found.values())

    @property
    def detected(self) -> int:
        """The number of failing beds that were detected, or of acts that held."""
        if self.cue.scene.is_act:
            return self.acts.held
        whole = self.cue.scene.whole
        if whole and not self.cue.scene.causes & set(self.dreamscape_causes):
            return 0
        return len({fall.pod for fall in self.answered} & self.failing)

    @property
    def false_severs(self) -> tuple[Fall, ...]:
        """Severs for a personal cause of sleepers that were not made to fail; beside an act, releases too."""
        return tuple(
            fall
            for fall in self.falls
            if fall.pod not in self.failing and not fall.of_all and self._counts(fall.cause)
        )

    def _counts(self, cause: str) -> bool:
        return personal(cause) or (self.cue.scene.is_act and cause == Cause.RELEASED.value)

    @property
    def begun(self) -> int:
        """The number of faults, or acts, that began."""
        return len(self.acts.acts) if self.cue.scene.is_act else len(self.onsets)

    def merged_now(self, pods: Iterable[str]) -> bool:
        """Whether each of these pods is merged now, by its own stamps."""
        return all(spans and not spans[-1].to_ns for spans in (self.spans.get(pod) for pod in pods))

    @property
    def onset_to_alone_ms(self) -> Spread:
        """From each sleeper's own onset, or the group's first, to being alone; from an act."""
        if self.cue.scene.is_act:
            return Spread.of(act.to_alone_ms for act in self.acts.acts.values())
        first_ns = min(self.onsets.values(), default=0)
        crowd = self.cue.scene.scope is Scope.CROWD
        took = []
        for fall in self.answered:
            onset_ns = first_ns if crowd else self.onsets[fall.pod]
            if fall.severed.alone_ns:
                took.append((fall.severed.alone_ns - onset_ns) / 1e6)
        return Spread.of(took)

    @property
    def evidence_to_zero_ms(self) -> Spread:
        """From the capture of the evidence to the coupling's zero, of the detected sleepers; from an act."""
        if self.cue.scene.is_act:
            return Spread.of(act.to_effect_ms for act in self.acts.acts.values())
        return Spread.of(fall.severed.evidence_to_zero_ms for fall in self.answered)

    @property
    def passed(self) -> bool:
        """Every sleeper home, every failing bed detected or act held, no false sever."""
        found = self.begun == len(self.failing) == self.detected > 0
        return found and self.account.everyone_home and not self.false_severs

    @property
    def severed(self) -> dict[str, int]:
        """The number of sleepers severed at least once for each cause."""
        pairs = {(fall.pod, fall.cause) for fall in self.falls}
        return dict(sorted(Counter(cause for _, cause in pairs).items()))

    def as_json(self, totals: Totals) -> dict[str, object]:
        """The object of `--json`."""
        return {
            "malfunction": self.cue.scene.name,
            "scope": self.cue.scene.scope.value,
            "sleepers": len(self.account.pods),
            "merged": self.account.merged,
            "malfunctioned": self.begun,
            "detected": self.detected,
            "severed": self.severed,
            "dreamscape_severed": len(self.dreamscape_causes),
            "dreamscape_causes": list(self.dreamscape_causes),
            "labels": self.labels,
            "false_severs": len(self.false_severs),
            "home": self.account.home,
            "evidence_to_zero_ms": self.evidence_to_zero_ms.as_json(),
            "onset_to_alone_ms": self.onset_to_alone_ms.as_json(),
            "ticks": totals.ticks,
            "ticks_skipped": totals.ticks_skipped,
        }
