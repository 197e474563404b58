"""Single keys from the terminal while a run goes on; the terminal is given back as it was.

Keys are read only where standard input is a terminal. A night knows the five keys below and ignores any
other. Ctrl-C keeps its meaning: the terminal turns it into SIGINT, which ends the night in order. A closed
terminal is read no more: its descriptor stays readable for ever, and a reader that stayed would take a core.
"""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

KEYS: Final = (
    ("s", "sever"),
    ("r", "resume"),
    ("k", "kill the daemon"),
    ("w", "wake"),
    ("q", "end"),
)


def available() -> bool:
    """Whether somebody can press keys here: at a terminal, and not in its background."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # it controls no session of ours, so it has no background
        return True


@contextmanager
def listening(pressed: Callable[[str], None], closed: Callable[[], None]) -> Iterator[None]:
    """Call `pressed` with each known key on the running loop, and `closed` once if the terminal goes away."""
    known = {key for key, _ in KEYS}

    def typed(text: str) -> None:
        if not text:
            closed()
        for key in text.lower():
            if key in known:
                pressed(key)

    with typing(typed):
        yield


@contextmanager
def typing(typed: Callable[[str], None]) -> Iterator[None]:
    """Call `typed` with what is typed, unechoed, on the running loop until the block is left.

    A terminal that goes away is told once, as an empty text.
    """
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    loop = asyncio.get_running_loop()

    def read() -> None:
        try:
            data = os.read(descriptor, 64)
        except OSError:  # EIO: the other end is closed
            data = b""
        if not data:
            loop.remove_reader(descriptor)
            typed("")
            return
        text = data.decode(errors="ignore")
        if text:
            typed(text)

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        with suppress(termios.error):  # a closed terminal has no settings to give back
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
