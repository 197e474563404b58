"""A tick is encoded once for all watchers of the same view, in slices, within a budget."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

from dreamapi.v1.dreamscapes_pb2 import Collective
from dreamd.adapters.grpc.calls.streams import AT_ONCE, ChangeSignal, ChangeSignals
from dreamd.adapters.grpc.servicers import responses
from dreamd.adapters.grpc.servicers.shared_ticks import SLICE, SharedTick, Ticks
from dreamd.app.events.watcher_budget import WatcherBudget
from dreamd.core.dreamscapes.views import CollectiveView
from fakes.loop import run_virtual
from fakes.views import collective_view

SEATS = 3 * SLICE + 1


class _Purse:
    """A budget of a fifth; the test advances its clock and its use."""

    def __init__(self) -> None:
        self.now_s = self.used_s = 0.0
        self.budget = WatcherBudget(lambda: self.now_s, lambda: self.used_s, share=0.2)


def whole(view: CollectiveView, *, with_seats: bool = True) -> Collective:
    """The message as one piece."""
    message = responses.collective(view)
    if with_seats:
        message.seats.extend(responses.seat(view.dreamscape, one) for one in view.seats)
    message.skipped = view.skipped
    return message


async def test_many_watchers_cost_one_encoding() -> None:
    """Each watcher gets the whole message with its own count of missed ticks; one encoding serves all."""
    shared = SharedTick(_Purse().budget, with_seats=True)
    views = [replace(collective_view("n", 1, SEATS), skipped=number % 3) for number in range(50)]
    sent = await asyncio.gather(*(shared.encoded(view) for view in views))
    assert shared.encodings == 1
    assert [Collective.FromString(one) for one in sent] == [whole(view) for view in views]
    assert sent[0] is sent[3]
    later = collective_view("n", 2, SEATS)
    assert Collective.FromString(await shared.encoded(later)) == whole(later)
    assert shared.encodings == 2


async def test_the_loop_goes_round_between_slices() -> None:
    """Between two slices the loop serves other work, however many seats there are."""
    shared = SharedTick(_Purse().budget, with_seats=True)
    encoding = asyncio.ensure_future(shared.encoded(collective_view("n", 1, SEATS)))
    turns = 0
    while not encoding.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= SEATS // SLICE


async def test_a_watcher_that_leaves_in_the_middle_spoils_nothing() -> None:
    """If the encoding watcher leaves, a waiting one encodes the tick itself."""
    shared, view = SharedTick(_Purse().budget, with_seats=True), collective_view("n", 1, SEATS)
    first, second = (asyncio.ensure_future(shared.encoded(view)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert Collective.FromString(await second) == whole(view)


async def test_without_seats_none_are_made() -> None:
    """Without seats no seat is made: a watcher of ten thousand sleepers costs as much as one of ten."""

    class Untouchable(Sequence[object]):
        def __getitem__(self, at: object) -> object:
            raise AssertionError("a seat was looked at")

        def __len__(self) -> int:
            raise AssertionError("the seats were counted")

    view = replace(collective_view("n", 1), seats=Untouchable())  # type: ignore[arg-type]
    sent = await SharedTick(_Purse().budget, with_seats=False).encoded(view)
    assert Collective.FromString(sent) == whole(view, with_seats=False)


def test_a_form_is_kept_while_it_is_watched() -> None:
    """Watchers of the same view share it; with and without seats are two; an unwatched one is dropped."""
    ticks = Ticks(_Purse().budget)
    with ticks.shared("n", with_seats=True) as one, ticks.shared("n", with_seats=True) as two:
        assert one is two
        with ticks.shared("n", with_seats=False) as bare:
            assert bare is not one
    with ticks.shared("n", with_seats=True) as later:
        assert later is not one


def test_an_overspent_budget_is_paid_back_at_the_share() -> None:
    """The budget holds one tick at first and at most; a second overspent takes five to pay back."""
    purse = _Purse()
    purse.budget.spend(0.05)
    assert purse.budget.wait_s() == 0.0
    purse.budget.spend(1.0)
    assert abs(purse.budget.wait_s() - 5.0) < 1e-9
    purse.now_s = 100.0
    purse.budget.spend(0.05)
    assert purse.budget.wait_s() == 0.0
    with purse.budget.spending():
        purse.used_s += 0.1
    assert abs(purse.budget.wait_s() - 0.5) < 1e-9


class _Hall:
    """Watchers that record their turns; each turn uses `cost_s`."""

    def __init__(self, bells: ChangeSignals, count: int, turn: Callable[[], None] = lambda: None) -> None:
        self.turns: list[int] = []
        self.group = [self._attend(bells, number, turn) for number in range(count)]
        self.bells: dict[int, ChangeSignal] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def _attend(self, bells: ChangeSignals, number: int, turn: Callable[[], None]) -> None:
        with bells.bell() as bell:
            self.bells[number] = bell
            while True:
                await bell.heard()
                self.turns.append(number)
                turn()

    async def __aenter__(self) -> Self:
        self.tasks = [asyncio.ensure_future(one) for one in self.group]
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def ring(self) -> None:
        """Close a tick."""
        for bell in self.bells.values():
            bell.ring()


async def rounds(count: int) -> None:
    """Let the event loop run."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_tick_wakes_its_watchers_a_few_at_a_time() -> None:
    """Watchers are woken a few at a time with calls in between; each gets its turn, in order."""
    async with _Hall(ChangeSignals(_Purse().budget), 10 * AT_ONCE) as hall:
        hall.ring()
        most, before = 0, 0
        for _ in range(100):
            await asyncio.sleep(0)
            most, before = max(most, len(hall.turns) - before), len(hall.turns)
        assert most == AT_ONCE
        assert hall.turns == list(range(10 * AT_ONCE))


def test_watchers_beyond_the_budget_wait_and_come_first_next_time() -> None:
    """Watchers beyond the budget wait and come first next time.

    In virtual time eight turns of 50 ms use 0.4 s, so the next eight wait for 1.75 s.
    """

    async def night() -> None:
        loop, used = asyncio.get_running_loop(), [0.0]
        heard_s: list[float] = []

        def turn() -> None:
            used[0] += 0.05
            heard_s.append(loop.time())

        bells = ChangeSignals(WatcherBudget(loop.time, lambda: used[0], share=0.2))
        async with _Hall(bells, 2 * AT_ONCE, turn) as hall:
            for _ in range(40):  # ten seconds of ticks
                hall.ring()
                await asyncio.sleep(0.25)
            assert hall.turns[: 4 * AT_ONCE] == 2 * list(range(2 * AT_ONCE))
            assert heard_s[AT_ONCE - 1] < 0.1
            assert 1.6 < heard_s[AT_ONCE] < 2.0
            assert used[0] <= 0.2 * 10.0 + 8 * 0.05

    run_virtual(night())


async def test_the_signal_of_a_watcher_that_left_is_skipped() -> None:
    """A signal of a watcher that has left is skipped at once."""
    bells = ChangeSignals(_Purse().budget)
    async with _Hall(bells, 3) as hall:
        hall.ring()
        hall.tasks[1].cancel()
        await rounds(10)
        assert hall.turns == [0, 2]
    assert len(bells) == 0
