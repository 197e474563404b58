"""Every adapter of batches keeps the port's promises: order, bounds, dead workers, errors."""

import importlib
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import pytest

from depth import LONG
from dreamd.adapters.cluster.batch import LocalBatch, RayBatch
from dreamd.adapters.cluster.ray_session import HERE
from dreamd.adapters.recordings.surrogates import jobs_of, sums_of_part
from dreamd.ports.batch import Batch, BatchError
from fakes import batch_work
from fakes.recorded_phases import recorded_phases


@pytest.fixture(
    scope="module",
    params=[
        "local",
        pytest.param("ray", marks=pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute")),
    ],
)
def batch(request: pytest.FixtureRequest) -> Iterator[Batch]:
    """Of this machine, and of a real Ray cluster whose nodes know the work."""
    if request.param == "local":
        yield LocalBatch(2)
        return
    ray = RayBatch(HERE)
    importlib.import_module("ray.cloudpickle").register_pickle_by_value(batch_work)  # nodes lack the tests
    yield ray
    ray.close()


def test_results_come_in_order_from_jobs_without_end(batch: Batch) -> None:
    """Of an endless row of jobs the first results come in order, and a bounded number is taken."""
    taken = []

    def jobs() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    results = batch.results(batch_work.squared, jobs())
    assert list(islice(results, 5)) == [0, 1, 4, 9, 16]
    assert len(taken) <= 64
    results.close()


def test_a_job_whose_worker_dies_is_run_again(batch: Batch, tmp_path: Path) -> None:
    """The job that killed a worker once is finished by another, in its place."""
    places = [str(tmp_path / name) for name in ("one", "two", "three")]
    for place in (places[0], places[2]):
        Path(place).touch()
    assert list(batch.results(batch_work.dies_once, places)) == places


def test_a_worker_that_dies_between_results_costs_no_job(batch: Batch, tmp_path: Path) -> None:
    """A worker dies while results are read slowly: every job, those not begun yet too, has its result."""
    places = [str(tmp_path / str(number)) for number in range(20)]
    for place in [*places[:1], *places[2:]]:
        Path(place).touch()
    results = batch.results(batch_work.dies_once, places)
    found = [next(results)]
    deadline = time.monotonic() + 20.0
    while not Path(places[1]).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)  # the pool notices
    assert found + list(results) == places


def test_a_job_that_kills_every_worker_is_named(batch: Batch) -> None:
    """After three workers the batch ends with a sentence that names the job."""
    with pytest.raises(BatchError, match="died 3 times while the job 7"):
        list(batch.results(batch_work.dies, [7]))


def test_an_error_of_the_work_is_raised(batch: Batch) -> None:
    """An error of the work is raised where its result would come; earlier results come before."""
    results = batch.results(batch_work.fails, [1, 2, 3])
    assert next(results) == 1
    with pytest.raises(ValueError, match="two is not wanted"):
        next(results)


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: each worker imports the simulation")
def test_a_night_has_the_same_account_everywhere(batch: Batch) -> None:
    """The workers of a batch give each seed the account that this process gives it."""
    assert list(batch.results(batch_work.night, [3, 4])) == [batch_work.night(seed) for seed in (3, 4)]


def test_surrogates_have_the_same_sums_everywhere(batch: Batch, tmp_path: Path) -> None:
    """The workers of a batch give each part the sums that this process gives it, bit for bit."""
    jobs = jobs_of(recorded_phases(tmp_path / "night", 0.3), 19, 7)
    found = list(batch.results(sums_of_part, jobs))
    assert [one.drawn.tobytes() for one in found] == [sums_of_part(job).drawn.tobytes() for job in jobs]
    assert len(found) == 2
