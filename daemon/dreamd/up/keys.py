"""Single keys from the terminal while a run goes on; the terminal is given back as it was.

Only where standard input is a terminal. Of a night only the five keys below; anything else is ignored. Ctrl-C
stays what it is: the terminal turns it into SIGINT, which ends the night in order.
"""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
def listening(pressed: Callable[[str], None]) -> Iterator[None]:
    """Call `pressed` with each known key on the running loop until the block is left."""
    known = {key for key, _ in KEYS}

    def typed(text: str) -> None:
        for key in text.lower():
            if key in known:
                pressed(key)

    with typing(typed):
        yield


@contextmanager
def typing(typed: Callable[[str], None]) -> Iterator[None]:
    """Call `typed` with whatever is typed, unechoed, on the running loop until the block is left."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    def read() -> None:
        typed(os.read(descriptor, 64).decode(errors="ignore"))

    loop = asyncio.get_running_loop()
    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
