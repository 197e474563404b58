"""The disk's space is measured beside the scrape: a disk that hangs makes a scrape neither late nor wrong."""

from collections.abc import Callable
from math import isnan
from pathlib import Path

from dreamd.adapters.metrics.disk_space import (
    KNOWN_FOR_S,
    MEASURED_EVERY_S,
    UNKNOWN,
    DiskSpace,
    Space,
    space_of,
    unknown,
)
from fakes.stage import HandClock

HALF = Space(5e9, 1e10)


class Elsewhere:
    """A thread run by hand: work that is handed over waits for `catch_up`."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(self, work: Callable[[], None]) -> None:
        """Keep it."""
        self.waiting.append(work)

    def catch_up(self) -> None:
        """Do what waits."""
        while self.waiting:
            self.waiting.pop(0)()


def bench(measure: Callable[[], Space]) -> tuple[DiskSpace, HandClock, Elsewhere]:
    """A disk, a clock, and the thread on which it is measured."""
    clock, elsewhere = HandClock(), Elsewhere()
    return DiskSpace(measure, clock.now_s, elsewhere.run), clock, elsewhere


def test_a_scrape_takes_the_newest_result_and_waits_for_none() -> None:
    """Unknown until the first measurement has ended; after it, its result, and no second one at once."""
    disk, clock, elsewhere = bench(lambda: HALF)
    assert disk.newest() is UNKNOWN
    elsewhere.catch_up()
    assert disk.newest() == HALF
    assert elsewhere.waiting == []
    clock.at_s += MEASURED_EVERY_S
    assert disk.newest() == HALF
    assert len(elsewhere.waiting) == 1


def test_a_disk_that_hangs_is_asked_once_and_then_not_known() -> None:
    """However often it is scraped, one measurement waits; its old result is believed for a minute."""
    disk, clock, elsewhere = bench(lambda: HALF)
    disk.newest()
    elsewhere.catch_up()
    for _ in range(int(KNOWN_FOR_S / MEASURED_EVERY_S)):
        clock.at_s += MEASURED_EVERY_S
        assert disk.newest() == HALF
    clock.at_s += MEASURED_EVERY_S
    assert disk.newest() is UNKNOWN
    assert len(elsewhere.waiting) == 1


def test_a_disk_that_cannot_be_asked_is_not_known() -> None:
    """An error is no space of zero; the next measurement may succeed."""
    answers: list[Space | OSError] = [OSError("stale file handle"), HALF]

    def measure() -> Space:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    disk, clock, elsewhere = bench(measure)
    disk.newest()
    elsewhere.catch_up()
    assert disk.newest() is UNKNOWN
    clock.at_s += MEASURED_EVERY_S
    disk.newest()
    elsewhere.catch_up()
    assert disk.newest() == HALF


def test_a_real_folder_has_space(tmp_path: Path) -> None:
    """More in all than is free, and more than nothing; where no disk is measured both are NaN."""
    space = space_of(tmp_path)()
    assert 0.0 < space.free_bytes <= space.size_bytes
    assert isnan(unknown().free_bytes)
    assert isnan(unknown().size_bytes)
