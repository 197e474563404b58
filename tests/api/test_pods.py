"""The Pods service, through the Python client."""

from contextlib import aclosing

import pytest

import dreamapi
from dreamapi.v1.pods_pb2 import Pod
from dreamapi.v1.severing_pb2 import Breaker
from dreamd.core.dreamscapes.views import PodState
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S, pod_view
from fakes.waiting import until


async def test_a_pod_is_shown_whole(api: dreamapi.Api) -> None:
    """Every field of the view arrives under its name, times and durations in their own types."""
    pod = await api.pods.get("bed-1")
    assert pod.name == "pods/bed-1"
    assert pod.state == Pod.STATE_IDLE
    assert pod.last_seen_time.ToNanoseconds() == int(NOW_S * 1e9)
    assert pod.calibration.clean_duration.ToMilliseconds() == 8500
    assert pod.clock.uncertainty.ToMicroseconds() == 250
    assert (pod.breaker.name, pod.breaker.state) == ("breakers/pods/bed-1", Breaker.STATE_CLOSED)
    assert [(c.name, c.cause) for c in pod.channels] == [("Fp1", ""), ("O1", "high frequency")]
    assert (pod.sleeper, pod.dreamscape, pod.seat) == ("", "", "")


async def test_names_of_sleeper_and_seat_are_resource_names(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A seated pod names its sleeper, Dreamscape and seat."""
    application.fleet["bed-1"] = pod_view(
        "bed-1", state=PodState.SEATED, sleeper="ada", dreamscape="first", seat=3
    )
    pod = await api.pods.get("pods/bed-1")
    assert (pod.sleeper, pod.dreamscape) == ("sleepers/ada", "dreamscapes/first")
    assert pod.seat == "dreamscapes/first/seats/3"


async def test_check_in_passes_pseudonym_and_etag(application: FakeCoordination, api: dreamapi.Api) -> None:
    """Check-in passes bare ids to the application; the answer has the new etag."""
    pod = await api.pods.check_in("bed-1", "ada", etag="e1")
    assert application.calls[-1] == ("check_in", "bed-1", "ada", "e1")
    assert (pod.sleeper, pod.etag) == ("sleepers/ada", "e2")


async def test_an_edit_on_an_old_view_is_refused(api: dreamapi.Api) -> None:
    """A stale etag raises StaleEtag, and the pod stays as it was."""
    with pytest.raises(dreamapi.StaleEtag, match="read it again"):
        await api.pods.check_in("bed-1", "ada", etag="e0")
    assert (await api.pods.get("bed-1")).sleeper == ""


async def test_check_out_and_release(application: FakeCoordination, api: dreamapi.Api) -> None:
    """Check-out and release work with and without a reason."""
    assert (await api.pods.check_out("bed-1")).sleeper == ""
    outcome = await api.pods.release("bed-2")
    assert (outcome.zeroed, outcome.confirmed, list(outcome.unconfirmed)) == (1, 1, [])
    await api.pods.release("bed-2", reason="  wants\nto leave " + "x" * 1000)
    reason = application.calls[-1][2]
    assert isinstance(reason, str)
    assert reason.startswith("wants to leave x")
    assert len(reason) == 500


async def test_a_list_is_whole_however_many_pages_it_has(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """The client follows the pages: 1,201 pods are three of them."""
    application.fleet = {f"bed-{n:04}": pod_view(f"bed-{n:04}") for n in range(1201)}
    listed = await api.pods.list()
    assert [pod.name for pod in listed] == [f"pods/bed-{n:04}" for n in range(1201)]
    assert sum(call == ("pods",) for call in application.calls) == 3


async def test_watching_pods_begins_with_all_and_goes_on_with_changes(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A watch begins with all pods; of a pod that changed several times only the newest view is sent."""
    async with aclosing(api.pods.watch()) as watch:
        first = [await anext(watch) for _ in range(3)]
        assert {pod.name for pod in first} == {"pods/bed-1", "pods/bed-2", "pods/bed-3"}
        application.change("bed-2", quality=0.5)
        application.change("bed-2", quality=0.7)
        changed = await anext(watch)
        assert (changed.name, changed.quality) == ("pods/bed-2", 0.7)


async def test_a_watch_that_is_left_is_closed(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A watch that its watcher leaves is closed at the application."""
    async with aclosing(api.pods.watch()) as watch:
        await anext(watch)
        assert len(application.pod_watches) == 1
    await until(lambda: not application.pod_watches)


async def test_a_large_fleet_is_watched_in_parts(application: FakeCoordination, api: dreamapi.Api) -> None:
    """The first view of 1,100 pods arrives whole, though a message holds at most 500."""
    application.fleet = {f"bed-{n}": pod_view(f"bed-{n}") for n in range(1100)}
    async with aclosing(api.pods.watch()) as watch:
        seen = {(await anext(watch)).name for _ in range(1100)}
    assert len(seen) == 1100
