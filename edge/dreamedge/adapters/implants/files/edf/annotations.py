"""The annotations of an EDF+ or BDF+ file as marks (Kemp 2003, time-stamped annotation lists).

A list is `+ONSET[<15>DURATION]<14>TEXT<14>TEXT...<14><00>`, bytes in hexadecimal. Each data record has room
for lists in every annotation signal. The first list of a record begins with an empty text: its own onset.

Rules
- A mark counts from slot 0, by the clock of the records' own onsets. A mark in a gap stays there.
- Texts are UTF-8 where they decode as such, else Latin-1; an empty text is no mark.
- A list that cannot be read costs no other: it is left out, and a note names the first by record and byte.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dreamedge.adapters.implants.files.edf.file import EdfFile, text_of
from dreamedge.core.signal.recording_facts import Mark, Note

ANNOTATIONS: Final = "annotations"
MARKS_MOST: Final = 20_000
_SHOWN: Final = 24
"""Bytes of a broken list in its note."""
_LIST: Final = re.compile(rb"([+-]?\d+(?:\.\d*)?)(?:\x15(\d+(?:\.\d*)?)?)?\x14(?:(.*)\x14)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Broken:
    """A list that cannot be read: its record, from 0, its byte in the file, and its beginning."""

    record: int
    byte: int
    begins: bytes


def marks_of(file: EdfFile, first_s: float) -> tuple[tuple[Mark, ...], tuple[Note, ...]]:
    """Return the marks in order of time, and a note on the lists that cannot be read or are too many.

    first_s: the instant of slot 0 by the clock of the onsets.
    """
    found: list[Mark] = []
    broken: list[_Broken] = []
    left = 0
    for record, byte, room in file.annotation_rooms():
        for at, content in _lists(room):
            match = _LIST.fullmatch(content)
            if match is None:
                broken.append(_Broken(record, byte + at, content[:_SHOWN]))
                continue
            onset_s, duration_s = float(match[1]) - first_s, float(match[2] or 0.0)
            texts = [text for part in (match[3] or b"").split(b"\x14") if (text := text_of(part).strip())]
            kept = texts[: MARKS_MOST - len(found)]
            left += len(texts) - len(kept)
            found += [Mark(onset_s, duration_s, text) for text in kept]
    return tuple(sorted(found, key=lambda mark: mark.at_s)), _notes(broken, left)


def _lists(room: bytes) -> Iterator[tuple[int, bytes]]:
    """The lists in a record's room for annotations, each with its first byte; the filling is no list."""
    at = 0
    for content in room.split(b"\x00"):
        if content.strip():
            yield at, content
        at += len(content) + 1


def _notes(broken: Sequence[_Broken], left: int) -> tuple[Note, ...]:
    found = []
    if broken:
        first = broken[0]
        begins = text_of(first.begins).encode("unicode_escape").decode()
        found.append(
            Note(
                ANNOTATIONS,
                f"{len(broken)} of its annotations cannot be read (the first in data record "
                f"{first.record + 1}, byte {first.byte}, begins with '{begins}') and are left out; the "
                "signals and the other annotations play.",
            )
        )
    if left:
        found.append(
            Note(ANNOTATIONS, f"It has {left} annotations more than the {MARKS_MOST} that are kept as marks.")
        )
    return tuple(found)
