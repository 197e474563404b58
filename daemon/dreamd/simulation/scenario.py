"""One scenario: a seed becomes a night with its faults, and an account of the rules that it broke.

A night begins calm (gather, merge) and then runs through the faults it has drawn. A night that is long enough
ends with a stretch without faults. At its end every healthy sleeper must be dreaming again, unless a reason
that the design names prevents it.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, SeatState, SeatView
from dreamd.core.limits import QUORUM_SHARE
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.quorum import INTIMATE_MIN
from dreamd.simulation import nights
from dreamd.simulation.anchored import begin_session, without
from dreamd.simulation.checks.violations import Violation
from dreamd.simulation.faults import fault_kinds
from dreamd.simulation.faults.access_faults import ACCESS
from dreamd.simulation.faults.every_kind import begin
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.nights import ANY, Night
from dreamd.simulation.processes.exposure_limits import limits
from dreamd.simulation.world import World
from dreamwire.buggify import POINTS, installed

BUGGY_POINTS: Final = 0.25
BUG: Final = "step-raises"
UNSENT: Final = "order-not-sent"
BUG_SHARE: Final = 0.0003
"""Share of steps that raise; eight pods make a hundred steps a second."""
BUGGY_SHARE: Final = 0.05
MERGED_S: Final = 12.0
WELL_AGAIN_S: Final = 75.0
"""Open (36 s), scored (7.5 s), reconnected (10 s), and the ramp's beginning."""
WHOLE_S: Final = 100.0
"""In a shorter night faults go on until its end, and recovery is not checked."""
RESUMED_AFTER_S: Final = 50.0
"""When an operator begins to look at a severed Dreamscape, and resumes it as soon as that is allowed."""
RESUMED_BEFORE_S: Final = 5.0
"""Before the end: a sleeper that is resumed or healthy only later than this need not be merged by then."""
CONDITIONS: Final = (
    NetworkConditions(),
    NetworkConditions(delay_s=(0.001, 0.02)),
    NetworkConditions(delay_s=(0.02, 0.08)),
    NetworkConditions(delay_s=(0.001, 0.006), loss=0.02),
)


@dataclass(frozen=True, slots=True)
class NightAccount:
    """The result of a night."""

    seed: int
    pods: int
    seconds: float
    faults: dict[str, int]
    severs: dict[str, int]
    violations: tuple[Violation, ...]
    checks: int

    def as_dict(self) -> dict[str, object]:
        """The account as JSON values."""
        return {
            "seed": self.seed,
            "pods": self.pods,
            "seconds": self.seconds,
            "faults": self.faults,
            "severs": self.severs,
            "violations": [str(violation) for violation in self.violations],
            "checks": self.checks,
        }


def run_scenario(
    seed: int,
    pods: int,
    seconds: float,
    trace: Callable[[str], None] | None = None,
    night: Night = ANY,
) -> NightAccount:
    """Run one seed; `trace` receives every line of every journal. night: the faults that may happen."""
    rng = random.Random(f"story {seed}")  # noqa: S311 - one seed, one story
    limits_min = {} if night.innocent or night.anchored else limits(seed, pods)
    begins_s, zone = night.begins_s(seed)
    whole = seconds >= WHOLE_S
    ending_s = seconds - WELL_AGAIN_S if whole else seconds
    joined_after_s = {World.dreamscape: ending_s} if night.shared else None
    conditions = rng.choice(CONDITIONS)
    world = World(
        *(seed, pods, conditions, limits_min),
        begins_s=begins_s,
        zone=zone,
        joined_after_s=joined_after_s,
        gateways=night.gateways(seed),
        leased=nights.is_leased(seed),
        old_daemons=nights.has_old_daemons(seed),
    )
    world.checker.innocent = night.innocent
    if trace is not None:
        world.checker.trace = trace
    final = FinalCheck()
    drawn = night.draw(seed, rng, pods, (MERGED_S, ending_s))
    night.hold_back(world, (MERGED_S, ending_s))
    goes_wrong = bool(drawn) or night.innocent
    if any(fault.kind in ACCESS for fault in drawn):
        world.found_site()
    for fault in drawn:
        world.schedule.at(round(fault.at_s * 1e9), lambda fault=fault: _begin(world, fault, rng))  # type: ignore[misc]
    if drawn and whole and not night.innocent:
        asks_ns, until_s = round((ending_s + RESUMED_AFTER_S) * 1e9), seconds - RESUMED_BEFORE_S
        world.schedule.at(asks_ns, lambda: fault_kinds.resume_in_time(world, until_s))
    if goes_wrong and whole:
        world.schedule.at(round((seconds - RESUMED_BEFORE_S) * 1e9), lambda: final.look(world))
    last = world.pods[-1]
    why = world.gather(**(without(world, last) if night.anchored else {}))
    if night.anchored:
        begin_session(world, last)
    if why:
        world.checker.violated("start", world.dreamscape, why)
    with installed(_dice(rng, world, drawn, ending_s)):
        world.run(max(seconds - world.schedule.now_s, 0.0))
    if goes_wrong and whole:
        _well_again(world, final)
    world.checker.check_exposure()
    kinds = Counter(fault.kind for fault in drawn)
    return NightAccount(
        seed, pods, seconds, dict(sorted(kinds.items())), dict(sorted(world.checker.severs.items())),
        tuple(world.checker.violations), world.checker.checks,
    )  # fmt: skip


def _dice(
    rng: random.Random, world: World, drawn: tuple[fault_kinds.Fault, ...], ending_s: float
) -> Callable[[str], bool]:
    """In a night with faults, some of the rare events that production code allows for happen often."""
    often = {point for point in POINTS if point != BUG and drawn and rng.random() < BUGGY_POINTS}
    own = random.Random(f"dice {world.seed}")  # noqa: S311 - one seed, one story
    bugs = random.Random(f"bugs {world.seed}")  # noqa: S311 - of their own: older seeds stay what they were
    buggy = bool(drawn) and bugs.random() < BUGGY_POINTS

    def roll(point: str) -> bool:
        assert point in POINTS, f"{point} is no point"
        going_wrong = not world.checker.calm and world.schedule.now_s < ending_s
        if point == BUG:
            return buggy and going_wrong and bugs.random() < BUG_SHARE
        happens = point in often and going_wrong and own.random() < BUGGY_SHARE
        if happens and point == UNSENT:
            world.checker.free_always.order_unsent()
        return happens

    return roll


def _begin(world: World, fault: fault_kinds.Fault, rng: random.Random) -> None:
    what = f"FAULT {fault.kind} bed-{fault.pod + 1} {fault.lasts_s:.2f} s"
    world.checker.trace(f"{world.schedule.now_s:9.3f} {what}")
    begin(world, fault, rng)


def quorum(world: World, healthy: int) -> bool:
    """Whether so many healthy sleepers may dream, of as many as there are pods."""
    return healthy >= INTIMATE_MIN and healthy >= QUORUM_SHARE * len(world.pods)


def _seats(world: World) -> tuple[SeatView, ...]:
    view = world.daemon.app.dreamscapes.get(world.dreamscape) if world.daemon is not None else None
    return tuple(getattr(view, "seats", ()))


def _lacks_quorum(world: World) -> bool:
    """Whether too few sleepers are healthy for an operator to resume the Dreamscape."""
    assigned = (seat for seat in _seats(world) if seat.state is SeatState.ASSIGNED)
    return not quorum(world, sum(seat.breaker is BreakerState.CLOSED for seat in assigned))


def _well(world: World) -> set[str]:
    """The pods with a sleeper that may dream."""
    latched = {pod.name for pod in world.pods if pod.alive and pod.disk.latched}
    return {
        seat.pod
        for seat in _seats(world)
        if seat.state is not SeatState.LEFT
        and seat.breaker is BreakerState.CLOSED
        and seat.refusal_code not in (Code.EXPOSURE_REACHED.value, Code.ON_HOLD.value)
        and seat.pod not in latched
    }


@dataclass(slots=True)
class FinalCheck:
    """The state shortly before the end, when an operator tried to resume for the last time."""

    lacks_quorum: bool = False
    well: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()

    def look(self, world: World) -> None:
        """Take the state now."""
        self.lacks_quorum = _lacks_quorum(world)
        self.well, self.merged = frozenset(_well(world)), frozenset(_merged(world))


def _merged(world: World) -> set[str]:
    return {pod.name for pod in world.pods if pod.share() > 0.0}


def _well_again(world: World, final: FinalCheck) -> None:
    """Report each sleeper that is healthy, and was so at the final check, but left out without a reason.

    A sleeper that dreamt at the final check is not left out: on a link that loses messages a lease lapses now
    and then.
    """
    daemon = world.daemon
    if daemon is None:
        world.checker.violated("well-again", "daemon", "no daemon lives")
        return
    view = daemon.app.dreamscapes.get(world.dreamscape)
    if isinstance(view, Refusal) and world.checker.forgotten:
        return  # it was created after the copy that was restored
    state = getattr(view, "state", None)
    if state is DreamscapeState.SEVERED and (final.lacks_quorum or _lacks_quorum(world)):
        return
    if world.between and state is not DreamscapeState.DREAMING:
        # The next session may lack sleepers; a seat that is still held elsewhere is a violation.
        for seat in _seats(world):
            if seat.refusal_code == Code.SEAT_TAKEN.value:
                world.checker.violated("next-session", seat.pod, seat.refusal)
        return
    if state is not DreamscapeState.DREAMING:
        why = getattr(view, "state_cause", "")
        world.checker.violated("well-again", world.dreamscape, f"is {state} ({why})")
        return
    due = final.well & _well(world)
    merged = final.merged | _merged(world)
    for seat in _seats(world):
        if seat.pod in due and seat.pod not in merged:
            world.checker.violated(
                "well-again", seat.pod, f"is {seat.state.value}, well and alone ({seat.cause})"
            )
