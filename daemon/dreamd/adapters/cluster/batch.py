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
from itertools import islice
from typing import Any

from dreamd.adapters.cluster.ray_session import connect
from dreamd.ports.batch import AGAIN, AHEAD, Batch, BatchError, Job, Result


class LocalBatch:
    """`ports.batch.Batch` on this machine. workers: processes; None: one a processor."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1

    def results(self, work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """See `Batch`."""
        coming = iter(jobs)
        waiting: deque[tuple[Job, Future[Result], int]] = deque()
        pool = self._pool()
        try:
            waiting += [(job, pool.submit(work, job), 1) for job in islice(coming, self._workers * AHEAD)]
            while waiting:
                job, future, begun = waiting[0]
                try:
                    result = future.result()
                except BrokenProcessPool:
                    if begun >= AGAIN:
                        raise _died(job) from None
                    pool.shutdown(wait=False, cancel_futures=True)
                    pool = self._pool()
                    waiting = deque([(one, pool.submit(work, one), times + 1) for one, _, times in waiting])
                    continue
                waiting.popleft()
                yield result
                waiting += [(one, pool.submit(work, one), 1) for one in islice(coming, 1)]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

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
                except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError):
                    raise _died(job) from None
                waiting.popleft()
                yield result
                waiting += [(one, remote.remote(one)) for one in islice(coming, 1)]
        finally:
            for _, under_way in waiting:
                ray.cancel(under_way, force=True)

    def close(self) -> None:
        """Leave the cluster."""
        self._ray.shutdown()


def open_batch(address: str) -> Batch:
    """Return the batch of a cluster; of this machine's processors where the address is empty.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    return RayBatch(address) if address else LocalBatch()


def _died(job: object) -> BatchError:
    return BatchError(
        f"the worker of the job {str(job)[:80]} has died {AGAIN} times; look at the memory of its machine"
    )
