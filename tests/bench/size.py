"""The cost of size: a page of a large fleet beside a page of a small one, and ended Dreamscapes.

Everything is the daemon's own application on a clock moved by hand; the ledger is the real file.
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Final

import psutil

from dreamapi.v1.dreamscapes_pb2 import ListDreamscapesRequest
from dreamapi.v1.pods_pb2 import ListPodsRequest
from dreamd.adapters.grpc.servicers.dreamscapes import Dreamscapes
from dreamd.adapters.grpc.servicers.pods import Pods
from dreamd.adapters.grpc.calls.idempotency import IdempotencyCache
from dreamd.adapters.grpc.calls.streams import ChangeSignals
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.limits import DREAMSCAPES_MAX
from dreamd.core.dreamscapes.views import Plan

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.stage import Puppet, Stage  # noqa: E402 -- tests/ has just been put on the path
from fakes.callers import OPERATOR

LARGE: Final = 20_000
SMALL: Final = 20
CALLS: Final = 300
ENDED: Final = 10_000
WARM: Final = 200

Row = Callable[[str, str, str], None]


def _of(pods: int) -> Stage:
    stage = Stage(0)
    for number in range(pods):
        puppet = Puppet(stage, f"bed-{number:05d}", number)
        puppet.presence()
        puppet.status()
    return stage


def _answer(call: Coroutine[object, None, object]) -> object:
    """Run a handler that never waits, without the cost of a loop."""
    try:
        call.send(None)
    except StopIteration as answered:
        return answered.value
    raise AssertionError("a list waits for nothing")


def _call_us(call: Callable[[], object]) -> float:
    """CPU microseconds of one call: the least of five rounds."""
    rounds = []
    for _ in range(5):
        began_ns = time.process_time_ns()
        for _ in range(CALLS):
            call()
        rounds.append((time.process_time_ns() - began_ns) / CALLS / 1000)
    return min(rounds)


def lists(row: Row) -> None:
    """ListPods and ListDreamscapes with page_size 1: a large list over a small one, in the same run."""
    found: dict[int, float] = {}
    for pods in (SMALL, LARGE):
        service = Pods(_of(pods).app, IdempotencyCache(time.monotonic), ChangeSignals())
        request = ListPodsRequest(page_size=1)
        found[pods] = _call_us(lambda s=service, r=request: _answer(s.ListPods(r, None)))  # type: ignore[misc] -- bound now
        row(f"ListPods, page_size 1, {pods} pods: CPU", f"{found[pods]:.0f} us", "")
    row(f"ListPods: {LARGE} pods over {SMALL}", f"{found[LARGE] / found[SMALL]:.2f} x", "<= 3 x")
    for many in (SMALL, DREAMSCAPES_MAX):
        stage = Stage(0)
        for number in range(many):
            stage.app.dreamscapes.create(OPERATOR, Plan(f"d-{number}", 3, 8))
        listed = Dreamscapes(stage.app, IdempotencyCache(time.monotonic), ChangeSignals())
        asked = ListDreamscapesRequest(page_size=1)
        found[many] = _call_us(lambda s=listed, r=asked: _answer(s.ListDreamscapes(r, None)))  # type: ignore[misc] -- bound now
    ratio = found[DREAMSCAPES_MAX] / found[SMALL]
    row(f"ListDreamscapes: {DREAMSCAPES_MAX} over {SMALL}", f"{ratio:.2f} x", "<= 3 x")


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


def _end_many(path: str, found: "multiprocessing.Queue[float]") -> None:
    """In a process of its own: create and end this many, and print the memory they left behind."""
    stage = Stage(0, SqliteLedger(Path(path)))
    began_mb = 0.0
    for number in range(WARM + ENDED):
        if number == WARM:
            began_mb = _rss_mb()
        stage.app.dreamscapes.create(
            OPERATOR, Plan(f"night-{number}", 3, 8, pods=("bed-1", "bed-2", "bed-3"))
        )
        stage.app.dreamscapes.end(OPERATOR, f"night-{number}", "over")
        if number % 20 == 0:
            stage.hop(1)
    found.put(_rss_mb() - began_mb)
    stage.app.close()


def _begin(path: str, found: "multiprocessing.Queue[float]") -> None:
    """In a process of its own: the application's start on this ledger, and its memory."""
    began_s, began_mb = time.perf_counter(), _rss_mb()
    stage = Stage(0, SqliteLedger(Path(path)))
    found.put(time.perf_counter() - began_s)
    found.put(_rss_mb() - began_mb)
    stage.app.close()


def ended(row: Row) -> None:
    """Memory that ended Dreamscapes leave behind, and a start on their ledger."""
    context = multiprocessing.get_context("spawn")
    memory = Path("/dev/shm")  # the disk is not measured here
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for empty in (True, False):
            found: multiprocessing.Queue[float] = context.Queue()
            path = str(Path(folder) / ("empty" if empty else "ledger"))
            if not empty:
                child = context.Process(target=_end_many, args=(path, found))
                child.start()
                left_mb = found.get(timeout=500)
                child.join()
                row(f"{ENDED} Dreamscapes created and ended: memory", f"{left_mb:.1f} MB", "<= 20 MB")
            child = context.Process(target=_begin, args=(path, found))
            child.start()
            took_s, taken_mb = found.get(timeout=100), found.get(timeout=100)
            child.join()
            what = "an empty ledger" if empty else f"a ledger of {ENDED} ended"
            row(f"the application begins on {what}", f"{took_s:.2f} s", "<= 3 s")
            row(f"its memory on {what}", f"{taken_mb:.1f} MB", "")
