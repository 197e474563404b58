"""Work beside the daemon's thread: one at a time, with its result on the loop."""

import asyncio
import threading

from dreamd.adapters.worker_thread import ThreadAside
from fakes.waiting import until


async def test_work_runs_on_another_thread_and_reports_on_the_loop() -> None:
    """Work runs on another thread, one at a time, and its result arrives on the loop."""
    aside, go, told = ThreadAside(), threading.Event(), []

    def work() -> int:
        go.wait(2.0)
        return threading.get_ident()

    aside.do(work, lambda where: told.append((where, threading.get_ident())))
    assert not aside.free
    go.set()
    await until(lambda: told)
    ((worked, heard),) = told
    assert worked != threading.get_ident()
    assert heard == threading.get_ident()
    assert aside.free
    aside.close()


async def test_a_bug_in_the_work_is_reported_and_blocks_nothing() -> None:
    """A bug in the work reaches the loop's exception handler, and the next work runs."""
    aside, wrong, told = ThreadAside(), [], []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: wrong.append(context))
    aside.do(lambda: 1 // 0, told.append)
    await until(lambda: wrong)
    assert isinstance(wrong[0]["exception"], ZeroDivisionError)
    aside.do(lambda: 7, told.append)
    await until(lambda: told == [7])
    aside.close()
