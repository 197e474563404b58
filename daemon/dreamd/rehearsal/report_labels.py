"""The object of `--json` under labels for a reader; a test holds the table to its fields. Pure."""

from collections.abc import Callable, Iterator
from typing import Final

from dreamd.rehearsal.verdict import milliseconds, times


def _plain(value: object) -> str:
    return "not known" if value is None else str(value)


def _list(value: object) -> str:
    assert isinstance(value, list)
    return ", ".join(map(str, value)) or "none"


def _causes(value: object) -> str:
    assert isinstance(value, dict)
    return ", ".join(f"{count} for {cause}" for cause, count in value.items()) or "none"


def _spread(value: object) -> str:
    assert isinstance(value, dict)
    if value["p50"] is None:
        return "not known"
    p50, p99, most = (milliseconds(value[name]) for name in ("p50", "p99", "max"))
    return f"half within {p50}, 99 % within {p99}, at most {most}"


def _times(value: object) -> str:
    assert isinstance(value, int)
    return times(value)


def _share(value: object) -> str:
    assert isinstance(value, float | int)
    return f"{100 * value:.3g} % of the sleepers"


def _seconds(value: object) -> str:
    return f"{value:g} s"


def _yes(value: object) -> str:
    return "yes" if value else "no"


SCOPES: Final = {"person": "each bed alone", "crowd": "the group", "consent": "the consent of a sleeper"}
LABELS: Final[dict[str, tuple[str, Callable[[object], str]]]] = {
    "malfunction": ("fault or act", _plain),
    "scope": ("it concerns", lambda value: SCOPES[str(value)]),
    "sleepers": ("sleepers", _plain),
    "merged": ("merged at least once", _plain),
    "malfunctioned": ("faults or acts that began", _plain),
    "detected": ("faults found, or acts that held", _plain),
    "severed": ("sleepers severed, by cause", _causes),
    "dreamscape_severed": ("whole Dreamscape severed", _times),
    "dreamscape_causes": ("causes of that", _list),
    "labels": ("class of the group's sever, from the data after zero", _list),
    "false_severs": ("healthy or other sleepers severed", _plain),
    "home": ("came home", _plain),
    "evidence_to_zero_ms": ("from the evidence to zero, or the act to its effect", _spread),
    "onset_to_alone_ms": ("from the onset or the act to alone", _spread),
    "ticks": ("ticks", _plain),
    "ticks_skipped": ("ticks skipped", _plain),
    "halved": ("couplings halved", _times),
    "share": ("beds with the fault or act", _share),
    "at_s": ("onset after the merge", _seconds),
    "duration_s": ("from the onset to the end", _seconds),
    "seed": ("seed", _plain),
    "signal": ("signal", lambda value: "features alone" if value == "features" else "whole signal path"),
    "passed": ("passed", _yes),
}
"""The label of each field, and how its value is written."""


def labelled(told: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Label and value of each field, in its order."""
    for name, value in told.items():
        label, written = LABELS[name]
        yield label, written(value)
