"""The model of the screen: a row for each sleeper and the last lines, folded from what arrives.

No clock and no terminal here: `note` takes a pod's journal, `say` a line from elsewhere, and `settle` the
time. Severs that come together (a daemon killed, a hand on `s`) are gathered for 0.4 s and reported in one
line; a single one gets the sentence with its own numbers.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dreamd.core.safety.causes import Cause
from dreamd.terminal.sleeper_row import Row, State, Tone, by_number, count, pod_names
from dreamd.up.processes.pod_journal import DEPARTURES, Entry

LINES_KEPT: Final = 50
TOGETHER_NS: Final = 400_000_000
SILENT_NS: Final = 1_500_000_000
"""A pod without a line for this long is silent: no lease outlives it."""

QUIETLY: Final = (State.COMING, State.LEFT)
"""States in which a process may end without a line: a pod that has not come, and one that has left."""


SPEAKING: Final = (State.HERE, State.DREAMING, State.SEVERED)
"""States in which a pod reports every hop."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the screen, at a second of the run."""

    at_s: float
    words: str
    tone: Tone = Tone.CALM
    pod: str = ""


@dataclass
class _Batch:
    """Severs of one cause that came together."""

    first_ns: int
    cause: str
    zero_ms: dict[str, float] = field(default_factory=dict)


@dataclass
class Board:
    """All rows and the last 50 lines. muted: causes that another part reports just now.

    synchrony: by band, z against chance, as reported at this second of the run; unknown values are left out.
    awaited: the event that the run waits for before the night begins.
    """

    t0_ns: int
    ceiling: float
    rows: dict[str, Row]
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    told: int = 0
    muted: frozenset[str] = frozenset()
    closing: bool = False
    synchrony: tuple[tuple[str, float], ...] = ()
    synchrony_at_s: float = -math.inf
    awaited: str = ""
    _batches: dict[str, _Batch] = field(default_factory=dict)
    _sampled: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, t0_ns: int, ceiling: float, sleepers: Iterable[tuple[str, str]]) -> "Board":
        """A board on which every sleeper is still coming."""
        return cls(t0_ns, ceiling, {pod: Row(pod, name) for pod, name in sleepers})

    def seconds(self, t_ns: int) -> float:
        """A stamp as seconds of the run."""
        return (t_ns - self.t0_ns) / 1e9

    @property
    def dreaming(self) -> int:
        """How many dream, of those that are heard."""
        return sum(row.state is State.DREAMING and not row.silent for row in self.rows.values())

    def agree(self, at_ns: int, synchrony: Iterable[tuple[str, float]]) -> None:
        """The daemon has reported how far above chance phases agree, band by band."""
        self.synchrony, self.synchrony_at_s = tuple(synchrony), self.seconds(at_ns)

    def say(self, at_ns: int, words: str, tone: Tone = Tone.CALM, pod: str = "") -> None:
        """Add a line."""
        self.lines.append(Line(self.seconds(at_ns), words, tone, pod))
        self.told += 1

    def on_journal_line(self, entry: Entry) -> None:
        """Take one line of a pod's journal."""
        row = self.rows.get(entry.pod)
        if row is None or row.state is State.GONE:
            return
        row.heard_ns = entry.t_ns
        match entry.kind:
            case "hop":
                self._hop(row, entry)
            case "up" | "connected":
                row.linked = True
                row.state = State.HERE if row.state is State.COMING else row.state
            case "disconnected":
                row.linked = False
            case "merged":
                row.state, row.cause = State.DREAMING, ""
            case "severed":
                self._severed(row, entry)
            case "alone":
                row.share = 0.0
                row.state = self._alone_state(row)
            case "latched":
                row.state, row.cause = State.AWAKE, entry.words("cause") or "wake"
            case "left" | "ended":
                self._left(row, entry)
            case _:
                pass

    def _hop(self, row: Row, entry: Entry) -> None:
        share = entry.number("applied") / self.ceiling
        row.share = min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
        cause = entry.words("cause")
        row.quality = entry.number("quality")
        if row.quality > 0.0:
            self._sampled.add(row.pod)
        elif cause == Cause.SILENCE.value and row.pod not in self._sampled:
            row.quality = math.nan  # its implant has not delivered yet: not known, and not bad
        if row.state is State.HERE:
            row.cause = cause
        if (
            row.state in {State.COMING, State.HERE, State.SEVERED}
            and entry.number("granted") > 0
            and row.share > 0
        ):
            row.state, row.cause = State.DREAMING, ""

    def _alone_state(self, row: Row) -> State:
        if row.state is State.DREAMING:
            return State.HOME if self.closing else State.SEVERED
        return row.state

    def _left(self, row: Row, entry: Entry) -> None:
        row.share, row.cause = 0.0, entry.words("cause")
        if not self.closing and row.state is not State.LEFT:
            row.state = State.LEFT
            self.say(
                entry.t_ns, f"{row.pod} ({row.pseudonym}) leaves; {self._others(entry.t_ns)}", pod=row.pod
            )

    def _severed(self, row: Row, entry: Entry) -> None:
        was_dreaming = row.state is State.DREAMING
        row.cause = entry.words("cause")
        if self.closing:
            row.state = State.HOME
            return
        if row.state not in {State.AWAKE, State.LEFT}:
            row.state = State.SEVERED
        if not was_dreaming or row.cause in self.muted or row.cause in DEPARTURES:
            return
        batch = self._batches.setdefault(row.cause, _Batch(entry.t_ns, row.cause))
        evidence, zero = entry.stamp_ns("evidence_ns"), entry.stamp_ns("zero_ns") or entry.t_ns
        batch.zero_ms[row.pod] = (zero - evidence) / 1e6 if 0 < evidence <= zero else math.nan

    def settle(self, now_ns: int) -> None:
        """Report the severs that have waited long enough for others of their kind; mark the silent rows."""
        for row in self.rows.values():
            row.silent = row.state in SPEAKING and now_ns - row.heard_ns > SILENT_NS
        for cause in [c for c, b in self._batches.items() if now_ns - b.first_ns >= TOGETHER_NS]:
            batch = self._batches.pop(cause)
            pods = sorted(batch.zero_ms, key=by_number)
            slowest = max((ms for ms in batch.zero_ms.values() if ms >= 0), default=math.nan)
            within = f", zero in {slowest:.0f} ms" if slowest >= 0 else ""
            words = f"{pod_names(pods)} severed: {cause or 'no cause given'}{within}, {self._others(now_ns)}"
            self.say(batch.first_ns, words, Tone.GRAVE, pods[0] if len(pods) == 1 else "")

    def _others(self, at_ns: int) -> str:
        """How many dream on at this stamp; a bed that is not heard counts apart, for it may be alone."""
        merged = [row for row in self.rows.values() if row.state is State.DREAMING]
        dreaming = sum(at_ns - row.heard_ns <= SILENT_NS for row in merged)
        unheard = len(merged) - dreaming
        words = f"{count(dreaming)} dream{'s' if dreaming == 1 else ''} on" if dreaming else "none dream on"
        return f"{words}, {count(unheard)} not heard" if unheard else words

    def gone(self, pods: Iterable[str], at_ns: int, how: str) -> None:
        """The process of these pods has ended, unasked unless the night is closing."""
        ended = [self.rows[pod] for pod in pods]
        unexpected = [row for row in ended if row.state not in QUIETLY and not self.closing]
        for row in ended:
            row.share = 0.0
            row.state = State.HOME if self.closing else State.GONE
            row.cause = how
        if unexpected:
            names = unexpected[0].pod if len(unexpected) == 1 else f"{len(unexpected)} pods"
            self.say(at_ns, f"{names} gone: its process was {how}; {self._others(at_ns)}", Tone.GRAVE, names)
