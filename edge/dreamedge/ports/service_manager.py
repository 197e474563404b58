"""The service manager: whoever started the process, and starts it again where it stands still."""

from typing import Protocol


class ServiceManager(Protocol):
    """Told how the process is. Every word MUST return at once and MUST NOT raise, whoever listens."""

    def ready(self, status: str) -> None:
        """The work has begun; MUST be said to it once, however often this is called."""
        ...

    def alive(self, now_s: float) -> None:
        """What shows life has just been done, at seconds of a clock that never goes back.

        MAY be passed on less often than it is called.
        """
        ...

    def status(self, words: str) -> None:
        """How it is, for people; MUST be passed on where it has changed."""
        ...

    def stopping(self, status: str) -> None:
        """The way out has begun."""
        ...
