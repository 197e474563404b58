"""The annotations of a file that MNE has opened: marks, interruptions, and the notes on both."""

from collections.abc import Sequence
from typing import Any, Final

from dreamedge.core.signal.recording_facts import ALIGNMENT, Mark, Note

_BREAKS: Final = ("new segment", "boundary", "edge boundary", "bad boundary")
_SKIP: Final = "BAD_ACQ_SKIP"
_WARNINGS_SHOWN: Final = 3


def _text(description: str) -> str:
    """An annotation's text, without BrainVision's word for a comment."""
    return " ".join(description.split()).removeprefix("Comment/")


def marks_of(raw: Any) -> tuple[Mark, ...]:  # noqa: ANN401 - MNE has no types
    """The annotations as marks in their order; slot 0 is 0 s."""
    # FIF counts annotations from the measurement, and slot 0 may come later.
    late_s = raw.first_time if raw.info["meas_date"] is not None else 0.0
    notes = raw.annotations
    found = (
        Mark(float(at_s) - late_s, float(duration_s), _text(str(text)))
        for at_s, duration_s, text in zip(notes.onset, notes.duration, notes.description, strict=True)
    )
    return tuple(dict.fromkeys(found))  # a saved skip comes twice: as it was annotated, and as it was found


def notes_of(name: str, said: Sequence[str], bads: Sequence[str], marks: Sequence[Mark]) -> tuple[Note, ...]:
    """The notes on bad channels, interruptions, bad segments, and what MNE `said` of the file `name`."""
    found = []
    if bads:
        found.append(Note("bad", f"{name} marks {', '.join(bads)} as bad; these channels do not play."))
    breaks = [mark for mark in marks if _break(mark) and mark.at_s > 0]
    if breaks:
        found.append(
            Note(
                ALIGNMENT,
                f"{name} was interrupted at {breaks[0].at_s:.1f} s"
                f"{f' and {len(breaks) - 1} times more' if len(breaks) > 1 else ''}; its samples go on "
                "without the pause, so its alignment to others is doubtful from there on.",
            )
        )
    spoiled = [
        mark
        for mark in marks
        if mark.text.upper().startswith("BAD") and not (_break(mark) or mark.text == _SKIP)
    ]
    if spoiled:
        total_s = sum(mark.duration_s for mark in spoiled)
        found.append(
            Note("bad", f"{name} annotates {total_s:.0f} s as bad, in {len(spoiled)} segments; they play.")
        )
    found += [Note("mne", f"MNE says of {name}: {text}") for text in said[:_WARNINGS_SHOWN]]
    return tuple(found)


def _break(mark: Mark) -> bool:
    return mark.text.strip("/ ").lower().startswith(_BREAKS)


def runs_of(raw: Any, slots: int) -> tuple[tuple[int, int], ...]:  # noqa: ANN401 - MNE has no types
    """The filled slots: all but the skips of the acquisition."""
    rate_hz = float(raw.info["sfreq"])
    found: list[tuple[int, int]] = []
    begin = 0
    for skip in sorted((mark for mark in marks_of(raw) if mark.text == _SKIP), key=lambda mark: mark.at_s):
        first = min(max(round(skip.at_s * rate_hz), begin), slots)
        if first > begin:
            found.append((begin, first))
        begin = min(max(begin, round((skip.at_s + skip.duration_s) * rate_hz)), slots)
    if begin < slots:
        found.append((begin, slots))
    return tuple(found) or ((0, slots),)
