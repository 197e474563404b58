"""Single keys from the terminal; the terminal's settings are restored afterwards.

Keys are read only where standard input is a terminal. Ctrl-C keeps its meaning: the terminal turns it into
SIGINT. The reader of a closed terminal is removed: its descriptor stays readable for ever, and a reader that
stayed would take a core.
"""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


def available() -> bool:
    """Whether keys can be pressed here: at a terminal, and not in its background."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # it controls no session of ours, so it has no background
        return True


@contextmanager
def typing(typed: Callable[[str], None]) -> Iterator[None]:
    """Call `typed` with what is typed, unechoed, on the running loop until the block is left.

    A terminal that closes is reported once, as an empty text.
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
