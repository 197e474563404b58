"""A program on a terminal of its own: keys in, and what stands on the screen."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping

_HOME = "\x1b[H"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    """Runs `command` on a terminal of (columns, lines). What it draws, it draws whole, from the top left."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str], size: tuple[int, int] = (80, 24)
    ) -> None:
        self._master, slave = pty.openpty()
        self.resize(size)
        os.set_blocking(self._master, False)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 -- Ctrl-C is its signal
        )
        os.close(slave)
        self.said = ""

    def resize(self, size: tuple[int, int]) -> None:
        """Make it as large as this."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def press(self, text: str) -> None:
        """Type."""
        os.write(self._master, text.encode())

    def listen(self) -> str:
        """Everything written so far."""
        while True:
            try:
                part = os.read(self._master, 65536)
            except (BlockingIOError, OSError):  # nothing now, or nobody any more
                return self.said
            if not part:
                return self.said
            self.said += part.decode(errors="replace")

    @property
    def screen(self) -> str:
        """The last picture that was drawn whole."""
        frames = self.listen().split(_HOME)
        return _CONTROL.sub("", frames[-2] if len(frames) > 2 else "")

    def echoes(self) -> bool:
        """Whether what is typed is written, as on a terminal that was given back."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)
