"""The output of `dreamedge inspect`: plain characters, as wide as the terminal, and the same as JSON.

For one file: a row per channel and one for the pod. A column is a stretch of time; its character is the cause
that spoiled most of it, or a dot if most of it was good. For several files: a table with a row per sleeper.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.inspection import Examined, Opened
from dreamedge.core.signal.calibration import LIVE_S
from dreamedge.core.signal.electrodes import electrodes
from dreamedge.core.signal.inspection import Moment
from dreamedge.core.signal.quality import GOOD
from dreamedge.core.signal.recording_facts import Note

SYNTHETIC: Final = ("brainflow:synthetic", "brainflow:-1")
"""BrainFlow's own board for trying it out."""
_GOOD: Final = "."
_LETTER: Final = {
    "nonfinite": "N",
    "range": "O",
    "silence": "s",
    "contact": "C",
    "railed": "R",
    "flat": "F",
    "amplitude": "A",
    "mains": "M",
    "highfreq": "h",
    "resolution": "b",
    "rate": "r",
}
_NARROWEST: Final = 20
_PERCENT: Final = 100.0
_LEAST_TOLD: Final = 0.005
_HEADS: Final = ("sleeper", "verdict", "time", "EEG", "Hz", "good", "alpha", "spoiled by, or reason")
_MARKS_SHOWN: Final = 12
_TEXTS: Final = 2
"""Number of left-aligned columns. The last column is not padded."""

Judged = tuple[float, str]
"""Quality and cause."""


def lines(one: Examined, width: int) -> list[str]:
    """The full report on one sleeper's recording; lines fit `width` where names allow."""
    found = one.found
    verdict = "usable" if found.seated else f"not usable: {found.cause}. {found.sentence}"
    if found.seated and not found.calibrated:
        verdict += f"; needs {LIVE_S:.0f} s of clean signal to calibrate (not done here)"
    if one.spec.startswith(SYNTHETIC):
        verdict += "; SIMULATED by BrainFlow's generator, scaled to a tenth: a demonstration, no person"
    if found.alpha_hz:
        verdict += f"; alpha {found.alpha_hz:.1f} Hz"
    made = [one.spec or one.person.file, f"  {verdict}", *_notes(one.notes), *_channels(one), *_marks(one)]
    if found.moments:
        causes = f"; spoiled by {_causes(one)}" if found.causes else ""
        made += [f"  {_percent(found.good_share)} good{causes}", *_plot(one, width)]
    return made


def _notes(notes: Sequence[Note]) -> list[str]:
    return [f"  {note.code}: {note.sentence}" for note in notes]


def _marks(one: Examined) -> list[str]:
    """The recording's marks, by time; of many, the first of each text."""
    marks = sorted(one.marks, key=lambda mark: mark.at_s)
    if len(marks) > _MARKS_SHOWN:
        first = {mark.text: mark for mark in reversed(marks)}
        marks = sorted(first.values(), key=lambda mark: mark.at_s)[:_MARKS_SHOWN]
    made = [f"  mark {mark.at_s:8.1f} s  {mark.text}" for mark in marks]
    left = len(one.marks) - len(marks)
    return [*made, f"  and {left} more marks; --json lists all"] if left else made


def table(many: Sequence[Examined]) -> list[str]:
    """One row per sleeper."""
    rows = [_HEADS, *(_row(one) for one in many)]
    wide = [max(len(row[column]) for row in rows) for column in range(len(_HEADS) - 1)]
    made = []
    for row in rows:
        name, verdict, *figures = (
            f"{cell:<{width}}" if column < _TEXTS else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, wide, strict=False))
        )
        made.append("  ".join((name, verdict, *figures, row[-1])).rstrip())
    return made


def _row(one: Examined) -> tuple[str, ...]:
    found, person = one.found, one.person
    name = f"{Path(person.file).name or person.file}{' ' + person.name if person.name else ''}"
    if not found.names:
        # The sentence begins with the file's name, which the row begins with already.
        sentence = found.sentence.removeprefix(person.spec.partition(":")[2]).removeprefix(person.file)
        cause = "" if found.cause == "refused" else f"{found.cause}: "
        return (name, "refused", *("-",) * 5, cause + sentence.strip())
    why = _causes(one) if found.seated else f"{found.cause}: {found.sentence}"
    why = f"SIMULATED {why}".strip() if _simulated(one.spec) else why
    why = "; ".join([part for part in (why, *(note.code for note in one.notes)) if part])
    return (
        *(name, "accepted" if found.seated else "refused"),
        *(f"{one.seconds:.0f} s", str(len(found.names)), f"{found.effective_hz:.4g}"),
        *(_percent(found.good_share), f"{found.alpha_hz:.1f}" if found.alpha_hz else "-", why),
    )


def _simulated(spec: str) -> bool:
    """Whether the spec opens a device that stands for no person."""
    return spec.startswith(SYNTHETIC) or spec.partition(":")[0] in ("sim", "sim-light")


def _percent(share: float) -> str:
    return f"{_PERCENT * share:.0f} %"


def _causes(one: Examined) -> str:
    """The causes with the share of time that each spoiled; shares below half a per cent are left out."""
    told = {cause: share for cause, share in one.found.causes.items() if share >= _LEAST_TOLD}
    return ", ".join(f"{cause} {_percent(share)}" for cause, share in told.items())


def facts(one: Examined) -> dict[str, object]:
    """The same report for scripts; shares and qualities 0..1."""
    found = one.found
    return {
        "file": one.person.file,
        "person": one.person.name,
        "spec": one.spec,
        "simulated": _simulated(one.spec),
        "seated": found.seated,
        "cause": found.cause,
        "sentence": found.sentence,
        "seconds": round(one.seconds, 3),
        "good_share": round(found.good_share, 4),
        "alpha_hz": round(found.alpha_hz, 2),
        "calibrated": found.calibrated,
        "calibrated_s": round(found.clean_s, 2),
        "effective_hz": round(found.effective_hz, 3),
        "notes": [{"code": note.code, "sentence": note.sentence} for note in one.notes],
        "marks": [
            {"at_s": round(mark.at_s, 3), "duration_s": round(mark.duration_s, 3), "text": mark.text}
            for mark in one.marks
        ],
        "mains": [
            {
                "hz": line.hz,
                "mains_hz": line.mains_hz,
                "uv_rms": round(line.uv_rms, 3),
                "times": round(line.times, 1),
                "channel": line.channel,
                "channels": list(line.channels),
                "band": line.band,
            }
            for line in one.mains
        ],
        "causes": {cause: round(share, 4) for cause, share in found.causes.items()},
        "channels": [
            {
                "label": channel.label,
                "type": channel.kind,
                "electrode": channel.electrode,
                "region": _region(channel.electrode),
                "rate_hz": channel.rate_hz,
                "unit": channel.unit,
                "good_share": _good_share(one, channel.electrode),
            }
            for channel in one.channels
        ],
    }


def glanced(one: Opened) -> dict[str, object]:
    """The result of opening, for scripts."""
    return {
        "file": one.person.file,
        "person": one.person.name,
        "spec": one.person.spec,
        "playable": not one.why,
        "why": one.why,
        "seconds": round(one.seconds, 3),
        "rate_hz": one.rate_hz,
        "schema": one.schema,
        "channels": list(one.electrodes),
        "notes": [{"code": note.code, "sentence": note.sentence} for note in one.notes],
    }


def glances(many: Sequence[Opened]) -> list[str]:
    """The result of opening, one line per sleeper."""
    made = []
    for one in many:
        name = one.person.spec or one.person.file
        length = f"{one.seconds:.0f} s, " if one.seconds else ""
        facts = f"{length}{one.rate_hz:g} Hz, {' '.join(one.electrodes)}"
        made.append(f"{name}  {'cannot be played: ' + one.why if one.why else facts}")
        made += _notes(one.notes)
    return made


def _region(name: str) -> str:
    found = electrodes((name,)) if name else ()
    return found[0].region if found else ""


def _good_share(one: Examined, name: str) -> float | None:
    if name not in one.found.names:
        return None
    at = one.found.names.index(name)
    moments = one.found.moments
    good = sum(moment.channels[at][0] >= GOOD for moment in moments)
    return round(good / len(moments), 4) if moments else None


def _channels(one: Examined) -> list[str]:
    effective = one.found.effective_hz
    wide = max((len(channel.label) for channel in one.channels), default=0)
    made = []
    for channel in one.channels:
        region = f"{channel.electrode} {_region(channel.electrode)}" if channel.electrode else "not used"
        rate = f"{channel.rate_hz:g} Hz"
        if channel.electrode and effective:
            rate += f" (effective {effective:.2f})"
        share = _good_share(one, channel.electrode)
        good = "" if share is None else f"{_percent(share)} good"
        what = f"  {channel.label:<{wide}}  {channel.kind:<11} {region:<15}"
        made.append(f"{what} {rate}, {channel.unit or '-'}  {good}")
    return [line.rstrip() for line in made]


def _plot(one: Examined, width: int) -> list[str]:
    found = one.found
    rows: list[tuple[str, list[Judged]]] = [("pod", [(m.quality, m.cause) for m in found.moments])]
    rows += [(name, [m.channels[at] for m in found.moments]) for at, name in enumerate(found.names)]
    label = max(len(name) for name, _ in rows)
    columns = max(min(width - label - 3, len(found.moments)), min(_NARROWEST, len(found.moments)))
    made = [f"  {name:<{label}} {_strip(judged, columns)}" for name, judged in rows]
    made.append(f"  {'':<{label}} {_axis(found.moments, columns)}")
    seen = {cause for _, judged in rows for quality, cause in judged if not quality >= GOOD}
    key = "  ".join(f"{_LETTER[cause]} {cause}" for cause in _LETTER if cause in seen)
    return [*made, f"  {'':<{label}} {_GOOD} good  {key}".rstrip()]


def _strip(judged: Sequence[Judged], columns: int) -> str:
    """One character per stretch: the cause that spoiled most of it, if at least half of it was spoiled."""
    edges = [column * len(judged) // columns for column in range(columns + 1)]
    made = ""
    for begin, end in pairwise(edges):
        stretch = judged[begin:end]
        bad = Counter(cause for quality, cause in stretch if not quality >= GOOD)
        worst = bad.most_common(1)[0][0] if 2 * bad.total() >= len(stretch) and bad else ""
        made += _LETTER.get(worst, "?") if worst or 2 * bad.total() > len(stretch) else _GOOD
    return made


def _axis(moments: Sequence[Moment], columns: int) -> str:
    begin, end = f"{moments[0].at_s:.0f} s", f"{moments[-1].at_s:.0f} s"
    return f"{begin}{end:>{max(columns - len(begin), len(end) + 1)}}"
