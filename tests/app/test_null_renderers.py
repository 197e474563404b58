"""The beds that render nothing, counted over the fleet."""

from dataclasses import replace

from dreamd.app.fleet.statistics import FleetStatistics
from dreamd.core.dreamscapes.views import BreakerState
from fakes.words import presence, status


def test_only_occupied_heard_beds_with_a_null_renderer_are_counted() -> None:
    """A bed is counted while a sleeper lies in it, it is heard, and it reports `null`; then no more."""
    census, bed = FleetStatistics(), presence()
    null = replace(status(), renderer="null")
    counted = []
    for report, heard, used in (
        (null, True, False),
        (null, True, True),
        (null, False, True),
        (replace(null, renderer="sound"), True, True),
        (replace(null, renderer=""), True, True),
        (null, True, True),
    ):
        census.update_pod(bed, report, BreakerState.CLOSED, heard=heard, used=used)
        counted.append(census.rendering_nothing)
    assert counted == [0, 1, 0, 0, 0, 1]
    census.forget_pod(bed.pod)
    assert census.rendering_nothing == 0
