"""`dreamd doctor` names what needs a person with the step that helps; its status says if anything does."""

import json
from dataclasses import replace

from api.test_cli import Shell, shell  # noqa: F401 -- the fixture
from dreamd.core.dreamscapes.views import PodState, PodView
from dreamd.core.fleet.house import HouseLease, Waiting
from dreamwire.schema import WIRE_REVISION
from fakes.coordination import FakeCoordination
from fakes.views import pod_view


def well(pod: str, **changes: object) -> PodView:
    """A pod with which all is well."""
    return pod_view(pod, **{"wire": WIRE_REVISION, "renderer": "sound"} | changes)


async def test_a_house_with_which_all_is_well_has_status_zero(
    application: FakeCoordination,
    shell: Shell,  # noqa: F811
) -> None:
    """Nothing to do is one sentence and status 0."""
    application.fleet = {"bed-1": well("bed-1"), "bed-2": well("bed-2")}
    status, out, err = await shell("doctor")
    assert (status, err) == (0, "")
    assert out == "nothing needs a person: the house and 2 beds\n"


async def test_each_thing_that_needs_a_person_is_named_with_what_helps(
    application: FakeCoordination,
    shell: Shell,  # noqa: F811
) -> None:
    """Wire, agent, schema, clock, key, renderer, latch and a bed that is gone have a line each; status 1."""
    application.fleet = {
        **{name: well(name) for name in ("bed-0", "bed-1", "bed-2")},
        "old": well("old", wire=WIRE_REVISION - 1, software="0.0.9"),
        "new": well("new", wire=WIRE_REVISION + 1),
        "other": well("other", schema="bands2x2"),
        "stranger": well("stranger", clock_synced=False),
        "vague": well("vague", clock_uncertainty_us=40_000),
        "mute": well("mute", renderer="null"),
        "broken": well("broken", renderer_fault="no such device"),
        "held": well("held", latched="button"),
        "gone": well("gone", online=False, state=PodState.OFFLINE, sleeper="ada"),
        "still": well("still", state=PodState.UNHEARD, clock_synced=False),
    }
    status, out, _ = await shell("doctor --json")
    assert status == 1
    found = {(one["where"], one["found"].split(":")[0]): one["helps"] for one in json.loads(out)["findings"]}
    newest = WIRE_REVISION
    assert set(found) == {
        ("old", f"reads wire {newest - 1}, this dreamd {newest}"),
        ("old", "agent 0.0.9, most have 0.1.0"),
        ("new", f"reads wire {newest + 1}, this dreamd {newest}"),
        ("other", "schema bands2x2, most have bands6x2"),
        ("stranger", "its clock is not synced"),
        ("vague", "its clock is known to 40 ms"),
        ("mute", "it renders nothing"),
        ("broken", "its renderer has failed"),
        ("held", "latched"),
        ("gone", "offline, with a sleeper checked in"),
        ("still", "connected and silent"),
    }
    assert "after the beds" in found["new", f"reads wire {newest + 1}, this dreamd {newest}"]
    assert "daemon.pub" in found["stranger", "its clock is not synced"]


async def test_the_house_itself_is_looked_at(
    application: FakeCoordination,
    shell: Shell,  # noqa: F811
) -> None:
    """A lease that is nearly over and a standby that could not take over are named, before the beds."""
    application.fleet = {"bed-1": well("bed-1")}
    standby = Waiting("10.0.0.2:50051", "1 sleeper has no key in keys.sqlite3")
    lease = HouseLease("Nachthaus", "10.0.0.1:50051", 3, 0.2, (standby,))
    application.house_view = replace(application.house_view, lease=lease)
    status, out, _ = await shell("doctor")
    assert status == 1
    assert "the lease is nearly over" in out
    assert "1 sleeper has no key in keys.sqlite3" in out
