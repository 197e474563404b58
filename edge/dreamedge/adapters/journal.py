"""The journal as JSON lines: `{"t_ns": int, "pod": str, "kind": str, ...values}`, flushed one by one.

The parent process reads it from a pipe or a file. If the reader stops, lines are dropped and counted, and the
agent goes on. Without a journal file the terminal gets the important facts as sentences. Warnings of
libraries (`logging`) take the same way, because a standard error that is not read would block the tether.
"""

import json
import logging
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from dreamedge.adapters.background_writer import BackgroundWriter

_WAITING_LINES: Final = 4096
_CLOSE_WITHIN_S: Final = 0.5


class JournalError(Exception):
    """The journal cannot be opened; the text is one sentence for a person."""


class LineJournal:
    """Lines to an open binary file. hops_every_s: interval between a bed's hop lines; 0: every hop."""

    hops = True

    def __init__(self, out: BinaryIO, *, hops_every_s: float = 0.0) -> None:
        self._out = out
        self._every_ns = round(hops_every_s * 1e9)
        self._told_ns: dict[str, int] = {}
        self._thread = BackgroundWriter("journal", self._write, _WAITING_LINES)

    def note(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> None:
        """Queue the line of this fact, if it has one."""
        if kind == "hop" and self._every_ns:
            if at_ns - self._told_ns.get(pod, -self._every_ns) < self._every_ns:
                return
            self._told_ns[pod] = at_ns
        line = self._line(at_ns, pod, kind, values)
        if line:
            self._thread.put(line)

    def close(self) -> None:
        """Write the waiting lines, within half a second."""
        self._thread.close(_CLOSE_WITHIN_S)

    def _line(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> bytes:
        plain = {key: value if _is_json(value) else str(value) for key, value in values.items()}
        return json.dumps({"t_ns": at_ns, "pod": pod, "kind": kind, **plain}).encode() + b"\n"

    def _write(self, line: bytes) -> None:
        self._out.write(line)
        self._out.flush()


class SpokenJournal(LineJournal):
    """For a terminal: the important facts as sentences."""

    hops = False

    def _line(self, _at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> bytes:
        sentence = _SENTENCES.get(kind)
        return f"{pod}: {sentence.format_map(_Known(values))}\n".encode() if sentence else b""


class _Known(dict[str, float | int | str]):
    """Values of a sentence; a missing one is printed as `?`."""

    def __missing__(self, _key: str) -> str:
        return "?"


_SENTENCES: Final = {
    "up": "ready, calibrated from {clean_s:.0f} s of clean signal",
    "connected": "connected to the broker",
    "unreachable": "cannot connect to the broker ({why}); start it or check --broker; retrying",
    "disconnected": "lost the broker ({why}); the sleeper is alone; retrying",
    "merged": "merged in {dreamscape}",
    "severed": "severed: {cause}",
    "alone": "alone: the share of the others is zero",
    "latched": "latched: {cause}; only `dreamedge unlatch` at this bed clears it",
    "unlatched": "unlatched",
    "wake": "WAKE ({reason})",
    "malfunction": "malfunction: {cause}",
    "library": "{library}: {says}",
    "button-lost": "lost the button ({why}); it is tried again every second",
    "button-returned": "the button is there again",
    "light-lost": "lost the light ({why}); it is tried again",
    "light-returned": "the light is there again",
    "late": "a pulse was {late_ms:.0f} ms late",
    "disk-failed": "cannot write the pod's state to disk ({why})",
    "renderer-failed": "the renderer gives nothing ({why}); the sleeper is alone",
    "renderer-back": "the renderer renders again",
    "finding": "{code}: {sentence}",
    "recording-failed": "recording stopped ({why}); the bed goes on",
    "failed": "failed ({why})",
    "left-behind": "its device or disk hangs ({why}); exiting without it",
    "ended": "home ({why})",
}


class LibraryNotes(logging.Handler):
    """Journals the warnings of libraries (asyncio, paho), with the class of the error."""

    def __init__(self, journal: LineJournal, now_ns: Callable[[], int]) -> None:
        super().__init__(logging.WARNING)
        self._journal, self._now_ns = journal, now_ns

    def emit(self, record: logging.LogRecord) -> None:
        """Journal one record."""
        error = record.exc_info[1] if record.exc_info else None
        values: dict[str, float | int | str] = {"library": record.name, "says": record.getMessage()}
        if error is not None:
            values["why"] = type(error).__name__
        self._journal.note(self._now_ns(), "dreamedge", "library", values)


def open_journal(spec: str, *, hops_every_s: float = 0.0) -> LineJournal:
    """Open FILE (appending), `-` for standard output, or an open descriptor's number; empty: sentences.

    hops_every_s: interval between a bed's hop lines; 0: every hop.

    Raises:
        JournalError: the file cannot be written.
    """
    if not spec:
        return SpokenJournal(sys.stderr.buffer)
    if spec == "-":
        return LineJournal(sys.stdout.buffer, hops_every_s=hops_every_s)
    try:
        return LineJournal(
            os.fdopen(int(spec), "wb") if spec.isdecimal() else Path(spec).open("ab"),
            hops_every_s=hops_every_s,
        )
    except OSError as error:
        raise JournalError(
            f"journal {spec} cannot be written ({error.strerror}); name another file."
        ) from None


def _is_json(value: float | str) -> bool:
    """Whether JSON can hold the value: it has no NaN and no infinity."""
    return not isinstance(value, float) or math.isfinite(value)
