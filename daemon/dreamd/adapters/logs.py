"""The log: one event name per fact, its values as fields, on standard error.

JSON lines for machines, a coloured line for people. No sample, no feature, no pseudonym is ever a field: pods
and Dreamscapes are named, sleepers are not. Standard output stays free for the output of commands.

A traceback shows lines of code and never their values: a variable here may hold a person's data. Unprintable
characters are escaped for people, except a traceback's line breaks; JSON escapes by itself. Libraries that
write through `logging` have one event, `library`. `log_events` has every name.

A pipe that is not read blocks its writer, and the writer here would be the tick. So lines go to a `Spool`: a
bounded queue that a thread of its own empties. When it is full the oldest line is lost, and the next line
that is written reports the number lost.
"""

import io
import json
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Mapping
from typing import Final, TextIO

import structlog

from dreamwire.text import shown

Log = structlog.typing.FilteringBoundLogger

LINES: Final = 10_000
CLOSE_WITHIN_S: Final = 0.5
PRIORITIES: Final = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}
"""The levels as syslog counts them."""


class Spool:
    """A text stream with a `write` that never waits."""

    def __init__(self, out: TextIO, form: str = "console", *, journald: bool = False) -> None:
        """Write to `out`, from a thread; form: of the report of lost lines, `json` or `console`."""
        self._out, self._form = out, form
        self._mark = _mark("warning") if journald else ""
        self._lines: deque[str] = deque()
        self._lost = 0
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._empty, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Queue a line for the thread."""
        with self._changed:
            if len(self._lines) >= LINES:
                self._lines.popleft()
                self._lost += 1
            self._lines.append(text)
            self._changed.notify()
        return len(text)

    def flush(self) -> None:
        """Nothing to do: the thread writes all the time."""

    def _lost_lines(self, lost: int) -> str:
        if self._form == "json":
            line = json.dumps({"lines": lost, "event": "lines_lost", "level": "warning"})
            return f"{self._mark}{line}\n"
        return f"{self._mark}{lost} lines of the log were lost\n"

    def close(self) -> None:
        """Wait for queued lines to be written, CLOSE_WITHIN_S at most."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(CLOSE_WITHIN_S)

    def _empty(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._closed)
                if not self._lines:
                    return
                batch, lost = list(self._lines), self._lost
                self._lines.clear()
                self._lost = 0
            try:
                if lost:
                    self._out.write(self._lost_lines(lost))
                self._out.writelines(batch)
                self._out.flush()
            except (OSError, ValueError):
                return  # the reader has gone; the session goes on


def is_journald(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether this stream goes to systemd's journal, by what systemd says of it (`JOURNAL_STREAM`)."""
    try:
        status = os.fstat(out.fileno())
    except (OSError, ValueError):
        return False  # no file: a stream in memory, or a closed one
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _mark(level: str) -> str:
    """The mark by which systemd's journal knows a line's priority (sd-daemon(3))."""
    return f"<{PRIORITIES.get(level, PRIORITIES['info'])}>"


def _marked(renderer: structlog.typing.Processor) -> structlog.typing.Processor:
    """A renderer that marks each line of an event with its priority."""

    def render(log: object, method: str, event: structlog.typing.EventDict) -> str:
        mark = _mark(str(event.get("level", "")))
        lines = str(renderer(log, method, event)).split("\n")
        return "\n".join(f"{mark}{line}" for line in lines)

    return render


def open_log(form: str, level: str, spool: Spool, *, journald: bool = False) -> Log:
    """Set up the process's log and return it.

    Args:
        form: `json` or `console`.
        level: `debug`, `info`, `warning` or `error`: the least that is written.
        spool: receives the lines.
        journald: the lines go to systemd's journal; each is marked with its priority, so that `journalctl -p
            warning` finds it.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    colours = form == "console" and sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            # With rich installed the default prints the local variables of every frame: samples, names.
            colors=colours,
            exception_formatter=_traceback,
        )
    )
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # The console renders tracebacks itself.
    processors.append(structlog.processors.format_exc_info if form == "json" else _for_screen)
    structlog.configure(
        processors=[*processors, _marked(renderer) if journald else renderer],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=spool),  # type: ignore[arg-type]  # it only writes
        cache_logger_on_first_use=False,
    )
    log: Log = structlog.get_logger()
    # Libraries that write through logging (asyncio, paho, grpc): warnings and worse, on the same spool.
    logging.basicConfig(handlers=[_Libraries(log)], level=max(least, logging.WARNING), force=True)
    return log


def _for_screen(_log: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escape each text: a terminal would execute control characters in foreign text."""
    return {name: shown(value) if isinstance(value, str) else value for name, value in event.items()}


def _traceback(out: TextIO, error: structlog.typing.ExcInfo) -> None:
    told = io.StringIO()
    structlog.dev.plain_traceback(told, error)
    out.write("\n".join(shown(line) for line in told.getvalue().split("\n")))


class _Libraries(logging.Handler):
    """Writes a library's record as the one event it has."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, with its traceback where it has one."""
        error = record.exc_info[1] if record.exc_info else None
        said = {"library": record.name, "says": record.getMessage()}
        self._log.log(record.levelno, "library", exc_info=error, **said)
