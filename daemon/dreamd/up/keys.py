"""The five keys of a night; every other key is ignored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from dreamd.terminal import keyboard

KEYS: Final = (
    ("s", "sever"),
    ("r", "resume"),
    ("k", "kill the daemon"),
    ("w", "wake"),
    ("q", "end"),
)


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

    with keyboard.typing(typed):
        yield
