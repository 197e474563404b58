"""An ended Dreamscape is a row: its memory is freed, its name stays used, its views stay.

The garbage collector counts the objects: arrays of a Dreamscape hang on its `FrameTable` and `Fusion`.
"""

import gc
from dataclasses import replace

import pytest

from dreamd.app.dreamscapes.archive import UsedNames
from dreamd.app.dreamscapes.runtime import DreamscapeRuntime
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, DreamscapeView, Plan
from dreamd.core.limits import ENDED_KEPT, ENDED_KEPT_S, ENDED_SEATS_KEPT
from dreamd.core.refusals import Code, Refusal
from dreamd.fusion.collective import Fusion
from dreamd.fusion.frame_table import FrameTable
from dreamd.fusion.group_statistics import GroupStatistics
from dreamd.ports.ledger.dreamscapes import DreamscapeRecord
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.messages import PodEventKind, WakeScope
from fakes.callers import OPERATOR, named
from fakes.stage import START_S, Stage

HEAVY = (FrameTable, Fusion, GroupStatistics)


def held(*kinds: type) -> int:
    """The number of living objects of these kinds."""
    gc.collect()
    return sum(isinstance(one, kinds) for one in gc.get_objects())


def ended(stage: Stage) -> None:
    """Send every pod home and close the Dreamscape."""
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    for pod in stage.pods:
        pod.status()
    stage.hop(2)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.ENDED


def past(name: str, at_s: float) -> DreamscapeRecord:
    """A Dreamscape that ended at that time, as a ledger record."""
    return DreamscapeRecord(Plan(name, 3, 8), DreamscapeState.ENDED, at_s - 60.0, ended_s=at_s)


def test_one_that_only_gathers_holds_no_columns() -> None:
    """Planned and gathering Dreamscapes hold no arrays: these are made at Start."""
    stage, before = Stage(4), held(*HEAVY)
    stage.appear()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    stage.hop(4)
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.GATHERING
    assert held(*HEAVY) == before
    stage.app.dreamscapes.start(OPERATOR, "night")
    stage.hop(1)
    assert held(*HEAVY) > before


def test_one_that_has_ended_holds_nothing() -> None:
    """An ended one holds no columns, statistics or runtime; view, seats and history stay."""
    stage, before = Stage(4), held(*HEAVY, DreamscapeRuntime)
    stage.appear()
    stage.dream()
    seen = stage.app.dreamscapes.get("night")
    ended(stage)
    assert held(*HEAVY, DreamscapeRuntime) == before
    view = stage.app.dreamscapes.get("night")
    assert isinstance(seen, DreamscapeView)
    assert isinstance(view, DreamscapeView)
    assert (view.plan, view.created_s, view.term) == (seen.plan, seen.created_s, seen.term)
    assert [seat.pod for seat in view.seats] == [pod.name for pod in stage.pods]
    [listed] = stage.app.dreamscapes.list()
    assert listed == replace(view, seats=())
    breaker = stage.app.breakers.get("dreamscapes/night")
    assert not isinstance(breaker, Refusal)
    assert (breaker.state, breaker.cause) == (BreakerState.OPEN, "ended")
    assert [move.after for move in breaker.history] == [BreakerState.OPEN]
    assert "night" not in stage.meters.dreamscapes


@pytest.mark.parametrize("way", ["end", "wake"])
def test_one_that_ends_before_its_start_is_let_go_too(way: str) -> None:
    """One that ends in PLANNED or GATHERING is freed as well and leaves the metrics."""
    stage, before = Stage(4), held(*HEAVY, DreamscapeRuntime)
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    stage.app.dreamscapes.create(OPERATOR, Plan("dusk", 3, 8))
    dreamscapes = stage.app.dreamscapes
    dreamscapes.wake(named("mira"), "night", "") if way == "wake" else dreamscapes.end(OPERATOR, "night", "")
    stage.hop(1)
    dreamscapes.wake(named("mira"), "dusk", "") if way == "wake" else dreamscapes.end(OPERATOR, "dusk", "")
    stage.hop(1)
    assert [view.state for view in stage.app.dreamscapes.list()] == [DreamscapeState.ENDED] * 2
    assert held(*HEAVY, DreamscapeRuntime) == before
    assert stage.meters.dreamscapes == {}


def test_a_watch_of_an_ended_dreamscape_ends_and_holds_nothing() -> None:
    """An unread watcher of an ended one holds no columns; a new watch ends at once."""
    stage, before = Stage(4), held(*HEAVY)
    stage.appear()
    stage.dream()
    rung: list[int] = []
    watch = stage.app.dreamscapes.watch("night", lambda: rung.append(1))
    assert not isinstance(watch, Refusal)
    ended(stage)
    rung.clear()
    stage.hop(1)
    assert watch.ended
    assert watch.take() is None
    assert held(*HEAVY) == before
    late = stage.app.dreamscapes.watch("night", lambda: None)
    assert not isinstance(late, Refusal)
    assert (late.ended, late.take()) == (True, None)
    late.close()


def test_every_way_out_of_an_ended_dreamscape_is_valid() -> None:
    """Sever, wake, end, trip and a wake order are accepted; start and resume are refused with the state."""
    stage = Stage(4)
    stage.appear()
    stage.dream()
    ended(stage)
    for answer in (
        stage.app.dreamscapes.sever(OPERATOR, "night", ""),
        stage.app.dreamscapes.wake(named("mira"), "night", ""),
        stage.app.dreamscapes.end(OPERATOR, "night", ""),
    ):
        assert not isinstance(answer, Refusal)
        assert answer.settled
        assert answer.outcome().zeroed == 0
    assert not isinstance(stage.app.breakers.trip(named("mira"), "dreamscapes/night", ""), Refusal)
    ordered = stage.app.wake_orders.order(named("mira"), WakeScope.DREAMSCAPE, "night", "")
    assert not isinstance(ordered, Refusal)
    refused = [
        stage.app.dreamscapes.start(OPERATOR, "night"),
        stage.app.dreamscapes.resume(OPERATOR, "night"),
        stage.app.dreamscapes.lead(OPERATOR, "night"),
    ]
    refused.append(stage.app.dreamscapes.explain("night", "bed-1"))
    assert [one.code for one in refused if isinstance(one, Refusal)] == [Code.WRONG_STATE] * 4
    assert not isinstance(stage.app.house.watch_events(None, "night", lambda: None), Refusal)


def test_a_name_is_never_given_again() -> None:
    """A name is not reused while the row is kept, after a restart, or after the row is dropped."""
    stage = Stage(0)
    for number in range(3):
        stage.ledger.write(
            Transaction(dreamscapes=(past(f"long-ago-{number}", START_S - ENDED_KEPT_S - 60.0 + number),))
        )
    stage.restart()
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    stage.app.dreamscapes.end(OPERATOR, "night", "")
    for name in ("night", "long-ago-0", "long-ago-2"):
        refused = stage.app.dreamscapes.create(OPERATOR, Plan(name, 3, 8))
        assert isinstance(refused, Refusal)
        assert refused.code is Code.DREAMSCAPE_EXISTS
    stage.restart()
    assert isinstance(stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8)), Refusal)


def test_the_list_is_bounded_in_number_and_age_and_a_name_finds_its_row_for_ever() -> None:
    """The newest ended ones are listed; an older one is found in the ledger, and severed without it."""
    stage = Stage(0)
    for number in range(ENDED_KEPT + 5):
        stage.ledger.write(Transaction(dreamscapes=(past(f"n-{number}", START_S - 2000.0 + number),)))
    stage.ledger.write(Transaction(dreamscapes=(past("too-old", START_S - ENDED_KEPT_S - 1.0),)))
    stage.restart()
    listed = [view.plan.dreamscape for view in stage.app.dreamscapes.list()]
    assert listed == [f"n-{number}" for number in reversed(range(5, ENDED_KEPT + 5))]
    stage.app.dreamscapes.create(OPERATOR, Plan("newest", 3, 8))
    stage.app.dreamscapes.end(OPERATOR, "newest", "")
    stage.hop(1)
    listed = [view.plan.dreamscape for view in stage.app.dreamscapes.list()]
    assert listed == ["newest", *(f"n-{number}" for number in reversed(range(6, ENDED_KEPT + 5)))]
    found = stage.app.dreamscapes.get("too-old")
    assert isinstance(found, DreamscapeView)
    assert found.state is DreamscapeState.ENDED
    stage.ledger.broken = "the disk is gone"  # type: ignore[attr-defined] -- the ledger in memory
    assert not isinstance(stage.app.dreamscapes.sever(OPERATOR, "too-old", ""), Refusal)
    unread = stage.app.dreamscapes.get("too-old")
    assert isinstance(unread, Refusal)
    assert unread.code is Code.LEDGER_UNAVAILABLE
    stage.ledger.broken = ""  # type: ignore[attr-defined] -- the ledger in memory
    unknown = stage.app.dreamscapes.get("never")
    assert isinstance(unknown, Refusal)
    assert unknown.code is Code.DREAMSCAPE_UNKNOWN


def test_a_row_of_another_month_is_listed_no_more() -> None:
    """A row older than a month is not listed."""
    stage = Stage(0)
    stage.ledger.write(Transaction(dreamscapes=(past("too-old", START_S - ENDED_KEPT_S - 1.0),)))
    stage.ledger.write(Transaction(dreamscapes=(past("old", START_S - ENDED_KEPT_S + 60.0),)))
    stage.restart()
    assert [view.plan.dreamscape for view in stage.app.dreamscapes.list()] == ["old"]


def test_a_restart_takes_up_no_ended_one() -> None:
    """A restart makes runtimes only for Dreamscapes that have not ended."""
    stage = Stage(0)
    for number in range(300):
        stage.ledger.write(Transaction(dreamscapes=(past(f"n-{number}", START_S - 60.0),)))
    stage.app.dreamscapes.create(OPERATOR, Plan("night", 3, 8))
    before = held(DreamscapeRuntime)
    stage.restart()
    assert held(DreamscapeRuntime) == before
    assert len(list(stage.app.dreamscapes.list())) == 301


def test_seats_of_ended_ones_are_bounded_and_the_oldest_lose_theirs() -> None:
    """Seats of the oldest ended ones are dropped when newer ones need the room; the row stays."""
    stage = Stage(4)
    stage.appear()
    stage.dream()
    ended(stage)
    row = stage.app.registry.archive.rows()[0]
    crowd = replace(row.view, plan=Plan("crowd", 3, 8), seats=row.view.seats[:1] * (ENDED_SEATS_KEPT - 3))
    stage.app.registry.archive.put(replace(row, view=crowd))
    assert [len(one.view.seats) for one in stage.app.registry.archive.rows()] == [0, ENDED_SEATS_KEPT - 3]


def test_accounts_are_charged_before_they_are_closed() -> None:
    """The accounts stay open while the ledger fails; once it writes them, everything is freed."""
    stage, before = Stage(4), held(DreamscapeRuntime)
    stage.appear()
    stage.dream()
    stage.hop(60)
    stage.ledger.broken = "the disk is full"  # type: ignore[attr-defined] -- the ledger in memory
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    for pod in stage.pods:
        pod.status()
    stage.hop(4)
    assert len(stage.ledger.storage.merging) == 4  # type: ignore[attr-defined] -- the ledger in memory
    stage.ledger.broken = ""  # type: ignore[attr-defined] -- the ledger in memory
    stage.hop(4)
    assert stage.ledger.merging() == {}
    assert held(DreamscapeRuntime) == before


def test_a_late_word_of_one_that_was_put_away_is_written_down_under_its_name() -> None:
    """A late sever report of an ended Dreamscape is journaled under its name and counted."""
    stage = Stage(4)
    stage.appear()
    stage.dream()
    dreamt = stage.pods[0].assign
    ended(stage)
    stage.pods[0].assign = dreamt
    follower = stage.app.house.watch_events(None, "night", lambda: None)
    stage.pods[0].event(PodEventKind.SEVERED, "lease")
    assert not isinstance(follower, Refusal)
    told = follower.take(10)
    assert not isinstance(told, Refusal)
    assert [(one.kind, one.pod, one.cause) for one in told] == [("severed", "bed-1", "lease")]
    assert stage.meters.counts["severed:lease"] == 1


def test_ten_thousand_names_cost_eight_bytes_each() -> None:
    """Ten thousand names are numbers in one array, eight bytes each, found exactly."""
    names = UsedNames(tuple(f"night-{number}" for number in range(10_000)))
    names.add("night-10000")
    names.add("night-7")
    assert len(names._numbers) == 10_001
    assert names._numbers.itemsize == 8
    assert all(f"night-{number}" in names for number in (0, 7, 9_999, 10_000))
    assert "night-10001" not in names
