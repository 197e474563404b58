"""An answer that the caller receives later, once the ledger has written the request."""

from typing import Generic, TypeVar

from dreamd.core.refusals import Refusal

T = TypeVar("T")


class Deferred(Generic[T]):
    """An answer that waits for the ledger. It is settled in time, whatever the ledger does."""

    def __init__(self) -> None:
        self._answer: T | Refusal | None = None

    @property
    def settled(self) -> bool:
        """Whether there is an answer."""
        return self._answer is not None

    def answer(self) -> T | Refusal:
        """The answer; ask once it is settled."""
        assert self._answer is not None, "the answer still waits for the ledger"
        return self._answer

    def settle(self, answer: T | Refusal) -> None:
        """Answer, once."""
        assert self._answer is None, "an answer is given once"
        self._answer = answer


class Relayed(Deferred[T]):
    """An answer that is itself waited for twice: first something is read, then something is written."""

    def __init__(self) -> None:
        super().__init__()
        self._written: Deferred[T] | None = None

    def answered(self, answer: "T | Refusal | Deferred[T]") -> None:
        """The second part is on its way to the ledger, or is over."""
        if isinstance(answer, Deferred):
            self._written = answer
        else:
            self.settle(answer)

    @property
    def settled(self) -> bool:
        """Whether there is an answer."""
        return super().settled if self._written is None else self._written.settled

    def answer(self) -> T | Refusal:
        """The answer; ask once it is settled."""
        return super().answer() if self._written is None else self._written.answer()
