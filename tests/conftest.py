"""Settings of all tests: in CI, an unexpected skip is a failure."""

import gc
import os
import re
from collections.abc import Generator
from pathlib import Path

import pytest

from order import ordered

# Before anything loads numpy, as in `dreamd` itself: test processes share few cores, and waiting threads make
# small products a hundred times as slow.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

EXPECTED_SKIPS = (
    re.compile(r"DREAMD_RECORDINGS"),
    re.compile(r"DREAMD_LONG"),
    re.compile(r"no /dev/uinput|no /dev/gpiochip|no network namespaces"),
)
"""Reasons allowed in CI: the recordings are not part of the project, the long tests are `make soak`, and a
container has no virtual input devices, no GPIO chips of its kernel's, and perhaps no networks of its own."""

TESTS = Path(__file__).parent
_unexpected: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record every skip with an unexpected reason."""
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if not any(expected.search(reason) for expected in EXPECTED_SKIPS):
            _unexpected.append(f"{report.nodeid}: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without a look for garbage: what is collected lives on, and each worker collects everything."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In each of several workers, put the files into the order in which they take least time together."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    names = [item.path.relative_to(TESTS).as_posix() for item in items]
    places = {name: place for place, name in enumerate(ordered(names))}
    items[:] = [item for _, item in sorted(zip(names, items, strict=True), key=lambda pair: places[pair[0]])]


def pytest_collection_finish() -> None:
    """Take the collected tests out of the garbage collector's sight: they live to the end of the run."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a CI run that skipped tests it should have run."""
    if os.environ.get("CI") == "true" and _unexpected and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nskips that CI does not expect:\n  " + "\n  ".join(_unexpected))
