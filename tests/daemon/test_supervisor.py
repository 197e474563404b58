"""The daemon's tasks and their shutdown, in virtual time."""

import asyncio
import math
from collections.abc import Sequence

import pytest

from dreamd.app.supervisor import (
    SLEEP_MAX_S,
    EternalTaskEndedError,
    Pulse,
    Step,
    StepFailed,
    drive,
    listen_for_lag,
    supervise,
)
from fakes.loop import run_virtual


async def _for_ever() -> None:
    await asyncio.Event().wait()


class _Account:
    """The actions in order, and the failed steps."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failed: list[StepFailed] = []
        self.stop = asyncio.Event()

    def step(self, name: str) -> Step:
        async def act() -> None:
            self.done.append(name)

        return Step(name, act, 1.0)

    def steps(self) -> Sequence[Step]:
        return (self.step("zero"), self.step("close"))


def test_a_signal_takes_the_steps_in_order_while_the_tasks_run() -> None:
    """On a signal the steps run in order; the tasks are cancelled after the last one."""

    async def main() -> list[str]:
        account = _Account()

        async def ticking() -> None:
            try:
                await _for_ever()
            finally:
                account.done.append("cancelled")

        asyncio.get_running_loop().call_later(5.0, account.stop.set)
        await supervise({"tick": ticking}, account.stop, account.steps, account.failed.append)
        return account.done

    assert run_virtual(main()) == ["zero", "close", "cancelled"]


def test_a_task_that_fails_is_raised_after_everyone_was_zeroed() -> None:
    """A task that fails ends the daemon by the same steps and is raised afterwards."""

    async def main() -> None:
        account = _Account()

        async def broken() -> None:
            raise ZeroDivisionError

        try:
            await supervise({"broken": broken, "other": _for_ever}, account.stop, account.steps, print)
        finally:
            assert account.done == ["zero", "close"]

    with pytest.raises(ZeroDivisionError) as raised:
        run_virtual(main())
    assert raised.value.__notes__ == ["in the task broken"]


def test_an_eternal_task_that_ends_is_an_error() -> None:
    """An eternal task that returns is an error."""

    async def main() -> None:
        account = _Account()

        async def polite() -> None:
            await asyncio.sleep(1.0)

        await supervise({"polite": polite}, account.stop, account.steps, print)

    with pytest.raises(EternalTaskEndedError, match="polite"):
        run_virtual(main())


def test_a_task_may_end_once_the_end_has_come() -> None:
    """A task that returns because a shutdown step closed it is no failure."""

    async def main() -> None:
        account = _Account()
        closed = asyncio.Event()

        async def link() -> None:
            await closed.wait()

        async def close() -> None:
            closed.set()
            await asyncio.sleep(0.1)

        account.stop.set()
        await supervise(
            {"link": link}, account.stop, lambda: (Step("close", close, 1.0),), account.failed.append
        )
        assert account.failed == []

    run_virtual(main())


def test_a_step_that_hangs_or_raises_does_not_keep_the_next() -> None:
    """Each step has its own deadline; a failed one is reported by name and does not stop the next."""

    async def main() -> float:
        account = _Account()

        async def raises() -> None:
            raise OSError

        account.stop.set()
        await supervise(
            {"tick": _for_ever},
            account.stop,
            lambda: (Step("hangs", _for_ever, 1.5), Step("raises", raises, 1.0), account.step("last")),
            account.failed.append,
        )
        assert account.done == ["last"]
        assert [failed.name for failed in account.failed] == ["hangs", "raises"]
        return asyncio.get_running_loop().time()

    assert math.isclose(run_virtual(main()), 1.5, abs_tol=0.01)


class _Grid:
    """Due every 250 ms of the loop's time; records its runs."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.next_s = 0.25
        self.ran_s: list[float] = []

    def now_s(self) -> float:
        return self.loop.time()

    def next_due_s(self) -> float:
        return self.next_s

    def run_due(self) -> None:
        if self.now_s() >= self.next_s:
            self.ran_s.append(self.now_s())
            self.next_s += 0.25


def test_the_tick_loop_meets_its_times_and_says_how_late() -> None:
    """Ten seconds of grid are forty runs, each within a millisecond of its time."""

    async def main() -> None:
        grid, pulse, late, done = _Grid(), Pulse(), list[float](), list[float]()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10.1):
                await drive(grid, grid, pulse, late.append, done.append)
        assert done == grid.ran_s
        assert len(grid.ran_s) == 40
        assert max(abs(at - 0.25 * (k + 1)) for k, at in enumerate(grid.ran_s)) < 1e-3
        assert len(late) == 40
        assert max(late) < 1e-3
        assert pulse.at_s > 10.0

    run_virtual(main())


def test_the_tick_loop_notices_what_has_moved_nearer() -> None:
    """A due time brought forward while the loop sleeps is met within SLEEP_MAX_S."""

    async def main() -> None:
        grid = _Grid()
        grid.next_s = 100.0
        grid.loop.call_later(1.0, lambda: setattr(grid, "next_s", 1.0))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.2):
                await drive(grid, grid, Pulse(), lambda _: None, lambda _: None)
        assert 1.0 <= grid.ran_s[0] <= 1.0 + SLEEP_MAX_S + 1e-3

    run_virtual(main())


def test_a_tick_that_does_not_get_on_is_not_done() -> None:
    """A tick that stays due for a hundred rounds of the loop is not reported as done."""

    class Stuck(_Grid):
        rounds = 0

        def run_due(self) -> None:
            stuck = self.now_s() >= 1.0 and self.rounds < 100
            self.rounds += stuck
            if not stuck:
                super().run_due()

    async def main() -> None:
        grid, done = Stuck(), list[float]()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.1):
                await drive(grid, grid, Pulse(), lambda _: None, done.append)
        assert grid.rounds == 100
        assert done == grid.ran_s
        assert len(done) == 8

    run_virtual(main())


def test_the_lag_of_the_loop_is_reported() -> None:
    """The loop's lag is 0 for a turn on time, and 0.4 s for one held up that long."""

    class _LoopClock:
        held_s = 0.0

        def now_s(self) -> float:
            return asyncio.get_running_loop().time() + self.held_s

    async def main() -> list[float]:
        clock, told = _LoopClock(), list[float]()
        listening = asyncio.ensure_future(listen_for_lag(clock, told.append))
        await asyncio.sleep(0.25)
        clock.held_s += 0.4
        await asyncio.sleep(0.2)
        listening.cancel()
        return told

    told = run_virtual(main())
    assert [round(late_s, 6) for late_s in told] == [0.0, 0.0, 0.4, 0.0]
