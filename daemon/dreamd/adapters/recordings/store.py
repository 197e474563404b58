"""The recordings of a daemon: each has a thread of its own and a bounded queue before it.

pyarrow is loaded on the first recording's thread and not before. A full queue drops the newest: the tick
never waits. A disk that fails ends the recording, and its thread with it.
"""

import importlib
import importlib.util
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from dreamd.adapters.recordings.columns import EXTRA
from dreamd.core.consent.research import ResearchAnswer
from dreamd.core.dreamscapes.views import Event
from dreamd.ports.recordings import Beginning, RecordedTick, RecordingSink, Written

QUEUE_TICKS: Final = 240
"""A minute."""
QUEUE_BYTES: Final = 64 << 20
QUEUE_EVENTS: Final = 4096
NEEDED: Final = "pyarrow"
Answers = dict[int, ResearchAnswer]
"""By subject."""


class Writer(Protocol):
    """`writer.RecordingWriter`, which is imported on the thread."""

    def write_tick(self, number: int, tick: RecordedTick) -> None:
        """Write one tick."""
        ...

    def write_event(self, number: int, event: Event) -> None:
        """Write one event."""
        ...

    def write_research(self, answers: Mapping[int, ResearchAnswer]) -> None:
        """Write these answers, by subject."""
        ...

    def close(self, *, complete: bool, stopped: str = "") -> None:
        """Write what is left."""
        ...

    @property
    def written(self) -> Written:
        """Its directory, parts and seconds on the disk."""
        ...


class RecordingThread:
    """One recording's queue and its thread. dropped, written, trouble: see `RecordingSink`."""

    def __init__(self, name: str, open_writer: Callable[[], Writer]) -> None:
        """Start the thread; `open_writer` is called on it, and may raise as the writer may."""
        self._open = open_writer
        self._waiting: deque[tuple[int, RecordedTick | Event]] = deque()
        self._answers: Answers = {}
        self._changed = threading.Condition()
        self._ticks = self._bytes = self._events = 0
        self._number = 0
        self._ending: bool | None = None
        self.dropped = 0
        self.written = Written()
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name=f"recording {name}", daemon=True)
        self._thread.start()

    # -- on the daemon's thread -------------------------------------------------------------------

    def take_tick(self, tick: RecordedTick) -> None:
        """Queue the tick, or count it as dropped where the queue is full."""
        size = tick.nbytes
        with self._changed:
            if self.trouble or self._ending is not None:
                return
            self._number += 1
            full = self._ticks >= QUEUE_TICKS or (self._ticks and self._bytes + size > QUEUE_BYTES)
            if full:
                self.dropped += 1
                return
            self._ticks += 1
            self._bytes += size
            self._waiting.append((self._number, tick))
            self._changed.notify()

    def take_event(self, event: Event) -> None:
        """Queue the event, or count it as dropped where the queue is full."""
        with self._changed:
            if self.trouble or self._ending is not None:
                return
            if self._events >= QUEUE_EVENTS:
                self.dropped += 1
                return
            self._events += 1
            self._waiting.append((self._number, event))
            self._changed.notify()

    def take_research(self, subject: int, answer: ResearchAnswer) -> None:
        """Keep the answer, one for each person: it is written before what is queued."""
        with self._changed:
            if self.trouble or self._ending is not None:
                return
            before = self._answers.get(subject)
            self._answers[subject] = answer if before is None else before.followed_by(answer)
            self._changed.notify()

    def finish(self, *, complete: bool) -> None:
        """The thread writes what is queued, and ends; a second call changes nothing."""
        with self._changed:
            if self._ending is None:
                self._ending = complete
                self._changed.notify()

    def join(self, within_s: float) -> bool:
        """Wait for the thread's end; return whether it has ended."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    # -- on its own -------------------------------------------------------------------------------

    def _run(self) -> None:
        writer = None
        try:
            writer = self._open()
            while (item := self._next()) is not None:
                answers, number, one = item
                writer.write_research(answers)
                if isinstance(one, RecordedTick):
                    writer.write_tick(number, one)
                elif one is not None:
                    writer.write_event(number, one)
                self.written = writer.written
            writer.close(complete=bool(self._ending))
            self.written = writer.written
        except Exception as error:  # noqa: BLE001 -- whatever fails here, the night goes on
            self._fail(_reason(error), writer)

    def _next(self) -> tuple[Answers, int, RecordedTick | Event | None] | None:
        """All answers and the oldest of the queue; None: there is nothing more, and nothing follows."""
        with self._changed:
            while not (self._waiting or self._answers):
                if self._ending is not None:
                    return None
                self._changed.wait()
            answers, self._answers = self._answers, {}
            if not self._waiting:
                return answers, 0, None
            number, one = self._waiting.popleft()
            if isinstance(one, RecordedTick):
                self._ticks -= 1
                self._bytes -= one.nbytes
            else:
                self._events -= 1
            return answers, number, one

    def _fail(self, why: str, writer: Writer | None) -> None:
        with self._changed:
            self.trouble = why
            self._waiting.clear()
            answers, self._answers = self._answers, {}
        if writer is None:
            return
        with suppress(Exception):  # the description stays as it was last written
            writer.write_research(answers)
        with suppress(Exception):
            writer.close(complete=False, stopped=why)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror or error}{where}"
    return f"{type(error).__name__}: {error}"


class RecordingStore:
    """The recordings below a state directory. part_s: seconds of a part; daemon: the daemon's version.

    needed: the library that is looked for.
    """

    def __init__(self, state_dir: Path, *, part_s: float, daemon: str, needed: str = NEEDED) -> None:
        self._needed = needed
        self._state_dir, self._part_s, self._daemon = state_dir, part_s, daemon
        self._threads: list[RecordingThread] = []

    def missing(self) -> str:
        """Return the library that this daemon lacks, and the command that installs it."""
        if importlib.util.find_spec(self._needed) is not None:
            return ""
        return f"for {self._needed} is not installed where the daemon runs; run there: {EXTRA}"

    def begin(self, beginning: Beginning) -> RecordingSink:
        """Start the recording's thread."""

        def open_writer() -> Writer:
            module: Any = importlib.import_module("dreamd.adapters.recordings.writer")
            writer: Writer = module.RecordingWriter(
                self._state_dir, beginning, part_s=self._part_s, daemon=self._daemon
            )
            return writer

        self._threads = [one for one in self._threads if not one.join(0.0)]
        thread = RecordingThread(beginning.dreamscape, open_writer)
        self._threads.append(thread)
        return thread

    def finish(self) -> None:
        """The daemon ends: every recording writes what it has, to go on after the restart."""
        for thread in self._threads:
            thread.finish(complete=False)

    @property
    def written(self) -> bool:
        """Whether every thread has ended."""
        return all(thread.join(0.0) for thread in self._threads)
