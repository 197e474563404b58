"""The tasks of the daemon, by name, and their end: the only asyncio in the application.

Rules. No anonymous task: every task stands in one table and is owned by one TaskGroup. The tasks are eternal,
so one that returns early is as much a failure as one that raises. Every end, by a signal or by a failure,
takes one path: the shutdown steps in the order written, each with its own deadline, while the tasks still run
(a sleeper on the way home needs the tick and the link); only then are the tasks cancelled. So a bug in one
task still zeroes every sleeper before the process ends. `steadily` keeps a task's own bug from being a
failure: the task is restarted, and only one that fails again and again is given up.

`drive` is the tick loop: sleep until work is due, do it, report how late it was, and that it was done.
`listen_for_lag` asks the event loop for a turn at its own times, and reports how late each came.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from dreamd.ports.clock import SessionClock

SLEEP_MAX_S: Final = 0.05
"""An API call may make work due while the loop sleeps; it checks again this often."""

RESTART_AFTER_S: Final = 0.05
RESTARTS_MAX: Final = 10
RESTARTS_WITHIN_S: Final = 60.0

LAG_EVERY_S: Final = 0.1
"""Time between two turns of `listen_for_lag`."""

Task = Callable[[], Coroutine[Any, Any, None]]


class EternalTaskEndedError(Exception):
    """A task that must run for ever has returned."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the shutdown; after `within_s` the next one starts anyway."""

    name: str
    act: Callable[[], Awaitable[None]]
    within_s: float


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step that raised or ran out of time; the steps after it still ran."""

    name: str
    error: Exception


async def supervise(
    tasks: Mapping[str, Task],
    stop: asyncio.Event,
    shutdown: Callable[[], Sequence[Step]],
    failed: Callable[[StepFailed], None],
) -> None:
    """Run the tasks until `stop` is set or one of them ends, then shut down in order.

    Args:
        tasks: eternal tasks by name.
        stop: set by a signal.
        shutdown: returns the steps; called once at the end.
        failed: called with every step that failed.

    Raises:
        EternalTaskEndedError: a task returned.
        Exception: the error of a task, after everything has been shut down.
    """
    failures: list[Exception] = []

    async def watched(name: str, task: Task) -> None:
        try:
            await task()
            if not stop.is_set():
                failures.append(EternalTaskEndedError(f"the task {name} has ended"))
        except Exception as error:  # noqa: BLE001 -- raised again below, once everyone is home
            error.add_note(f"in the task {name}")
            failures.append(error)
        stop.set()

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(watched(name, task), name=name) for name, task in tasks.items()]
        try:
            await stop.wait()
        finally:
            for step in shutdown():
                await _take(step, failed)
            for one in running:
                one.cancel()
    if failures:
        raise failures[0]


async def _take(step: Step, failed: Callable[[StepFailed], None]) -> None:
    try:
        async with asyncio.timeout(step.within_s):
            await step.act()
    except Exception as error:  # noqa: BLE001 -- a step that fails must not keep the next from being taken
        failed(StepFailed(step.name, error))


async def steadily(
    task: Task, failed: Callable[[Exception], None], *, fatal: type[Exception] = EternalTaskEndedError
) -> None:
    """Run an eternal task, and restart it RESTART_AFTER_S after it raised.

    failed: called with each bug. One of the kind `fatal`, or more than RESTARTS_MAX within RESTARTS_WITHIN_S,
    are raised.
    """
    loop = asyncio.get_running_loop()
    lately_s: deque[float] = deque(maxlen=RESTARTS_MAX)
    while True:
        try:
            return await task()
        except fatal:
            raise
        except Exception as error:
            failed(error)
            if len(lately_s) == RESTARTS_MAX and loop.time() - lately_s[0] < RESTARTS_WITHIN_S:
                raise
        lately_s.append(loop.time())
        await asyncio.sleep(RESTART_AFTER_S)


class Due(Protocol):
    """The work that the tick loop drives."""

    def next_due_s(self) -> float:
        """Session time of the next due work."""
        ...

    def run_due(self) -> None:
        """Do all work due by now."""
        ...


@dataclass(slots=True)
class Pulse:
    """The last turn of the tick loop, in session seconds; the health checks' thread reads it."""

    at_s: float = 0.0


async def drive(
    due: Due,
    clock: SessionClock,
    pulse: Pulse,
    late: Callable[[float], None],
    done: Callable[[float], None],
) -> None:
    """Run `due` for ever, at its times.

    `late` is called with the seconds by which each time was missed. `done` is called with the time whenever
    due work is done and the next lies later: a loop that runs without progress reports nothing.
    """
    while True:
        due_s = due.next_due_s()
        wait_s = due_s - clock.now_s()
        await asyncio.sleep(min(max(wait_s, 0.0), SLEEP_MAX_S))
        pulse.at_s = now_s = clock.now_s()
        if now_s >= due_s:
            late(now_s - due_s)
        due.run_due()
        if now_s >= due_s and due.next_due_s() > due_s:
            done(now_s)


async def listen_for_lag(clock: SessionClock, late: Callable[[float], None]) -> None:
    """Ask for a turn for ever; `late` is called with the delay of each, in seconds."""
    while True:
        due_s = clock.now_s() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        late(max(0.0, clock.now_s() - due_s))
