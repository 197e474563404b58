"""Acts of people in virtual time, and the rules `granted` and `clause`, each broken once and found."""

from datetime import UTC, datetime

import pytest

from depth import LONG
from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.people.consent_book import ConsentBook
from dreamd.core.consent.grant import Held
from dreamd.core.consent.hours import Hours
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.guidelines.forms import Window
from dreamd.core.limits import HOP_S
from dreamd.core.refusals import Refusal
from dreamd.ports.pod_link import CohortKey
from dreamd.simulation.faults import people_faults, ways_out
from dreamd.simulation.faults.people_faults import give, given, grant_anew
from dreamd.simulation.machines.operators import ADA, FREEING, ROLE_OF
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World
from dreamwire.messages import Collective

Patch = pytest.MonkeyPatch
ENDS = [
    ("Europe/Zurich", (3, 0), datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ("Europe/Zurich", (2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ("Europe/Zurich", (2, 30), datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("America/New_York", (2, 0), datetime(2026, 11, 1, 7, tzinfo=UTC)),
    ("America/New_York", (2, 30), datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("Australia/Lord_Howe", (2, 0), datetime(2026, 4, 4, 15, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", (2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
]
"""Zone, end of the hours by its wall clock, and the instant of it: clocks go back, or skip it."""


def dreaming(pods: int = 5, begins_s: float = 1_800_000_000.0) -> World:
    """All are merged; severs are meant from here on."""
    world = World(1, pods, begins_s=begins_s)
    assert world.gather() == ""
    world.run(12.0)
    assert min(pod.share() for pod in world.pods) > 0.0
    world.checker.calm = False
    return world


class Couplings:
    """The couplings that a daemon broadcasts for one bed, each with its instant, from now on."""

    def __init__(self, world: World, pod: Pod) -> None:
        assert world.daemon is not None
        daemon, self.of = world.daemon, list[tuple[float, float]]()
        publish = daemon.publish

        def seen(collective: Collective, key: CohortKey | None = None) -> None:
            for (_, cohort, slot), (name, _) in daemon.slots.items():
                if name == pod.name and cohort == collective.cohort and slot < len(collective.coupling):
                    self.of.append((daemon.now_s(), int(collective.coupling[slot]) / 255.0))
            publish(collective, key)

        daemon.app._deps.link.publish = seen  # type: ignore[method-assign]

    def ends_s(self) -> float:
        """The instant of the last coupling above zero."""
        return max((at_s for at_s, coupling in self.of if coupling > 0.0), default=0.0)


# -- what is so -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["button", *FREEING] if LONG else ["button", ADA])
def test_a_withdrawal_from_any_place_is_in_the_next_message(place: str, monkeypatch: Patch) -> None:
    """By the pod's button or a call of each role that may: no later message couples; the bed is at zero."""
    world = dreaming()
    pod, daemon = world.pods[1], world.daemon
    assert daemon is not None
    told = Couplings(world, pod)
    if place == "button":
        world.checker.on_latched(pod)
        pod.press("withdraw")
        world.run(0.05)
    else:
        monkeypatch.setattr(ways_out, "FREEING", (place,))
        assert not isinstance(ways_out.withdraw(world, daemon, pod, "sleeper-2"), Refusal), ROLE_OF[place]
    at_s = daemon.now_s()
    world.run(HOP_S)
    assert told.ends_s() <= at_s
    world.run(1.0)
    assert pod.share() == 0.0
    assert all(other.share() > 0.0 for other in world.pods if other is not pod)
    world.run(6.0)
    assert told.ends_s() <= at_s
    assert world.checker.violations == []


@pytest.mark.parametrize("severed", [False, True] if LONG else [False])
def test_who_withdrew_is_merged_again_only_after_a_grant(severed: bool) -> None:
    """Also over a crash and a severed Dreamscape; with a new grant the sleeper merges again."""
    world = dreaming()
    pod, daemon = world.pods[0], world.daemon
    assert daemon is not None
    if severed:
        ways_out.sever(world, daemon, "a drill")
        world.checker.set_silenced(daemon, world.dreamscape, silenced=True)
    ways_out.withdraw(world, daemon, pod, "sleeper-1")
    world.run(1.0)
    daemon.kill()
    world.run(1.0)
    world.start_daemon()
    world.run(30.0)
    assert pod.share() == 0.0
    state = getattr(world.daemon.app.dreamscapes.get(world.dreamscape), "state", None)  # type: ignore[union-attr]
    assert state is (DreamscapeState.SEVERED if severed else DreamscapeState.DREAMING)
    grant_anew(world, pod)
    world.run(40.0)
    assert (pod.share() > 0.0) is not severed
    assert world.checker.violations == []


def test_a_grant_that_expires_is_zero_at_that_tick() -> None:
    """The last coupling is before the expiry and at most one tick before it."""
    world = dreaming()
    pod, found = world.pods[2], given(world, world.pods[2])
    assert found is not None
    daemon, old = found
    ends_s = daemon.now_s() + 5.1
    told = Couplings(world, pod)
    assert give(world, daemon, old, expires_s=ends_s) is not None
    world.run(8.0)
    assert ends_s - HOP_S - 1e-6 <= told.ends_s() < ends_s
    assert world.checker.violations == []


@pytest.mark.parametrize(("zone", "end", "closes"), ENDS if LONG else [ENDS[0], ENDS[2]])
def test_hours_end_by_the_wall_clock_in_both_nights_of_a_change(
    zone: str, end: tuple[int, int], closes: datetime
) -> None:
    """The last coupling is in the tick before the clock of the zone first shows the end, or skips it."""
    ends_s = closes.timestamp()
    world = dreaming(begins_s=ends_s - 30.0)
    pod, found = world.pods[3], given(world, world.pods[3])
    assert found is not None
    daemon, old = found
    told = Couplings(world, pod)
    hours = Hours(Window(22 * 60, 60 * end[0] + end[1]), zone)
    assert give(world, daemon, old, hours=hours) is not None
    world.run(ends_s - daemon.now_s() - 1.0)
    assert pod.share() > 0.0
    world.run(3.0)
    assert ends_s - HOP_S - 1e-6 <= told.ends_s() < ends_s
    assert pod.share() == 0.0
    assert world.checker.violations == []


def test_hours_of_a_night_are_ten_or_eight() -> None:
    """22:00 to 07:00 in Zurich lasts 10 h from 2026-10-24, 8 h from 2026-03-28, 9 h in any other night."""
    hours = Hours(Window(22 * 60, 7 * 60), "Europe/Zurich")
    for month, day, lasts_h in ((10, 24, 10), (3, 28, 8), (6, 1, 9)):
        opens_s = hours.opens_s(datetime(2026, month, day, 12, tzinfo=UTC).timestamp())
        assert hours.open_until_s(opens_s) - opens_s == lasts_h * 3600.0


def test_a_narrower_grant_is_in_the_next_message_and_a_wider_one_at_the_next_assign() -> None:
    """Narrowed to .05, each later message grants at most that; widened, nothing changes until an assign."""
    world = dreaming()
    pod, found = world.pods[0], given(world, world.pods[0])
    assert found is not None
    daemon, old = found
    told = Couplings(world, pod)
    assert give(world, daemon, old, ceiling=0.05) is not None
    world.run(3.0)
    again = given(world, pod)
    assert again is not None
    assert give(world, *again) is not None
    world.run(10.0)
    assert 0.04 < max(coupling for _, coupling in told.of) <= 0.05 + 0.5 / 255.0
    told.of.clear()
    grant_anew(world, pod)
    world.run(40.0)
    assert max(coupling for _, coupling in told.of) > 0.06
    assert world.checker.violations == []


def test_a_tightened_clause_is_in_the_next_message() -> None:
    """Ratified by two people in the night, a ceiling of .06 bounds every later message to every bed."""
    world = dreaming()
    daemon = world.daemon
    assert daemon is not None
    told = [Couplings(world, world.pods[0])]
    tighten(world, 0.06)
    told[0].of.clear()
    world.run(10.0)
    assert max(coupling for _, coupling in told[0].of) <= 0.06 + 0.5 / 255.0
    assert min(pod.share() for pod in world.pods) > 0.0
    assert world.checker.violations == []


def tighten(world: World, ceiling: float) -> None:
    """Two people ratify this ceiling."""
    daemon = world.daemon
    assert daemon is not None
    guidelines = daemon.app.guidelines
    number = max(one.bundle.revision for one in guidelines.list_revisions()) + 1
    text = people_faults.text_with(number, ceiling=ceiling, ceiling_intimate=ceiling)
    world.answered(guidelines.propose(people_faults.PROPOSER, text))
    world.answered(guidelines.open_revision(people_faults.PROPOSER, number))
    for person in people_faults.PERSONS:
        assert not isinstance(world.answered(guidelines.ratify(person, number)), Refusal)
    world.checker.grants.ruled(daemon, ceiling)


# -- the rules can fail -----------------------------------------------------------------------------------


def rules(world: World) -> set[str]:
    """The rules violated so far."""
    return {violation.rule for violation in world.checker.violations}


def test_a_withdrawal_that_is_not_taken_is_found(monkeypatch: Patch) -> None:
    """A daemon that only releases the bed, and takes the sleeper on again, violates `granted`."""
    monkeypatch.setattr(ConsentBook, "withdraw", lambda _self, _sleeper: None)
    world = dreaming()
    daemon = world.daemon
    assert daemon is not None
    world.checker.grants.withdrew(daemon, "sleeper-1")
    world.run(1.0)
    assert "granted" in rules(world)


def test_an_expiry_that_is_not_kept_is_found(monkeypatch: Patch) -> None:
    """A grant that goes on behind its end violates `granted`."""
    world = dreaming()
    found = given(world, world.pods[0])
    assert found is not None
    daemon, old = found
    monkeypatch.setattr(Held, "until_s", lambda held, now_s: now_s + 60.0 if held.ceiling else 0.0)
    assert give(world, daemon, old, expires_s=daemon.now_s() + 3.0) is not None
    world.run(5.0)
    assert rules(world) == {"granted"}


def test_a_narrower_grant_that_waits_is_found(monkeypatch: Patch) -> None:
    """A ceiling that waits for the next assign violates `granted`."""
    world = dreaming()
    found = given(world, world.pods[0])
    assert found is not None
    monkeypatch.setattr(Held, "meet", lambda held, _other: held)
    assert give(world, *found, ceiling=0.05) is not None
    world.run(1.0)
    assert rules(world) == {"granted"}


def test_a_grant_that_is_not_written_is_found() -> None:
    """A coupling whose grant is not in the ledger violates `granted`."""
    world = dreaming()
    del world.storage.grants["sleeper-1", 1]
    world.run(1.0)
    assert rules(world) == {"granted"}


def test_a_tightened_clause_that_is_not_kept_is_found(monkeypatch: Patch) -> None:
    """Guidelines that do not reach a running Dreamscape violate `clause`."""
    monkeypatch.setattr(Revisions, "_hold", lambda _self, _changed: None)
    world = dreaming()
    daemon = world.daemon
    assert daemon is not None
    world.checker.grants.ruled(daemon, 0.06)
    world.run(1.0)
    assert rules(world) == {"clause"}
