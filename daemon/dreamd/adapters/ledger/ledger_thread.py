"""A thread of the ledger: takes all waiting requests, processes them together, and returns the results.

Callers that wait for their answers send their next requests when a group has ended. A thread that took the
first of these at once would flush it alone, and the others after it, again and again. So after a large group
it waits up to LINGERS_S for half as many.

The caller bounds the queue. A request withdrawn before the thread takes it is not processed. The thread is a
daemon thread: a process may end while its disk blocks the thread, and unfinished requests then count as not
written.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Generic, TypeVar

from dreamd.ports.commit import WITHDRAWN, Commit, LedgerError

LINGERS_S: Final = 0.001
LARGE: Final = 16
"""A group of so many requests has callers that send more."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class LedgerThread(Generic[Asked, Answer]):
    """Calls `act` with all waiting requests, in order.

    act: returns an answer or a LedgerError for each, or raises one for all. finished: called on this thread
    when there is something to `deliver`; after: then, for work that no answer waits for.
    """

    def __init__(
        self,
        name: str,
        act: Callable[[Sequence[Asked]], Sequence[Answer | LedgerError]],
        finished: Callable[[], None],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._act = act
        self._finished = finished
        self._after = after
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Asked, Commit[Answer]]] = deque()
        self._ends: deque[tuple[Commit[Answer], Answer | LedgerError]] = deque()
        self._under_way = self._last = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def idle(self) -> bool:
        """Whether no request waits, is in progress, or is to be delivered."""
        with self._changed:
            return not (self._waiting or self._under_way or self._ends)

    def enqueue(self, asked: Asked, commit: Commit[Answer], most: int) -> bool:
        """Queue one request, and return at once; False, and nothing is queued: `most` are unfinished."""
        with self._changed:
            if len(self._waiting) + self._under_way >= most:
                return False
            closed = self._closing
            if not closed:
                self._waiting.append((asked, commit))
                if len(self._waiting) == 1 or self._enough():
                    self._changed.notify_all()
        if closed:
            self.refuse(commit, "the ledger is closed")
        elif self._thread.ident is None:
            self._thread.start()
        return True

    def refuse(self, commit: Commit[Answer], why: str) -> None:
        """Fail this commit at the next `deliver` without doing anything."""
        self._ends.append((commit, LedgerError(why)))
        self._finished()

    def wait(self) -> None:
        """Wait until there is something to deliver, or no request waits."""
        with self._changed:
            while not self._ends and (self._waiting or self._under_way):
                self._changed.wait()

    def deliver(self) -> None:
        """End the finished commits, on the calling thread."""
        while self._ends:
            commit, end = self._ends.popleft()
            if isinstance(end, LedgerError):
                commit.fail(str(end))
            else:
                commit.end(end)

    def close(self, within_s: float) -> int:
        """Process waiting requests for at most `within_s`, and stop; return how many remain.

        Safe to call twice.
        """
        until_s = monotonic() + within_s
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            while (self._waiting or self._under_way) and monotonic() < until_s:
                self._changed.wait(max(until_s - monotonic(), 0.0))
            left = len(self._waiting) + self._under_way
            self._waiting.clear()
        if self._thread.ident is not None and not left:
            self._thread.join(1.0)
        return left

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closing:
                        return
                    self._changed.wait()
                if self._last >= LARGE:
                    self._changed.wait_for(self._enough, LINGERS_S)
                batch = list(self._waiting)
                self._waiting.clear()
                self._under_way = self._last = len(batch)
            self._do(batch)

    def _enough(self) -> bool:
        return self._closing or 2 * len(self._waiting) >= self._last

    def _do(self, batch: list[tuple[Asked, Commit[Answer]]]) -> None:
        ends: list[tuple[Commit[Answer], Answer | LedgerError]] = []
        wanted: list[tuple[Asked, Commit[Answer]]] = []
        for asked, commit in batch:
            if commit.withdrawn:
                ends.append((commit, LedgerError(WITHDRAWN)))
            else:
                wanted.append((asked, commit))
        try:
            answers = self._act([asked for asked, _ in wanted]) if wanted else ()
            ends += [(commit, answer) for (_, commit), answer in zip(wanted, answers, strict=True)]
        except LedgerError as error:
            ends += [(commit, error) for _, commit in wanted]
        except Exception as error:  # noqa: BLE001 -- a bug must not leave commits without an end
            ends += [(commit, LedgerError(f"the ledger failed ({error!r})")) for _, commit in wanted]
        with self._changed:
            self._ends.extend(ends)
            self._under_way = 0
            self._changed.notify_all()
        self._finished()
        self._after()
