"""The report of a run: the numbers of `--json`, kept as it goes.

Everything about a person comes from that person's pod, in the pod's own stamps; ticks and frames are the
daemon's counters. Memory is bounded: latencies go into a histogram of half-millisecond bins, and each pod
keeps its first 32 severs.

Words. Merged: the coupling was ever above zero. Home: zero confirmed by its pod, or its process seen to have
ended. A zero that comes with the end of the night, or of a recording, is the way home and no sever. Never
merged: the coupling stayed at zero all night; the cause is the one that the pod reported of most hops, else
the reason why the daemon would not seat it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from dreamd.up.processes.pod_journal import DEPARTURES, Entry
from dreamd.up.report.metrics_scrape import Totals

LATENCY_BIN_MS: Final = 0.5
LATENCY_BINS: Final = 10_000
SEVERS_PER_POD_MAX: Final = 32
QUALITY_GOOD: Final = 0.5
HOPELESS_NS: Final = 8_000_000_000
"""So long after it began, signal that was never good is not waited for: 4 s of good signal are enough."""


@dataclass(frozen=True, slots=True)
class Severed:
    """One sever. Stamps in ns of CLOCK_BOOTTIME, 0 where not known."""

    pod: str
    cause: str
    onset_ns: int
    evidence_ns: int
    zero_ns: int
    alone_ns: int = 0

    @property
    def evidence_to_zero_ms(self) -> float | None:
        """From the capture of the evidence to the coupling's zero."""
        return _between_ms(self.evidence_ns, self.zero_ns)

    @property
    def onset_to_alone_ms(self) -> float | None:
        """From the malfunction's beginning, where the implant knows it, to the fade's end."""
        return _between_ms(self.onset_ns, self.alone_ns)


def _between_ms(first_ns: int, second_ns: int) -> float | None:
    known = first_ns > 0 and second_ns >= first_ns
    return (second_ns - first_ns) / 1e6 if known else None


@dataclass
class Latencies:
    """A histogram of milliseconds, bins of 0.5 ms up to 5 s; what is slower counts as 5 s."""

    bins: list[int] = field(default_factory=lambda: [0] * LATENCY_BINS)
    count: int = 0

    def add(self, ms: float) -> None:
        """Count one; NaN and negative values are not latencies."""
        ok = ms >= 0.0
        if ok:
            self.bins[min(int(ms / LATENCY_BIN_MS), LATENCY_BINS - 1)] += 1
            self.count += 1

    def quantile_ms(self, q: float) -> float | None:
        """The upper edge of the bin that holds quantile q (0..1); None with nothing counted."""
        left = q * self.count
        for index, inside in enumerate(self.bins):
            left -= inside
            if inside and left <= 0:
                return (index + 1) * LATENCY_BIN_MS
        return None


@dataclass
class _Pod:
    """The coupling of one pod over the night."""

    coupled: bool = False
    merged: bool = False
    ended: bool = False
    heard_ns: int = 0
    good_ns: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    refusal: str = ""
    severs: list[Severed] = field(default_factory=list)


@dataclass
class RunReport:
    """The accounts of one run over the pods named at its start; t0_ns is the run's beginning."""

    pods: tuple[str, ...]
    t0_ns: int
    closing: bool = False
    latencies: Latencies = field(default_factory=Latencies)
    first_good_ns: int = 0
    _pods: dict[str, _Pod] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open a page for each pod."""
        self._pods = {pod: _Pod() for pod in self.pods}

    def on_journal_line(self, entry: Entry) -> None:
        """Take one line of a pod's journal into account."""
        page = self._pods.get(entry.pod)
        if page is None:
            return
        match entry.kind:
            case "hop":
                self.latencies.add(entry.number("capture_to_feedback_ms"))
                self._couple(page, coupled=entry.number("applied") > 0.0)
                self._hear(page, entry)
            case "merged":
                self._couple(page, coupled=True)
            case "severed":
                self._sever(page, entry)
            case "alone":
                page.coupled = False
                self._alone(page, entry)
            case _:
                pass

    def _hear(self, page: _Pod, entry: Entry) -> None:
        """Take the signal fields of a hop."""
        page.heard_ns = page.heard_ns or entry.t_ns
        ok = entry.number("quality") >= QUALITY_GOOD
        if ok:
            page.good_ns = entry.t_ns
            self.first_good_ns = self.first_good_ns or entry.t_ns
        elif entry.words("cause"):
            page.causes[entry.words("cause")] += 1

    def outside(self, pod: str, refusal: str) -> None:
        """The daemon would not seat this pod when the night began; refusal: its code."""
        self._pods[pod].refusal = refusal

    def hopeless(self, pod: str, now_ns: int) -> bool:
        """Whether this pod's signal has not been good for 8 s, while that of others was."""
        page = self._pods[pod]
        since_ns = max(page.heard_ns, page.good_ns, self.first_good_ns)
        return bool(page.heard_ns and self.first_good_ns) and now_ns - since_ns >= HOPELESS_NS

    def cause(self, pod: str) -> str:
        """The fault of this pod's signal that it reported most often; else why it was not seated."""
        page = self._pods[pod]
        told = page.causes.most_common(1)
        return told[0][0] if told else page.refusal or ("" if page.heard_ns else "silence")

    def ended(self, pods: Iterable[str]) -> None:
        """The process of these pods is seen to have ended."""
        for pod in pods:
            self._pods[pod].ended = True

    def _couple(self, page: _Pod, *, coupled: bool) -> None:
        page.coupled = coupled
        page.merged = page.merged or coupled

    def _sever(self, page: _Pod, entry: Entry) -> None:
        planned = self.closing or entry.words("cause") in DEPARTURES
        if planned or len(page.severs) >= SEVERS_PER_POD_MAX:
            return
        page.severs.append(
            Severed(
                pod=entry.pod,
                cause=entry.words("cause"),
                onset_ns=entry.stamp_ns("onset_ns"),
                evidence_ns=entry.stamp_ns("evidence_ns"),
                zero_ns=entry.stamp_ns("zero_ns") or entry.t_ns,
                alone_ns=entry.stamp_ns("alone_ns"),
            )
        )

    def _alone(self, page: _Pod, entry: Entry) -> None:
        if page.severs and not page.severs[-1].alone_ns:
            page.severs[-1] = replace(page.severs[-1], alone_ns=entry.stamp_ns("alone_ns") or entry.t_ns)

    def is_home(self, pod: str) -> bool:
        """Zero confirmed by its pod, or its process seen to have ended."""
        page = self._pods[pod]
        return page.ended or not page.coupled

    @property
    def home(self) -> int:
        """The number of sleepers at home."""
        return sum(self.is_home(pod) for pod in self.pods)

    @property
    def merged(self) -> int:
        """The number of pods that were ever coupled."""
        return sum(page.merged for page in self._pods.values())

    @property
    def never_merged(self) -> tuple[str, ...]:
        """The pods that were never coupled."""
        return tuple(pod for pod in self.pods if not self._pods[pod].merged)

    @property
    def severed(self) -> tuple[Severed, ...]:
        """Every sever before the end of the night, in the order of its zero."""
        return tuple(sorted((s for p in self._pods.values() for s in p.severs), key=lambda s: s.zero_ns))

    @property
    def everyone_home(self) -> bool:
        """Whether the run may end with status 0."""
        return self.home == len(self.pods)

    def as_json(self, totals: Totals) -> dict[str, object]:
        """The one object `--json` prints; milliseconds are rounded to a hundredth, unknown is null."""
        return {
            "sleepers": len(self.pods),
            "ticks": totals.ticks,
            "ticks_skipped": totals.ticks_skipped,
            "frames_accepted": totals.frames_accepted,
            "frames_refused": dict(sorted(totals.frames_refused.items())),
            "merged": self.merged,
            "severed": [
                {
                    "pod": one.pod,
                    "cause": one.cause,
                    "at_s": round((one.zero_ns - self.t0_ns) / 1e9, 3),
                    "evidence_to_zero_ms": _rounded(one.evidence_to_zero_ms),
                    "onset_to_alone_ms": _rounded(one.onset_to_alone_ms),
                }
                for one in self.severed
            ],
            "never_merged": [{"pod": pod, "cause": self.cause(pod)} for pod in self.never_merged],
            "home": self.home,
            "latency_ms": {
                "capture_to_feedback": {
                    "p50": self.latencies.quantile_ms(0.50),
                    "p99": self.latencies.quantile_ms(0.99),
                }
            },
        }


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 2)
