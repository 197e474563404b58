"""A wake is obeyed at any age and in any order; a copy of an answered one is not, restarts included."""

import json
from dataclasses import replace
from pathlib import Path

from dreamedge.adapters.pod_disk import PodDisk, unlatch
from dreamedge.core.agent import Restored
from dreamedge.core.merging.effects import KeepLatch, KeepWoken, WakeSleeper
from dreamedge.core.merging.obeyed_wakes import COMMAND, KEPT, ORDER, ObeyedWakes
from dreamwire.messages import Command, WakeOrder, WakePod, WakeScope
from edge.merging import assert_zero_first, merged_bed
from fakes.edge import Bed

WAKE = WakePod("morning", "an operator")
ORDER_9 = WakeOrder("w9", 9, WakeScope.FLEET, "", "an advocate", "smoke", 1, lifted=False)


def rebooted(bed: Bed, *, latched: str = "") -> Bed:
    """The same pod after a restart, with what its disk had."""
    again = Bed(restored=Restored(latched=latched, woken=bed.agent._orders.woken_by.kept))
    again.counter = bed.counter
    again.run(1.0)
    return again


def woken(bed: Bed) -> bool:
    """Whether the pod is latched by a wake."""
    return bed.agent._merge.latched == "wake"


def hear(bed: Bed, command: Command) -> list[object]:
    """Deliver a command, perhaps again."""
    return list(bed.take(bed.agent.command(command, bed.now_ns)))


def test_a_recorded_wake_command_is_not_obeyed_again_after_a_restart() -> None:
    """After latch, unlatch and restart a copy of the wake command is answered and wakes no sleeper."""
    bed = merged_bed()
    recorded = bed.command(WAKE)
    effects = hear(bed, recorded)
    assert_zero_first(effects)
    kinds = [type(effect) for effect in effects]
    assert kinds.index(KeepLatch) < kinds.index(KeepWoken), "the list is kept after zero and latch"
    bed.agent.unlatch(bed.now_ns)
    again = rebooted(bed)
    effects = hear(again, recorded)
    assert not woken(again)
    assert not any(isinstance(effect, WakeSleeper) for effect in effects)
    assert again.status is not None
    assert [(o.counter, o.refused) for o in again.status.outcomes] == [(recorded.counter, "")]


def test_a_wake_that_never_arrived_is_obeyed_however_old_its_counter_is() -> None:
    """A wake that never arrived is obeyed however old its counter: no lower limit applies."""
    bed = merged_bed()
    late = bed.command(WAKE)
    hear(bed, bed.command(WAKE))
    bed.agent.unlatch(bed.now_ns)
    again = rebooted(bed)
    hear(again, late)
    assert woken(again)


def test_while_the_latch_holds_a_copy_changes_nothing_and_after_it_the_daemon_wakes_anew() -> None:
    """While the latch holds a copy changes nothing; a later wake has another counter and is obeyed."""
    bed = merged_bed()
    recorded = bed.command(WAKE)
    hear(bed, recorded)
    again = rebooted(bed, latched="wake")
    hear(again, recorded)
    assert woken(again)
    again.agent.unlatch(again.now_ns)
    hear(again, recorded)
    assert not woken(again)
    hear(again, again.command(WAKE))
    assert woken(again)


def test_a_copy_of_a_retained_wake_order_only_bars_an_assign() -> None:
    """A copy of a cleared retained order wakes no sleeper after a restart; a newer revision does."""
    bed = merged_bed()
    bed.take(bed.agent.wake_order(ORDER_9, bed.now_ns))
    assert woken(bed)
    bed.agent.unlatch(bed.now_ns)
    again = rebooted(bed)
    again.take(again.agent.wake_order(ORDER_9, again.now_ns))
    assert not woken(again)
    again.seat()
    assert again.agent._merge.assigned is None, "the order stands, as far as this pod knows"
    again.take(again.agent.wake_order(replace(ORDER_9, revision=10), again.now_ns))
    assert woken(again)


def test_the_list_is_bounded_and_the_oldest_goes() -> None:
    """The list is bounded and drops its oldest, which may then wake once more: the safe side."""
    wakes = ObeyedWakes()
    for number in range(KEPT + 1):
        wakes.obeyed((COMMAND, number))
    wakes.cleared()
    assert len(wakes.kept) == KEPT
    assert not wakes.replayed((COMMAND, 0))
    assert wakes.replayed((COMMAND, KEPT))


def test_the_disk_keeps_the_wakes_and_an_unlatch_without_the_agent_clears_them(tmp_path: Path) -> None:
    """An unlatch while no agent runs clears the stored wakes too; a torn file is an empty list."""
    disk = PodDisk(tmp_path / "bed-1", 1)
    disk.latch("wake")
    disk.woken(((COMMAND, 2**63), (ORDER, 9)))
    assert disk.close()
    kept = PodDisk(tmp_path / "bed-1", 2)
    assert (kept.kept.latched, kept.kept.woken) == ("wake", ((COMMAND, 2**63), (ORDER, 9)))
    kept.close()
    assert unlatch(tmp_path / "bed-1")
    kept = PodDisk(tmp_path / "bed-1", 3)
    restored = ObeyedWakes(kept.kept.woken, latched=bool(kept.kept.latched))
    assert restored.replayed((COMMAND, 2**63))
    kept.close()
    for torn in ("{", json.dumps([["command"]]), json.dumps(7)):
        (tmp_path / "bed-1" / "woken.json").write_text(torn)
        kept = PodDisk(tmp_path / "bed-1", 4)
        assert kept.kept.woken == ()
        kept.close()
