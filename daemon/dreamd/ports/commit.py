"""A commit: a request to the ledger that ends later, with success or failure.

The ledger returns a `Commit` at once. It ends it later, on the thread that calls `Ledger.deliver`, with a
value or with a sentence that gives the reason of the failure. A commit ends exactly once.

Rules
- Call `then` last, after the caller's own state is in order: a commit may have ended already, and then the
  callback runs inside the call.
- A commit that is withdrawn in time writes nothing and ends as failed. One that is being written cannot be
  withdrawn: it ends as it would have.
- One thread uses a commit. Only `withdrawn` is read by a ledger's own thread.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

WITHDRAWN: Final = "it was withdrawn before it was written"


class LedgerError(Exception):
    """The ledger could not do what was requested; the message names the fault."""


class LedgerHeldError(LedgerError):
    """Another daemon owns the ledger now."""


class Commit(Generic[T]):
    """One write, or one query, in progress."""

    __slots__ = ("_tell", "_value", "failure", "over", "withdrawn")

    def __init__(self) -> None:
        self.over = False
        self.withdrawn = False
        self.failure = ""
        self._value: T | None = None
        self._tell: list[Callable[[Commit[T]], None]] = []

    @property
    def done(self) -> bool:
        """Whether the commit has ended well: its write is durable."""
        return self.over and not self.failure

    @property
    def value(self) -> T:
        """The ledger's answer.

        Raises:
            LedgerError: the commit failed.
        """
        assert self.over, "the commit is still on its way"
        if self.failure:
            raise LedgerError(self.failure)
        assert self._value is not None
        return self._value

    def then(self, tell: "Callable[[Commit[T]], None]") -> None:
        """Call `tell` with this commit once it has ended; at once where it has ended already."""
        if self.over:
            tell(self)
        else:
            self._tell.append(tell)

    def withdraw(self) -> None:
        """Ask the ledger not to write it; a commit that is being written ends as it would have."""
        self.withdrawn = True

    # -- for the ledger -----------------------------------------------------------------------------

    def end(self, value: T) -> None:
        """End it with success."""
        self._end(value, "")

    def fail(self, why: str) -> None:
        """End it with failure: nothing was written. why: a sentence, never empty."""
        assert why, "a failure has a reason"
        self._end(None, why)

    def _end(self, value: T | None, failure: str) -> None:
        assert not self.over, "a commit ends once"
        self.over, self._value, self.failure = True, value, failure
        tell, self._tell = self._tell, []
        for one in tell:
            one(self)
