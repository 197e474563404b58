"""A pod's stored sever; a planned stop of the daemon is stored as the order it is."""

import pytest

from dreamedge.core.merging.effects import KeepSever
from dreamwire.messages import Release
from edge.merging import merged_bed
from fakes.edge import TERM, Bed


def zeroed() -> Bed:
    """A merged bed that the daemon has zeroed; the zero is stored."""
    bed = merged_bed()
    assert bed.hall is not None
    bed.hall.coupling = 0.0
    bed.say()
    assert bed.agent._merge.severed is not None
    return bed


def stored(bed: Bed) -> str:
    """The cause that is stored."""
    severed = bed.agent._merge.severed
    return severed.cause if severed is not None else ""


@pytest.mark.parametrize("before", [0, 1, 2])
def test_the_zero_of_a_planned_stop_is_stored_as_an_order(before: int) -> None:
    """A stored zero from the stop's first one on, in the same term, becomes the order `shutdown`."""
    bed = zeroed()
    assert bed.hall is not None
    effects = bed.order(Release("shutdown", TERM, bed.hall.tick - before))
    assert stored(bed) == "shutdown"
    kept = [effect.severed for effect in effects if isinstance(effect, KeepSever)]
    assert [sever.cause for sever in kept if sever] == ["shutdown"], "the disk has it too"
    bed.run(1.5, heard=False)
    assert bed.status is not None
    assert bed.status.severed is not None
    assert bed.status.severed.cause == "shutdown", "and the next daemon is told"


@pytest.mark.parametrize(
    ("term", "later"),
    [(0, 0), (TERM, 1), (TERM + 1, 0), (TERM - 1, 0)],
    ids=["by an older daemon", "zeroed before the stop", "a later term", "an earlier term"],
)
def test_any_other_zero_stays_what_it_was(term: int, later: int) -> None:
    """A release without a zero, or with another one, leaves the stored sever."""
    bed = zeroed()
    assert bed.hall is not None
    bed.order(Release("shutdown", term, bed.hall.tick + later))
    assert stored(bed) == "daemon"


def test_the_pods_own_fault_is_never_excused_by_a_stop() -> None:
    """A stored device fault stays stored through a planned stop."""
    bed = merged_bed()
    assert bed.hall is not None
    bed.source.hard = "nonfinite"
    bed.run(0.5)
    assert stored(bed) == "nonfinite"
    bed.order(Release("shutdown", TERM, 1))
    assert stored(bed) == "nonfinite"


def test_a_release_that_overtakes_the_zero_stores_nothing() -> None:
    """A pod that is released first stores nothing: a later zero finds no assignment."""
    bed = merged_bed()
    assert bed.hall is not None
    bed.order(Release("shutdown", TERM, bed.hall.tick + 1))
    bed.hall.coupling = 0.0
    bed.say()
    assert stored(bed) == ""
