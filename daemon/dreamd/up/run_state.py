"""The state of one night as it unfolds: every fact goes in here once, and account, board and record agree.

Pure: facts come with their stamps. An outage (the daemon or the broker dies) is reported in one sentence when
the last coupled pod has reported that it is alone, or three seconds after it began; meanwhile the severs by
lease that it causes are not reported one by one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dreamd.terminal.sleeper_row import State, Tone, count
from dreamd.up.plan import Sleeper
from dreamd.up.processes.pod_journal import Entry
from dreamd.up.report.night_history import Mark, Record
from dreamd.up.report.outage import Outage
from dreamd.up.report.run_report import RunReport, Severed
from dreamd.up.screen_model import Board

OUTAGE_TOLD_NS: Final = 3_000_000_000
SAME_MOMENT_NS: Final = 1_000_000_000
MANY: Final = 3
GATHERED_BY_S: Final = 15.0
OUTAGE_CAUSES: Final = frozenset({"lease", "daemon"})


@dataclass
class RunState:
    """The state of a run."""

    sleepers: tuple[Sleeper, ...]
    account: RunReport
    board: Board
    record: Record
    outages: list[Outage] = field(default_factory=list)
    began_s: float = 0.0
    gathered_by_s: float = GATHERED_BY_S
    _told: set[int] = field(default_factory=set)

    @classmethod
    def begin(cls, sleepers: tuple[Sleeper, ...], t0_ns: int, ceiling: float) -> "RunState":
        """An empty state from t0_ns on; ceiling: the coupling that counts as all the way."""
        names = [(sleeper.pod, sleeper.pseudonym) for sleeper in sleepers]
        account = RunReport(tuple(pod for pod, _ in names), t0_ns)
        return cls(sleepers, account, Board.of(t0_ns, ceiling, names), Record.of(t0_ns, ceiling, names))

    def ceiling(self, ceiling: float) -> None:
        """The ceiling that the daemon granted."""
        self.board.ceiling = self.record.ceiling = ceiling

    def seconds(self, t_ns: int) -> float:
        """A stamp as seconds of the run."""
        return self.record.seconds(t_ns)

    def begins(self, at_ns: int) -> None:
        """The Dreamscape starts."""
        self.awaits("")
        self.began_s = self.seconds(at_ns)

    def ends_s(self, duration_s: float | None) -> float | None:
        """The end of the night in seconds of the run: a slow gathering takes nothing from the night."""
        if duration_s is None:
            return None
        return duration_s + max(0.0, self.began_s - self.gathered_by_s)

    def until_ns(self, duration_s: float | None) -> int | None:
        """The same as a stamp."""
        ends_s = self.ends_s(duration_s)
        return None if ends_s is None else self.record.t0_ns + int(ends_s * 1e9)

    def awaits(self, words: str) -> None:
        """Show these words while the run waits before the night; empty: it waits for nothing."""
        self.board.awaited = words

    def on_journal_line(self, entry: Entry) -> None:
        """A line of a pod's journal."""
        self.account.on_journal_line(entry)
        self.board.on_journal_line(entry)
        self.record.on_journal_line(entry)
        for index, outage in enumerate(self.outages):
            if outage.ended_by(entry):
                self._tell(index, entry.t_ns)

    def say(self, at_ns: int, words: str, tone: Tone = Tone.CALM) -> None:
        """A line from elsewhere."""
        self.board.say(at_ns, words, tone)

    def pods_ended(self, pods: tuple[str, ...], at_ns: int, how: str) -> None:
        """The process of these pods has ended."""
        closing = self.account.closing
        left = {pod for pod in pods if self.board.rows[pod].state is State.LEFT}
        self.account.ended(pods)
        self.board.gone(pods, at_ns, how)
        for pod in () if closing else pods:
            words = "" if pod in left else f"{pod}, {self.record.tracks[pod].pseudonym}: process {how}"
            self.record.gone(pod, at_ns, words)
        for index, outage in enumerate(self.outages):
            last = [outage.lost(pod) for pod in pods]
            if any(last):
                self._tell(index, at_ns)

    def outage(self, what: str, how: str, at_ns: int) -> None:
        """The daemon or the broker dies now; a second report of the same death is ignored."""
        if self.account.closing or (self.outages and self._open(what) is not None):
            return
        coupled = [pod for pod in self.account.pods if not self.account.is_home(pod)]
        self.outages.append(Outage.begun(what, how, at_ns, len(self.sleepers), coupled))
        self.board.muted = OUTAGE_CAUSES
        self.say(at_ns, f"{what} {how}", Tone.GRAVE)
        if not coupled:
            self._told.add(len(self.outages) - 1)

    def back(self, what: str, at_ns: int) -> None:
        """It answers again."""
        outage = self._open(what)
        if outage is not None:
            outage.back_ns = at_ns
            after_s = (at_ns - outage.at_ns) / 1e9
            self.say(at_ns, f"{what} is back after {after_s:.1f} s; the beds are drawn in again from zero")

    def _open(self, what: str) -> Outage | None:
        return next((one for one in reversed(self.outages) if one.what == what and not one.back_ns), None)

    def settle(self, now_ns: int) -> None:
        """Report everything that has waited long enough."""
        for index, outage in enumerate(self.outages):
            if now_ns - outage.at_ns >= OUTAGE_TOLD_NS:
                self._tell(index, now_ns)
        if self.board.muted and len(self._told) == len(self.outages):
            self.board.muted = frozenset()
        self.board.settle(now_ns)

    def _tell(self, index: int, at_ns: int) -> None:
        if index not in self._told:
            self._told.add(index)
            self.say(at_ns, self.outages[index].finding, Tone.GRAVE)

    def close(self, at_ns: int) -> None:
        """The night ends: everything after it is the way home."""
        self.settle(at_ns + OUTAGE_TOLD_NS)
        self.account.closing = self.board.closing = True
        self.record.close(at_ns)

    @property
    def all_left(self) -> bool:
        """Whether no sleeper is left that could dream: recordings over, or processes gone."""
        return all(row.state in {State.LEFT, State.GONE} for row in self.board.rows.values())

    @property
    def account_words(self) -> str:
        """The account in one line."""
        severed = {one.pod for one in self.account.severed if not self._explained(one)}
        parts = [f"{count(self.account.merged)} dreamt together"]
        if severed:
            parts.append(f"{count(len(severed))} severed")
        parts += self._apart()
        parts += [f"{outage.what} {outage.how}" for outage in self.outages]
        return ", ".join([*parts, f"{self.account.home} of {len(self.account.pods)} came home"])

    def named(self, pod: str) -> str:
        """A pod with its sleeper's name."""
        return f"{pod} ({self.record.tracks[pod].pseudonym})"

    def _apart(self) -> Iterable[str]:
        """The pods that never merged, each with its cause; many are counted by cause."""
        causes = [(pod, self.account.cause(pod) or "not seated") for pod in self.account.never_merged]
        if not self.account.merged or len(causes) == 0:
            return
        if len(causes) < MANY:
            yield from (f"{self.named(pod)} never merged: {cause}" for pod, cause in causes)
            return
        told = Counter(cause for _, cause in causes).most_common()
        yield f"{count(len(causes))} never merged: {', '.join(f'{n} {cause}' for cause, n in told)}"

    def marks(self) -> tuple[Mark, ...]:
        """The captions of the picture: each sever alone, many at once as one, outages, ended processes."""
        gone = [mark for mark in self.record.marks if mark.words]
        return (*self._outage_marks(), *self._sever_marks(), *gone)

    def _outage_marks(self) -> Iterable[Mark]:
        for outage in self.outages:
            yield Mark(self.seconds(outage.at_ns), "outage", "", outage.sentence)
            if outage.back_ns:
                yield Mark(self.seconds(outage.back_ns), "back", "", f"{outage.what} is back")

    def _sever_marks(self) -> Iterable[Mark]:
        told: list[list[Severed]] = []
        for one in self.account.severed:
            if self._explained(one):
                continue
            group = told[-1] if told else []
            if group and group[0].cause == one.cause and one.zero_ns - group[0].zero_ns < SAME_MOMENT_NS:
                group.append(one)
            else:
                told.append([one])
        for group in told:
            yield from [self._mark_all(group)] if len(group) >= MANY else map(self._mark, group)

    def _explained(self, one: Severed) -> bool:
        """Whether an outage explains this sever."""
        return one.cause in OUTAGE_CAUSES and any(
            0 <= one.zero_ns - outage.at_ns < OUTAGE_TOLD_NS for outage in self.outages
        )

    def _mark_all(self, group: list[Severed]) -> Mark:
        words = f"{count(len(group))} severed: {group[0].cause}"
        return Mark(self.seconds(group[0].zero_ns), "severed", "", words)

    def _mark(self, one: Severed) -> Mark:
        ms = one.evidence_to_zero_ms
        zero = "" if ms is None else f", zero in {ms:.0f} ms"
        words = f"{one.pod}, {self.record.tracks[one.pod].pseudonym}: {one.cause}{zero}"
        return Mark(self.seconds(one.zero_ns), "severed", one.pod, words)
