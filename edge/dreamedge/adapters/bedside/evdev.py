"""A Linux input device as a button: `struct input_event`, read from the device itself.

python-evdev has no wheels and needs a compiler at each bed; the structure is 24 bytes. The device is taken
for this bed alone (EVIOCGRAB), so that its keys do not reach a console, and its stamps are set to
CLOCK_BOOTTIME. A FIFO that carries the same structures serves as well, stamped on arrival.
"""

import errno
import fcntl
import os
import select
import stat
import struct
from collections.abc import Callable, Mapping
from typing import Final

from dreamedge.adapters.bedside.presses import WITHDRAW, Edge, tapped

EVENT: Final = struct.Struct("@llHHi")
"""Seconds, microseconds, type, code, value, in the native sizes of this machine: 24 bytes on 64 bit."""
EV_SYN: Final = 0
EV_KEY: Final = 1
SYN_DROPPED: Final = 3
_EVIOCGRAB: Final = 0x40044590
_EVIOCSCLOCKID: Final = 0x400445A0
_CLOCK_BOOTTIME: Final = 7
_EVENTS_AT_ONCE: Final = 64
_REPEAT: Final = 2
"""The value of a key that the kernel repeats because it is held."""


class EvdevKeys:
    """The keys of one device. actions: by code; a code without one withdraws, an empty one does nothing."""

    def __init__(self, path: str, actions: Mapping[int, str], now_ns: Callable[[], int]) -> None:
        self._path = path
        self._actions = dict(actions)
        self._now_ns = now_ns
        self._fd: int | None = None
        self._stamped = False
        self._rest = b""
        self._poll = select.poll()

    def connect(self) -> None:
        """Open the device for this bed alone.

        Raises:
            OSError: it is missing, no input device, or taken by another program.
        """
        fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self._stamped = not stat.S_ISFIFO(os.fstat(fd).st_mode)
            if self._stamped:
                _take(fd)
        except OSError:
            os.close(fd)
            raise
        self._fd, self._rest = fd, b""
        self._poll = select.poll()  # select itself takes no descriptor above 1023
        self._poll.register(fd, select.POLLIN)

    def edges(self, within_s: float) -> list[Edge]:
        """Wait for keys; an autorepeat is none."""
        if self._fd is None:
            raise OSError(errno.EBADF, "it is not open")
        if not self._poll.poll(within_s * 1000):
            return []
        try:
            read = os.read(self._fd, EVENT.size * _EVENTS_AT_ONCE)
        except BlockingIOError:
            return []
        if not read:
            raise OSError(errno.ENODEV, "its other end is closed")
        data = self._rest + read
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        now_ns = self._now_ns()
        return [edge for event in EVENT.iter_unpack(data[:whole]) for edge in self._edges(event, now_ns)]

    def close(self) -> None:
        """Release the device."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def _edges(self, event: tuple[int, int, int, int, int], now_ns: int) -> tuple[Edge, ...]:
        seconds, micros, kind, code, value = event
        at_ns = (seconds * 1_000_000 + micros) * 1000 if self._stamped else now_ns
        if kind == EV_SYN and code == SYN_DROPPED:
            # The kernel has dropped events: a press may be among them, and no press may be lost.
            return tapped("dropped", WITHDRAW, now_ns)
        if kind != EV_KEY or value == _REPEAT:
            return ()
        return (Edge(str(code), self._actions.get(code, WITHDRAW), value != 0, at_ns),)


def _take(fd: int) -> None:
    """Grab an input device and set its clock."""
    try:
        fcntl.ioctl(fd, _EVIOCSCLOCKID, struct.pack("i", _CLOCK_BOOTTIME))
        fcntl.ioctl(fd, _EVIOCGRAB, 1)
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise OSError(errno.EBUSY, "another program has taken it") from None
        if error.errno in (errno.ENOTTY, errno.EINVAL):
            raise OSError(errno.ENODEV, "it is not an input device") from None
        raise


_ROWS: Final = (
    (1, "ESC 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL BACKSPACE TAB"),
    (16, "Q W E R T Y U I O P LEFTBRACE RIGHTBRACE ENTER LEFTCTRL"),
    (30, "A S D F G H J K L SEMICOLON APOSTROPHE GRAVE LEFTSHIFT BACKSLASH"),
    (44, "Z X C V B N M COMMA DOT SLASH RIGHTSHIFT KPASTERISK LEFTALT SPACE CAPSLOCK"),
    (59, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NUMLOCK SCROLLLOCK"),
    (71, "KP7 KP8 KP9 KPMINUS KP4 KP5 KP6 KPPLUS KP1 KP2 KP3 KP0 KPDOT"),
    (96, "KPENTER"),
    (102, "HOME UP PAGEUP LEFT RIGHT END DOWN PAGEDOWN INSERT DELETE"),
    (113, "MUTE VOLUMEDOWN VOLUMEUP POWER"),
    (142, "SLEEP WAKEUP"),
    (163, "NEXTSONG PLAYPAUSE PREVIOUSSONG"),
)
KEY_CODES: Final = {
    **{f"KEY_{name}": first + place for first, row in _ROWS for place, name in enumerate(row.split())},
    **{f"BTN_{number}": 0x100 + number for number in range(10)},
    "BTN_LEFT": 0x110,
    "BTN_RIGHT": 0x111,
    "BTN_MIDDLE": 0x112,
    "BTN_TRIGGER": 0x120,
    "BTN_SOUTH": 0x130,
    "BTN_EAST": 0x131,
    "BTN_NORTH": 0x133,
    "BTN_WEST": 0x134,
}
"""Codes of the usual keys by the kernel's names (input-event-codes.h); any other is written as its number."""
