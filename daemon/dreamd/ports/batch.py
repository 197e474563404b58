"""Batches of independent jobs: nights from seeds, replays, resampled sums."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class BatchError(Exception):
    """A job could not be finished; the message says why, and what helps."""


class Batch(Protocol):
    """Runs jobs on the processors of one machine or of many."""

    def results(self, work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Run `work` on each job, and return the results in the order of the jobs.

        MUST take jobs only a bounded number ahead, for there may be no end of them. MUST begin a job anew
        after the death of its worker, up to AGAIN times in all. MUST raise the error of `work`. MUST end the
        jobs in progress with the iterator. `work` and the jobs are pickled: `work` is a module's function.

        Raises:
            BatchError: the workers of a job have died AGAIN times, or the cluster cannot finish it.
        """
        ...

    def close(self) -> None:
        """Give up the workers, and the connection to a cluster."""
        ...


AGAIN = 3
"""How often a job is begun whose worker dies."""
AHEAD = 4
"""Jobs in progress for each processor."""
