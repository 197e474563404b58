"""The limits of a rehearsal, and its verdict in one sentence. Pure.

The limits are those of docs/limits-and-numbers.md, and of the scene: by then it must have shown.
"""

from dataclasses import dataclass
from typing import Final

from dreamd.rehearsal.results import Results
from dreamd.rehearsal.scenarios import Cue

TICKS_SKIPPED: Final = 0
SECONDS_FROM_MS: Final = 10_000.0
"""From here on a time is written in seconds."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure beside its limit, empty: none. kept: whether it is within; None: not known, or no limit."""

    value: str
    label: str
    limit: str
    kept: bool | None


def milliseconds(value: float | None) -> str:
    """A time in words."""
    if value is None:
        return "not known"
    return f"{value:.0f} ms" if value < SECONDS_FROM_MS else f"{value / 1000:.1f} s"


def times(count: int) -> str:
    """How often, in words."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def alone_within_ms(cue: Cue) -> float:
    """From its onset a failure must have led to zero within this time, from the call or the end an act."""
    return cue.scene.zero_within_ms if cue.scene.is_act else 1000.0 * cue.scene.lasts_least_s


def _labels(cue: Cue) -> tuple[str, str, str]:
    """The labels of what was found, of the severs without a cause, and of the time to zero."""
    return ACT_LABELS if cue.scene.is_act else FAULT_LABELS


def figures(books: Results, told: dict[str, object]) -> tuple[Figure, ...]:
    """The figures of the account beside their limits; told: the object of `--json`."""
    evidence, alone = books.evidence_to_zero_ms.p99, books.onset_to_alone_ms.most
    alone_ms, failing, sleepers = alone_within_ms(books.cue), len(books.failing), len(books.account.pods)
    skipped, halved, whole = told["ticks_skipped"], told["halved"], len(books.dreamscape_causes)
    assert isinstance(skipped, int)
    assert isinstance(halved, int)
    healthy = len(books.false_severs)
    must = books.cue.scene.whole
    found, others, to_zero = _labels(books.cue)
    return (
        _counted(f"{books.detected} of {failing}", found, "all", kept=books.detected == failing),
        _counted(str(healthy), others, "0", kept=healthy == 0),
        _counted(f"{books.account.home} of {sleepers}", "came home", "all", kept=books.account.everyone_home),
        _timed(evidence, to_zero, books.cue.scene.zero_within_ms),
        _timed(alone, "onset to alone, at most", alone_ms),
        Figure(times(halved), "couplings halved", "", None),
        Figure(
            times(whole),
            "whole Dreamscape severed",
            "at least once" if must else "",
            whole > 0 if must else None,
        ),
        _counted(f"{skipped} of {told['ticks']}", "ticks skipped", "0", kept=skipped <= TICKS_SKIPPED),
    )


def _counted(value: str, label: str, limit: str, *, kept: bool) -> Figure:
    return Figure(value, label, limit, kept)


def _timed(value: float | None, label: str, limit_ms: float) -> Figure:
    if value is None:
        return Figure("not known", label, milliseconds(limit_ms), None)
    return Figure(milliseconds(value), label, milliseconds(limit_ms), value <= limit_ms)


def verdict(books: Results, told: dict[str, object]) -> str:
    """One sentence: passed or failed, with what was found, severed and home, then the limits not kept."""
    failing, sleepers = len(books.failing), len(books.account.pods)
    healthy, home = len(books.false_severs), books.account.home
    other = "other" if books.cue.scene.is_act else "healthy"
    severed = f"no {other} sleeper" if healthy == 0 else f"{healthy} {other} sleeper{'s' * (healthy > 1)}"
    found = f"{'fault was' if failing == 1 else 'faults were'} found"
    if books.cue.scene.is_act:
        found = f"{'act' if failing == 1 else 'acts'} of sleepers held in time"
    facts = (
        f"{books.detected} of {failing} {found}, "
        f"{severed} {'was' if healthy <= 1 else 'were'} severed, {home} of {sleepers} came home"
    )
    late = [
        f"{one.label} {one.value} (limit {one.limit})"
        for one in figures(books, told)
        if one.kept is False and one.label not in JUDGED
    ]
    beyond = f"; beyond its limit: {', '.join(late)}" if late else ""
    return f"{'Passed' if books.passed else 'Failed'}: {facts}{beyond}."


FAULT_LABELS: Final = ("faults found", "healthy sleepers severed", "evidence to zero, p99")
ACT_LABELS: Final = ("acts that held", "other sleepers severed", "act to effect, p99")
JUDGED: Final = (*FAULT_LABELS[:2], *ACT_LABELS[:2], "came home", "whole Dreamscape severed")
"""The figures of which `passed` is made; the first half of the verdict has them."""
