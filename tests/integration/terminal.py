"""A program on a terminal of its own: keys in, and the text on the screen.

The terminal is read all the time, as a real one is: a program with an unread terminal blocks in its next
write, and with it all its other work.
"""

import asyncio
import codecs
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping

_HOME = "\x1b[H"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


def _own_terminal() -> None:
    """Take the terminal, and Ctrl-C's default: a shell ignores it for what it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """Runs `command` on a terminal of (columns, lines).

    It draws every picture whole, from the top left.
    """

    def __init__(
        self, command: list[str], environment: Mapping[str, str], size: tuple[int, int] = (80, 24)
    ) -> None:
        self._master, slave = pty.openpty()
        self.resize(size)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=_own_terminal,  # noqa: PLW1509 -- Ctrl-C is its signal
        )
        os.close(slave)
        self._said = ""
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def resize(self, size: tuple[int, int]) -> None:
        """Resize it."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def press(self, text: str) -> None:
        """Type."""
        os.write(self._master, text.encode())

    def _read(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        while True:
            try:
                part = os.read(self._master, 65536)
            except OSError:  # the program has ended
                return
            if not part:
                return
            self._said += decode(part)

    def listen(self) -> str:
        """Everything written so far."""
        return self._said

    @property
    def screen(self) -> str:
        """The last complete picture."""
        frames = self.listen().split(_HOME)
        return _CONTROL.sub("", frames[-2] if len(frames) > 2 else "")

    async def shows(self, *words: str, within_s: float = 30.0) -> None:
        """Wait until all of these words are on the screen; a sentence may break over two lines."""
        await self.becomes(lambda screen: all(one in screen for one in words), within_s, f"show {words}")

    async def hides(self, *words: str, within_s: float = 30.0) -> None:
        """Wait until none of these words is on the screen."""
        await self.becomes(lambda screen: not any(one in screen for one in words), within_s, f"hide {words}")

    async def becomes(self, true: Callable[[str], object], within_s: float, what: str) -> None:
        """Wait until the condition holds for the screen's words, joined to one line.

        Else fail with the screen.
        """
        deadline = time.monotonic() + within_s
        while not true(" ".join(self.screen.split())):
            if time.monotonic() >= deadline:
                status = self.process.poll()
                runs = "it still runs" if status is None else f"it ended with {status}"
                raise AssertionError(
                    f"it did not {what} in {within_s:g} s; {runs}; its screen:\n{self.screen}"
                )
            await asyncio.sleep(0.05)

    def echoes(self) -> bool:
        """Whether the terminal echoes input, as after a proper exit."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        os.close(self._master)
