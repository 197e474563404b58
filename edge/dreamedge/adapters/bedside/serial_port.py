"""A microcontroller on a serial port, by pyserial: the one file that knows it. One line a word, in ASCII.

From a button: `wake` wakes, `alive` and an empty line do nothing, and every other line withdraws, so that a
press is never lost to a typing error in the microcontroller's program. A line ends with CR, LF or a pause of
PAUSE_NS; a single byte is a line. To a lamp: `coupled`, `alone` or `latched`, at each change and every
AGAIN_NS. A lamp should show alone when it has read no line for a second.

Button and light of a bed may share one port: the button locks it against other buttons alone.
"""

from collections.abc import Callable
from typing import Final

import serial

from dreamedge.adapters.bedside.presses import WAKE, WITHDRAW, Edge, tapped

PAUSE_NS: Final = 50_000_000
AGAIN_NS: Final = 250_000_000
_LONGEST: Final = 256
_WRITTEN_WITHIN_S: Final = 0.2
_QUIET: Final = ("", "alive")


class SerialKeys:
    """The lines of one port as presses."""

    def __init__(self, path: str, baud: int, now_ns: Callable[[], int]) -> None:
        self._path = path
        self._baud = baud
        self._now_ns = now_ns
        self._port: serial.Serial | None = None
        self._begun = b""
        self._heard_ns = 0

    def connect(self) -> None:
        """Open the port for this button alone.

        Raises:
            OSError: it is missing, or another button has it.
        """
        self._begun = b""
        self._port = serial.Serial(self._path, self._baud, timeout=0, exclusive=True)

    def edges(self, within_s: float) -> list[Edge]:
        """Wait for lines."""
        if self._port is None:
            raise OSError("it is not open")
        self._port.timeout = min(within_s, PAUSE_NS / 1e9) if self._begun else within_s
        read = self._port.read(1)
        read += self._port.read(self._port.in_waiting) if read else b""
        now_ns = self._now_ns()
        if read:
            self._heard_ns = now_ns
        ended = now_ns - self._heard_ns >= PAUSE_NS or len(self._begun) > _LONGEST
        *lines, self._begun = (self._begun + read).replace(b"\r", b"\n").split(b"\n")
        if ended and self._begun:
            lines.append(self._begun)
            self._begun = b""
        return [edge for line in lines for edge in _edges(line, now_ns)]

    def close(self) -> None:
        """Release the port."""
        port, self._port = self._port, None
        if port is not None:
            port.close()


def _edges(line: bytes, now_ns: int) -> tuple[Edge, ...]:
    word = line.decode(errors="replace").strip().lower()
    return () if word in _QUIET else tapped("line", WAKE if word == WAKE else WITHDRAW, now_ns)


class SerialLamp:
    """A lamp that reads its state from a port."""

    def __init__(self, path: str, baud: int) -> None:
        """Open the port.

        Raises:
            OSError: it cannot be opened.
        """
        self._port = serial.Serial(path, baud, timeout=0, write_timeout=_WRITTEN_WITHIN_S)
        self._written = ""
        self._written_ns = 0

    def light(self, state: str, now_ns: int) -> None:
        """Write the state if it has changed, or was written AGAIN_NS ago.

        Raises:
            OSError: the port is lost, or takes no more.
        """
        if state == self._written and now_ns - self._written_ns < AGAIN_NS:
            return
        self._port.write(f"{state}\n".encode())
        self._written, self._written_ns = state, now_ns

    def close(self) -> None:
        """Release the port; what was written leaves first."""
        self._port.close()
