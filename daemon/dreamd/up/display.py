"""The output of a run: a live screen on a terminal, plain lines in a pipe, nothing under --json.

The screen is the terminal's other one, so that nothing is left of it but the last picture, printed once at
the end. Drawn eight times a second; a slow terminal gets fewer, never older, pictures. Where the reader is
gone (a closed pipe, a closed terminal) the night is ended in order.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

from dreamd.terminal.clock import now_ns
from dreamd.up import screen
from dreamd.up.keys import KEYS
from dreamd.up.report import screenshot
from dreamd.up.run_state import RunState
from dreamwire.standard_output import discard_output

CONSOLE: Final = "console"
STARTING: Final = "(starting)"
NO_CONSOLE: Final = "(none)"
FRAME_S: Final = 0.125
PROGRESS_EVERY_S: Final = 5.0
LAST_LINES: Final = 60


@dataclass
class Display:
    """The output of a run, drawn from its state.

    duration_s: how long the night takes, None: until its end is requested. unread: called when the reader of
    the output is gone.
    """

    chronicle: RunState
    heading: screen.Heading
    console: Console
    duration_s: float | None
    unread: Callable[[], None]
    shot: str = ""
    """The screenshot as SVG, once it is taken."""
    announced: bool = False
    """Whether the heading was printed as lines."""
    _printed: int = 0
    _deaf: bool = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Print inside; a reader that is gone ends the printing and nothing else.

        Never wait inside: a cancellation that meets a closed terminal on its way out would be lost with the
        terminal's error, and its task would never end.
        """
        try:
            yield
        except (OSError, SystemExit):  # rich ends the program over a closed pipe
            discard_output(self.console.file)
            self._deaf = True
            self.unread()

    def _now_s(self) -> float:
        return self.chronicle.seconds(now_ns())

    async def quiet(self) -> None:
        """Show nothing, but let the state settle; never returns by itself."""
        while True:
            self.chronicle.settle(now_ns())
            await asyncio.sleep(FRAME_S)

    async def screen(self) -> None:
        """The live screen; cancelled, it leaves the last picture behind."""
        live = Live(console=self.console, screen=True, auto_refresh=False)
        with self.heard():
            live.start()
        try:
            while not self._deaf:
                self.chronicle.settle(now_ns())
                with self.heard():
                    live.update(self._picture(), refresh=True)
                await asyncio.sleep(FRAME_S)
        finally:
            with self.heard():
                live.stop()
        await self.quiet()

    def last_picture(self) -> None:
        """Print the last picture: without keys, with every line that is kept."""
        heading = replace(self.heading, keys=())
        size = (self.console.size.width, LAST_LINES)
        with self.heard():
            self.console.print(
                screen.screen(self.chronicle.board, heading, self._now_s(), self._ends_s(), size)
            )

    def _picture(self) -> RenderableType:
        size = (self.console.size.width, self.console.size.height)
        return screen.screen(self.chronicle.board, self.heading, self._now_s(), self._ends_s(), size)

    def _ends_s(self) -> float | None:
        """When the night ends, in seconds of the run; None while it has not begun or has no end."""
        return self.chronicle.ends_s(self.duration_s) if self.chronicle.began_s else None

    async def shoot_at(self, at_s: float) -> None:
        """Take the screenshot at this second of the run."""
        await asyncio.sleep(max(0.0, at_s - self._now_s()))
        self.shoot()

    def shoot(self) -> None:
        """Take the screenshot unless it is taken: the terminal's picture now, its keys included."""
        self.chronicle.settle(now_ns())
        heading = replace(self.heading, keys=KEYS)
        drawn = screen.screen(self.chronicle.board, heading, self._now_s(), self._ends_s(), screenshot.SIZE)
        self.shot = self.shot or screenshot.picture(drawn, "dreamd up")

    def show_console(self, url: str) -> None:
        """Show the console's address first among the links; empty: there is no console."""
        others = tuple(link for link in self.heading.links if link[0] != CONSOLE)
        self.heading = replace(self.heading, links=((CONSOLE, url or NO_CONSOLE), *others))
        if url and self.announced:
            self.line(f"  {CONSOLE}: {url}")

    def announce(self) -> None:
        """The heading as plain lines; the console's address follows once it answers."""
        self.announced = True
        self.line(self.heading.sentence)
        for what, paste in self.heading.links:
            if what != CONSOLE:
                self.line(f"  {what}: {paste}")

    async def lines(self) -> None:
        """Print new lines as they come, and one of progress every five seconds."""
        next_s = PROGRESS_EVERY_S
        while True:
            self.chronicle.settle(now_ns())
            self.new_lines()
            if self._now_s() >= next_s:
                self.line(screen.progress(self.chronicle.board, self._now_s()))
                next_s += PROGRESS_EVERY_S
            await asyncio.sleep(FRAME_S)

    def new_lines(self) -> None:
        """Print the lines since the last time; more than fifty at once lose the oldest."""
        board = self.chronicle.board
        fresh = min(board.told - self._printed, len(board.lines))
        for line in list(board.lines)[len(board.lines) - fresh :]:
            self.line(screen.plain(line))
        self._printed = board.told

    def line(self, words: str) -> None:
        """Print one line as it is."""
        with self.heard():
            print(words, file=self.console.file, flush=True)
