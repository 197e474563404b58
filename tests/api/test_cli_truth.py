"""The command line on unheard beds, on the house, and on severs by scope."""

import json
import math
from dataclasses import replace

import pytest

from api.test_cli import Shell, shell
from dreamd.core.dreamscapes.views import DreamscapeState, PodState
from dreamd.core.fleet.house import HouseView
from dreamd.core.safety.scopes import SeverScope
from dreamwire.messages import WakeScope
from fakes.coordination import FakeCoordination
from fakes.views import pod_view

__all__ = ["shell"]


@pytest.mark.parametrize(
    ("line", "scope", "target"),
    [
        ("sever sleeper ada", SeverScope.SLEEPER, "ada"),
        ("sever pod bed-1", SeverScope.POD, "bed-1"),
        ("sever dreamscape dreamscapes/n", SeverScope.DREAMSCAPE, "n"),
        ("sever site ward-a", SeverScope.SITE, "ward-a"),
        ("sever fleet", SeverScope.FLEET, ""),
    ],
)
async def test_every_scope_is_severed_from_a_shell(
    application: FakeCoordination, shell: Shell, line: str, scope: SeverScope, target: str
) -> None:
    """Each scope has its own word; beds without confirmation are named."""
    application.confirm_at_once = False
    status, out, _ = await shell(f"{line} --reason smoke --issuer mira")
    assert status == 0
    assert out.startswith("2 zeroed, 0 confirmed by their pods; not confirmed: bed-1, bed-2")
    assert application.calls[-1] == ("severs.order", scope, target, "mira", "smoke")


async def test_a_sever_of_nothing_is_an_error(application: FakeCoordination, shell: Shell) -> None:
    """A sever of an unknown or missing name is an error that states that no pod was severed."""
    assert (await shell("sever pod none-such"))[0] == 1
    assert not [call for call in application.calls if call[0] == "severs.order" and call[2] == "bed-1"]


UNHEARD = {
    "state": PodState.UNHEARD,
    "applied": math.nan,
    "quality": math.nan,
    "channels": (),
    "heard_age_s": 83.0,
    "clock_synced": False,
}


async def test_beds_that_are_not_heard_are_not_known(application: FakeCoordination, shell: Shell) -> None:
    """List and get show no number of a silent bed, but its age; a dash if it was never heard."""
    application.fleet = {
        "bed-1": pod_view("bed-1", **UNHEARD),
        "bed-2": pod_view("bed-2", **{**UNHEARD, "heard_age_s": math.inf}),
        "bed-3": pod_view("bed-3", applied=0.098),
    }
    rows = {line.split()[0]: line for line in (await shell("pods list"))[1].splitlines()[1:]}
    assert "unheard" in rows["bed-1"]
    assert "83.0 s ago" in rows["bed-1"]
    assert rows["bed-1"].count("not known") == 2
    assert " - " in rows["bed-2"]
    assert "0.098" in rows["bed-3"]
    assert "clock: not known" in (await shell("pods get bed-1"))[1]
    told = {pod["name"]: pod for pod in json.loads((await shell("pods list --json"))[1])}
    assert "applied" not in told["pods/bed-1"]
    assert told["pods/bed-1"]["heard_age"] == "83s"
    assert told["pods/bed-3"]["applied"] == 0.098
    coupled = json.loads((await shell("pods list --coupled --json"))[1])
    assert [pod["name"] for pod in coupled] == ["pods/bed-1", "pods/bed-2", "pods/bed-3"]


@pytest.mark.parametrize("line", ["pods list", "pods get bed-1", "dreamscapes list", "dreamscapes get n"])
async def test_troubles_of_the_house_stand_above(
    application: FakeCoordination, shell: Shell, line: str
) -> None:
    """Troubles of broker, uplink and ledger are printed in words; on stderr if the output is for a script."""
    application.add("n", DreamscapeState.DREAMING)
    application.house_view = HouseView(False, 1.0, "the ledger /x is full", ("n",), 3, 3)
    first, second, third = (await shell(line))[1].splitlines()[:3]
    assert first.startswith("! the broker is not reached")
    assert second.startswith("! no data from most beds of n")
    assert third.startswith("! the ledger /x is full")
    _, out, err = await shell(f"{line} --json")
    json.loads(out)
    assert err.count("dreamd: ") == 3


async def test_seats_that_are_not_heard_are_not_known(application: FakeCoordination, shell: Shell) -> None:
    """A Dreamscape counts two of three as merged and one as not known."""
    application.add("n", DreamscapeState.DREAMING, ("bed-1", "bed-2"))
    view = application.sessions["n"]
    silent = replace(view.seats[0], applied=math.nan, quality=math.nan, heard_age_s=150.0)
    application.sessions["n"] = replace(view, seats=(silent, view.seats[1]), merged=1, unheard=1)
    out = (await shell("dreamscapes get n"))[1]
    assert "1, 1 not known" in out
    (row,) = [line for line in out.splitlines() if line.startswith("1 ")]
    assert "not known of 0.120" in row
    assert "2 min ago" in row


async def test_an_event_reported_late_shows_the_pods_own_time(
    application: FakeCoordination, shell: Shell
) -> None:
    """An event reported late is shown with the pod's own time: now logged, 75 s ago happened."""
    application.add("n", DreamscapeState.DREAMING)
    fact = application.happen("severed", "n", "bed-1")
    application.journal[-1] = replace(fact, acted_s=fact.at_s - 75.0)
    out = (await shell("dreamscapes watch n --events --after 0 --count 1"))[1]
    assert "(happened at " in out


async def test_one_sleeper_is_woken_in_the_bed_they_lie_in(
    application: FakeCoordination, shell: Shell
) -> None:
    """Waking one sleeper orders the bed they lie in.

    Without such a bed it is an error that omits the name.
    """
    application.change("bed-2", sleeper="ada")
    assert (await shell("wake order sleeper ada --issuer mira"))[0] == 0
    assert application.calls[-1][:4] == ("wake_orders.order", WakeScope.POD, "bed-2", "mira")
    status, _, err = await shell("wake order sleeper grace")
    assert status == 1
    assert "checked in to no pod" in err
    assert "grace" not in err
