"""Every field of a pod reaches every place that shows a pod, or is named here with the reason why not.

A field is changed to another value of its type, and the place must show a difference. So a field that is
added and forgotten in a place fails here, without a line in this file.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from enum import Enum
from math import isfinite

import pytest
from rich.console import Console

from dreamd.adapters.grpc.servicers import responses
from dreamd.app.fleet.registry import PodRegistry
from dreamd.cli.printing import tables
from dreamd.console.shapes import pod_shape
from dreamd.core.dreamscapes.views import REPORTED, BreakerState, ChannelView, PodView
from dreamd.core.safety.breaker import Breaker
from dreamwire.messages import (
    Calibration,
    CalibrationSource,
    ChannelState,
    ClockState,
    CommandOutcome,
    Status,
    StoredSever,
)
from fakes.views import pod_view
from fakes.words import presence, status

NOW_S = 1_800_000_000.0

NOT_IN_THE_VIEW = {
    "assignment": "the daemon's own seat and Dreamscape are shown; the number is a secret of the wire",
    "severed": "it opens the breaker, which is shown",
    "outcomes": "answers to commands, for the queue of commands alone",
    "load_cpu": "the load of the agent's host is shown by that host's own monitoring",
    "load_rss_kib": "as load_cpu",
    "refused_broadcasts": "counted and logged at the pod",
    "recording_ended": "the pod leaves by it, which is an event",
    "log_contradiction": "of the daemon: its journal names the bed, and a gauge counts it",
    "vital": "how the status was sent; the daemon completes it",
}
NOT_IN_THE_CONSOLE = {
    "schema": "the same for all beds of a Dreamscape",
    "software": "for the administration of beds: dreamd pods get --json",
    "wire": "for the administration of beds: dreamd doctor",
    "sleeper": "the console shows it with the seat",
    "dreamscape": "the console looks at the bed from within a Dreamscape",
    "seat": "as dreamscape",
    "quality": "the console shows it with the seat, from the newest frame",
    "applied": "as quality",
    "calibration_source": "for the set-up of a bed: dreamd pods get",
    "calibration_clean_s": "as calibration_source",
    "alpha_hz": "as calibration_source",
    "breaker": "the console shows the breaker itself, with its evidence",
    "breaker_cause": "as breaker",
    "last_heard_s": "the console shows the age",
    "etag": "the console checks no sleeper in",
}
NOT_IN_A_TABLE = {
    "online": "a state of its own: offline",
    "site": "a filter, and a field of --json",
    "schema": "a field of --json",
    "software": "a field of --json",
    "wire": "a field of --json, and a finding of dreamd doctor",
    "seat": "the row names the Dreamscape, its seats have rows of their own",
    "last_heard_s": "the table shows the age",
}


def _other(value: object) -> object:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case Enum():
            return next(one for one in type(value) if one is not value)
        case int():
            return value + 7
        case float():
            return value + 1.5 if isfinite(value) else 0.25
        case str():
            return f"{value}x"
        case tuple():
            return (*value, ChannelView("Pz", 0.1, "flat"))
        case _:
            raise AssertionError(f"a value of {type(value).__name__} needs a line here")


CHANGED_STATUS = {
    "channels": (ChannelState("Fp1", 0.5, "flat"),),
    "calibration": Calibration(
        True,
        CalibrationSource.REPLAY,
        8.0,
        status().calibration.template_db,
        status().calibration.scale_db,
        10.0,
    ),
    "clock": ClockState(synced=False, offset_us=0, uncertainty_us=9000, round_trip_us=0),
    "severed": StoredSever("night", 1, 2, "flat"),
    "outcomes": (CommandOutcome(1, "no"),),
}
"""Values that a change by type cannot give."""


def _shown(one: Status) -> PodView:
    registry = PodRegistry({}, lambda _pod: Breaker(), lambda: NOW_S, lambda _step, act: act())
    registry.hear(replace(presence(), incarnation=one.incarnation), NOW_S)
    record = registry.report(one, NOW_S)
    assert not isinstance(record, str), record
    return replace(registry.shown(record), etag="")


def _text(view: PodView) -> str:
    screen = Console(width=400, no_color=True)
    with screen.capture() as capture:
        screen.print(tables.pod(responses.pod(view)))
    return capture.get()


@pytest.mark.parametrize(
    "name", [one.name for one in fields(Status) if one.name not in ("pod", "incarnation")]
)
def test_a_field_of_a_status_changes_the_view_of_the_pod(name: str) -> None:
    """A changed field of a status changes the view of the pod, unless it is listed as left out."""
    before = status()
    after = replace(before, **{name: CHANGED_STATUS.get(name) or _other(getattr(before, name))})
    assert (_shown(before) != _shown(after)) is (name not in NOT_IN_THE_VIEW)


@pytest.mark.parametrize("name", [one.name for one in fields(PodView)])
@pytest.mark.parametrize(
    ("place", "omitted"),
    [
        pytest.param(lambda view: responses.pod(view).SerializeToString(deterministic=True), {}, id="API"),
        pytest.param(lambda view: pod_shape(responses.pod(view)), NOT_IN_THE_CONSOLE, id="console"),
        pytest.param(_text, NOT_IN_A_TABLE, id="pods get"),
    ],
)
def test_a_field_of_the_view_is_shown(
    name: str, place: Callable[[PodView], object], omitted: dict[str, str]
) -> None:
    """A field of the view is in the API message, the console and the table, or has a reason."""
    before = pod_view("bed-1", sleeper="ash", dreamscape="night", seat=1, breaker=BreakerState.OPEN)
    after = replace(before, **{name: _other(getattr(before, name))})
    assert (place(before) != place(after)) is (name not in omitted)


def test_a_reported_field_is_its_status_own() -> None:
    """Each has the name of a field of Status and of the API message, and there is at least one."""
    assert REPORTED
    assert set(REPORTED) <= {one.name for one in fields(Status)}
    assert set(REPORTED) <= {one.name for one in responses.beds.Pod.DESCRIPTOR.fields}
