"""A silent pod is shown as not known: never as healthy, never as at fault."""

from math import isnan

import pytest

from dreamd.core.dreamscapes.views import DreamscapeState, PodState, SeatState
from dreamd.ports.metrics import FleetMetrics
from fakes.callers import OPERATOR
from fakes.stage import Stage

HOPS_TO_SILENCE = 8
"""Two seconds: lease and fade, and a hop or two."""


def dreaming(pods: int = 6) -> Stage:
    """All pods dream and report their couplings."""
    stage = Stage(pods)
    stage.appear()
    stage.app.inbound.on_link(up=True)
    stage.dream()
    for pod in stage.pods:
        pod.applied = 0.098
    stage.hop(8)
    return stage


def silence(stage: Stage, *numbers: int) -> None:
    """Silence these pods without a will; two seconds pass."""
    for number in numbers or range(1, len(stage.pods) + 1):
        stage.pods[number - 1].sends = False
    stage.hop(HOPS_TO_SILENCE)


def fleet(stage: Stage) -> FleetMetrics:
    """The newest fleet metrics."""
    assert stage.meters.now is not None
    return stage.meters.now


def test_a_heard_pod_shows_its_numbers_and_their_age() -> None:
    """A heard pod shows coupling, quality and clock, with an age below 1.5 s."""
    stage = dreaming()
    view = stage.app.pods.get("bed-1")
    assert (view.state, view.clock_synced) == (PodState.SEATED, True)
    assert view.applied == pytest.approx(0.098)
    assert view.heard
    assert 0.0 <= view.heard_age_s < 0.5
    assert view.last_heard_s == pytest.approx(stage.clock.at_s - view.heard_age_s)


def test_a_silent_pod_shows_no_number_in_any_view() -> None:
    """After 1.5 s coupling, quality, channels and clock are not known, and the silence has an age."""
    stage = dreaming()
    silence(stage, 1)
    view = stage.app.pods.get("bed-1")
    assert view.state is PodState.UNHEARD
    assert isnan(view.applied)
    assert isnan(view.quality)
    assert (view.channels, view.quality_cause, view.clock_synced) == ((), "", False)
    assert view.heard_age_s > 1.5
    seat = next(s for s in stage.app.dreamscapes.get("night").seats if s.pod == "bed-1")
    assert isnan(seat.applied)
    assert isnan(seat.quality)
    assert not seat.heard
    others = [s for s in stage.app.dreamscapes.get("night").seats if s.pod != "bed-1"]
    assert all(s.heard and s.applied > 0.0 for s in others)


def test_a_pod_that_was_never_heard_has_no_age() -> None:
    """A presence alone, as the broker retains it, is no message of the pod: it has no age."""
    stage = Stage(1)
    stage.pods[0].presence()
    view = stage.app.pods.get("bed-1")
    assert isnan(view.applied)
    assert (view.last_heard_s, view.heard) == (0.0, False)


def test_delayed_frames_keep_their_age() -> None:
    """Frames four a second, each three seconds late, are three seconds old: not known."""
    stage = dreaming()
    late = stage.pods[0]
    late.sends = False
    stage.hop(12)
    seat = next(s for s in stage.app.dreamscapes.get("night").seats if s.pod == "bed-1")
    assert not seat.heard
    assert seat.heard_age_s > 2.5


def test_a_status_that_was_long_on_its_way_is_as_old_as_it_is() -> None:
    """Statuses written three seconds before they came leave the bed unheard, though messages arrive."""
    stage = Stage(1)
    stage.appear()
    stage.hop(4)
    assert stage.app.pods.get("bed-1").heard
    for _ in range(3):
        stage.hop(4, statuses=False)
        stage.pods[0].status(written_s=stage.clock.at_s - 3.0)
    view = stage.app.pods.get("bed-1")
    assert (view.state, view.clock_synced) == (PodState.UNHEARD, False)
    assert view.heard_age_s == pytest.approx(3.0, abs=0.1)
    stage.hop(1, statuses=False)
    assert (fleet(stage).online, fleet(stage).unheard) == (0, 1)


def test_counts_leave_out_the_silent_and_say_how_many_they_are() -> None:
    """Of six pods two are silent: four merged, two not known, in view, tick and metrics."""
    stage = dreaming()
    silence(stage, 1, 2)
    view = stage.app.dreamscapes.get("night")
    assert (view.merged, view.unheard, view.assigned) == (4, 2, 6)
    assert (fleet(stage).online, fleet(stage).unheard) == (4, 2)
    assert stage.meters.dreamscapes["night"].unreachable == 2


def test_with_the_broker_lost_nothing_is_known_of_any_pod() -> None:
    """With the broker lost no pod is online or merged, and the over-rendering metric is NaN."""
    stage = dreaming()
    stage.app.inbound.on_link(up=False)
    silence(stage)
    assert fleet(stage).online == 0
    assert fleet(stage).unheard == 6
    assert isnan(fleet(stage).above_granted)
    view = stage.app.dreamscapes.get("night")
    assert (view.merged, view.unheard) == (0, 6)
    assert all(isnan(seat.applied) for seat in view.seats)
    house = stage.app.house.overview()
    assert (house.broker, house.blind, house.unheard) == (False, ("night",), 6)
    assert len(house.troubles) == 2


def test_one_message_makes_a_silent_pod_known_again() -> None:
    """One message makes a silent pod known again."""
    stage = dreaming()
    stage.app.inbound.on_link(up=False)
    silence(stage)
    stage.app.inbound.on_link(up=True)
    for pod in stage.pods:
        pod.applied = 0.0
        pod.back()
    stage.hop(8)
    assert (fleet(stage).online, fleet(stage).unheard, fleet(stage).above_granted) == (6, 0, 0)
    assert all(seat.heard for seat in stage.app.dreamscapes.get("night").seats)
    assert stage.app.house.overview().troubles == ()


def test_watchers_hear_of_a_pod_that_falls_silent() -> None:
    """Watchers get a pod's view once more when it falls silent, without its numbers."""
    stage = dreaming()
    changed: list[int] = []
    watch = stage.app.pods.watch(lambda: changed.append(1))
    stage.pods[0].sends = False
    stage.hop(4)
    watch.take()
    changed.clear()
    stage.hop(4)
    views = {view.pod: view for view in watch.take()}
    assert isnan(views["bed-1"].applied)
    assert views["bed-1"].state is PodState.UNHEARD


def test_a_site_of_silent_pods_has_no_quality() -> None:
    """The mean quality of a site without heard pods is NaN."""
    stage = dreaming()
    silence(stage)
    assert stage.meters.sites["here"].pods == 0
    assert isnan(stage.meters.sites["here"].quality)


def test_a_bed_seated_elsewhere_is_not_merged_in_a_left_seat() -> None:
    """A bed that dreams elsewhere is not merged in the Dreamscape it has left."""
    stage = dreaming()
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    stage.hop(4)
    for pod in stage.pods:
        stage.app._deps.fleet.get(pod.name).dreamscape = "other"
        pod.applied = 0.09
    stage.hop(4)
    view = stage.app.dreamscapes.get("night")
    assert view.state is DreamscapeState.ENDED
    assert all(seat.state is SeatState.LEFT and isnan(seat.applied) for seat in view.seats)


def test_a_ledger_that_cannot_be_written_is_reported_until_it_can() -> None:
    """The house shows an unwritable ledger with its reason until a write succeeds; a read changes nothing."""
    stage = dreaming()
    stage.ledger.broken = "the ledger /var/lib/dreamd/ledger.sqlite3 could not be used (disk is full)"
    stage.hop(60)
    house = stage.app.house.overview()
    assert "disk is full" in house.ledger
    assert any("disk is full" in sentence for sentence in house.troubles)
    told = [event for event in stage.app.journal._events if event.kind == "ledger-write-failed"]
    assert told[0].reason == stage.ledger.broken
    stage.ledger.broken = ""
    stage.app.pods.check_out(OPERATOR, "bed-1")
    assert stage.app.house.overview().ledger == ""
