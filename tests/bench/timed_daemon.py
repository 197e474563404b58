"""`python tests/bench/timed_daemon.py FILE ...`: `dreamd ...` that keeps the cost of its ticks and admissions.

At its end FILE gets one JSON array a line: a tick's ["tick", CLOCK_BOOTTIME s, wall s, CPU s], and an
admission's ["admitted", the same]. CPU is the thread's own. Nothing else is changed.
"""

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.app.application import Application
from dreamd.main import main

kept: list[tuple[str, float, float, float]] = []


def timed(owner: type, method: str, kind: str, counts: Callable[[Any], object]) -> None:
    """Keep the cost of each call of this method that changes what `counts` returns of its object."""
    inner: Callable[..., Any] = getattr(owner, method)

    @functools.wraps(inner)
    def outer(self: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 -- as the method
        before, began_ns, used_ns = counts(self), time.perf_counter_ns(), time.thread_time_ns()
        try:
            return inner(self, *given, **named)
        finally:
            used_s = (time.thread_time_ns() - used_ns) / 1e9
            took_s = (time.perf_counter_ns() - began_ns) / 1e9
            if counts(self) != before:
                kept.append((kind, time.clock_gettime(time.CLOCK_BOOTTIME), took_s, used_s))

    setattr(owner, method, outer)


timed(Application, "run_due", "tick", lambda application: application._closed)
timed(Admission, "admitted", "admitted", lambda _admission: object())
path = Path(sys.argv[1])
try:
    status = main(sys.argv[2:])
finally:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in kept))
sys.exit(status)
