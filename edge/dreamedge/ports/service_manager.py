"""The service manager: starts the process, and restarts it if it stands still."""

from typing import Protocol


class ServiceManager(Protocol):
    """Receives the process's state. Every method MUST return at once and MUST NOT raise."""

    def ready(self, status: str) -> None:
        """The work has begun; MUST be passed on once, however often this is called."""
        ...

    def alive(self, now_s: float) -> None:
        """A sign of life, at seconds of a clock that never goes back.

        MAY be passed on less often than it is called.
        """
        ...

    def status(self, words: str) -> None:
        """The state as a sentence; MUST be passed on when it has changed."""
        ...

    def stopping(self, status: str) -> None:
        """The shutdown has begun."""
        ...
