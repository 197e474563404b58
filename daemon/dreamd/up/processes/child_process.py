"""The processes of a run: tied to its life, kept alive or let go, their lines read as they come.

Rules. A child is in a session of its own, so that Ctrl-C at the terminal reaches `up` alone and the ending
stays in one hand; it dies with `up` even if `up` is killed (see `parent_death_signal`). Its standard output
is read at once, whatever happens, and handed over a line at a time: nothing queues here and a child never
waits for us. Its standard error goes to a file; the last line of it is quoted when the child fails. A kept
child that ends is started again after 0.2 s, then twice that, at most 5 s; after 10 s of life the wait is 0.2
s again.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dreamd.terminal.clock import now_ns
from dreamd.up.plan import CannotRun

BACK_OFF_FIRST_S: Final = 0.2
BACK_OFF_MAX_S: Final = 5.0
FORGIVEN_AFTER_S: Final = 10.0
LINE_MAX_BYTES: Final = 1 << 18
LEASH: Final = Path(__file__).with_name("parent_death_signal.py")


@dataclass(frozen=True, slots=True)
class Ended:
    """A child's end as seen from here: CLOCK_BOOTTIME ns and how it went."""

    at_ns: int
    returncode: int
    asked: bool

    @property
    def words(self) -> str:
        """How it ended: `killed by SIGKILL`, or `exit status 1`."""
        if self.returncode < 0:
            return f"killed by {signal.Signals(-self.returncode).name}"
        return f"exit status {self.returncode}"


def _quiet(line: str) -> None:
    """Drop a line."""


def _unmoved(child: "Child") -> None:
    """Ignore a start or an end."""


@dataclass
class Child:
    """One process by name, over all its incarnations.

    heard: called with each line of its standard output. started, ended: called with the child
    after each start and end. kept: whether it is started again when it ends unasked. environment: all
    of it; None: ours.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    kept: bool = False
    heard: Callable[[str], None] = _quiet
    started: Callable[["Child"], None] = _unmoved
    ended: Callable[["Child"], None] = _unmoved
    environment: dict[str, str] | None = None
    incarnation: int = 0
    last_end: Ended | None = None
    _process: asyncio.subprocess.Process | None = None
    _leave: asyncio.Event = field(default_factory=asyncio.Event)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether a process of this name runs now."""
        return self._process is not None

    async def keep(self) -> None:
        """Run it until it has ended for good; cancelled, kill it."""
        pause_s = BACK_OFF_FIRST_S
        try:
            while not self._leave.is_set():
                began_ns = now_ns()
                await self._live()
                if not self.kept:
                    return
                lived_s = (now_ns() - began_ns) / 1e9
                pause_s = BACK_OFF_FIRST_S if lived_s >= FORGIVEN_AFTER_S else pause_s
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._leave.wait(), pause_s)
                pause_s = min(2 * pause_s, BACK_OFF_MAX_S)
        finally:
            self.signal(signal.SIGKILL)
            self._gone.set()

    async def _live(self) -> None:
        with self.log.open("ab") as log:
            self._process = process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(LEASH), str(os.getpid())),
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LINE_MAX_BYTES,
                start_new_session=True,
                env=self.environment,
            )
        self.incarnation += 1
        self.started(self)
        assert process.stdout is not None, "standard output is a pipe"
        await self._hear(process.stdout)
        returncode = await process.wait()
        self._process = None
        self.last_end = Ended(now_ns(), returncode, asked=self._leave.is_set())
        self.ended(self)

    async def _hear(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than LINE_MAX_BYTES: the stream has dropped it
                continue
            if not line:
                return
            self.heard(line.decode(errors="replace").rstrip("\n"))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the process runs.

        Not by `send_signal`: it polls first, which takes the end of a process that is ending just now away
        from the event loop, and its status with it.
        """
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def stop(self, grace_s: float) -> None:
        """Ask it to end, then make it; returns once it is gone and stays gone."""
        self._leave.set()
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)  # a stopped process hears no request
        try:
            await asyncio.wait_for(self._gone.wait(), grace_s)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self._gone.wait()

    def last_words(self) -> str:
        """The last line it wrote to standard error, or nothing."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - 4096))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:300] if lines else ""

    def failure(self, advice: str) -> CannotRun:
        """Why it did not come up: its own last line, or how it ended, and the remedy."""
        words = self.last_words().removeprefix("dreamedge: ").removeprefix("dreamd: ").rstrip(".")
        how = "it has not answered in time" if self.last_end is None else self.last_end.words
        return CannotRun(f"{self.name} did not come up: {words or how}; {advice}")
