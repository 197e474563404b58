"""Batches on the processors of this machine, and on those of a Ray cluster.

Both keep the order of the jobs and begin a bounded number ahead. A worker that dies costs its job a new
beginning: here the pool is made anew with all jobs in progress, in a cluster Ray places the job elsewhere.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic

from dreamd.adapters.cluster.ray_session import connect
from dreamd.ports.batch import AGAIN, AHEAD, Batch, BatchError, Job, Result


@dataclass(slots=True)
class _UnderWay(Generic[Job, Result]):
    """A job that has begun, or is about to. begun: once, and once more for each pool that broke under it."""

    job: Job
    future: Future[Result] | None = None
    begun: int = 1

    def result(self) -> Result:
        """Wait for the result."""
        assert self.future is not None
        return self.future.result()

    def begin_anew(self) -> None:
        """The pool has broken: keep a result that is there; else begin again, AGAIN times at most."""
        done = self.future is not None and self.future.done() and not self.future.cancelled()
        if done and self.future is not None and self.future.exception() is None:
            return
        if self.begun >= AGAIN:
            raise _died(self.job)
        self.future, self.begun = None, self.begun + 1


class LocalBatch:
    """`ports.batch.Batch` on this machine. workers: processes; None: one a processor."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1

    def results(self, work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """See `Batch`."""
        coming = iter(jobs)
        waiting: deque[_UnderWay[Job, Result]] = deque()
        pool = self._pool()
        try:
            while True:
                waiting += [_UnderWay(job) for job in islice(coming, self._workers * AHEAD - len(waiting))]
                if not waiting:
                    return
                try:
                    for one in waiting:
                        one.future = one.future or pool.submit(work, one.job)
                    result = waiting[0].result()
                except BrokenProcessPool:
                    pool.shutdown(wait=False, cancel_futures=True)
                    pool = self._pool()
                    for one in waiting:
                        one.begin_anew()
                    continue
                waiting.popleft()
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """See `Batch`: the workers ended with their results."""

    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, mp_context=multiprocessing.get_context("spawn"))


class RayBatch:
    """`ports.batch.Batch` on a Ray cluster.

    Raises:
        ClusterError: Ray is not installed, or the cluster cannot be used.
    """

    def __init__(self, address: str) -> None:
        """address: HOST:PORT, or `local` for a cluster of this machine alone."""
        self._ray = connect(address)

    def results(self, work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """See `Batch`."""
        ray: Any = self._ray
        remote = ray.remote(max_retries=AGAIN - 1)(work)
        coming = iter(jobs)
        most = max(int(ray.cluster_resources().get("CPU", 1)), 1) * AHEAD
        waiting: deque[tuple[Job, Any]] = deque((job, remote.remote(job)) for job in islice(coming, most))
        try:
            while waiting:
                job, under_way = waiting[0]
                try:
                    result = ray.get(under_way)
                except ray.exceptions.RayTaskError as error:
                    raise error.as_instanceof_cause() from None
                except (
                    ray.exceptions.WorkerCrashedError,
                    ray.exceptions.NodeDiedError,
                    ray.exceptions.OutOfMemoryError,
                ):
                    raise _died(job) from None
                except ray.exceptions.RayError as error:  # the head is gone, a result is lost, no node fits
                    raise _lost(job, error) from None
                waiting.popleft()
                yield result
                waiting += [(one, remote.remote(one)) for one in islice(coming, 1)]
        finally:
            for _, under_way in waiting:
                ray.cancel(under_way, force=True)

    def close(self) -> None:
        """See `Batch`: leave the cluster."""
        self._ray.shutdown()


def open_batch(address: str) -> Batch:
    """Return the batch of a cluster; of this machine's processors where the address is empty.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    return RayBatch(address) if address else LocalBatch()


def _died(job: object) -> BatchError:
    return BatchError(
        f"workers have died {AGAIN} times while the job {str(job)[:80]}, or one beside it, was under way; "
        "look at the memory of the machine"
    )


def _lost(job: object, error: Exception) -> BatchError:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return BatchError(
        f"the cluster could not finish the job {str(job)[:80]}: {said[:200]}; look at it by `ray status`"
    )
