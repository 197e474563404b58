"""How a watcher learns that there is something to take: one callback, called on the application's thread."""

from collections.abc import Callable

Changed = Callable[[], None]
