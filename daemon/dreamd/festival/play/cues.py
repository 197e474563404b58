"""Failures on cue: the thirteen scenes of a rehearsal at simulated beds, a pressed button, a withdrawal."""

from collections.abc import Callable, Sequence
from math import floor
from typing import Final

from dreamd.core.safety.causes import Cause
from dreamd.festival.facts import Planted
from dreamd.festival.play.acts import Act
from dreamd.festival.play.evenings import Evenings
from dreamd.festival.play.house import HouseOfFestival
from dreamd.festival.scenario.plan import EXPIRED, FAILURES, PRESSED, WITHDRAWN, FailureCue
from dreamd.festival.timeline import HappeningKind
from dreamd.rehearsal.scenarios import SCENES, Scope
from dreamd.simulation.faults.byzantine import LIES
from dreamd.simulation.machines.sleepers import Body, SimulatedFault
from dreamd.simulation.processes.pods import Pod

SENT: Final = {"frozen": "frozen", "replay": "replayed"}
"""Scenes in which a bed sends false frames, by the name of the lie."""
LEAP_NS: Final = 2_500_000_000
STUCK_SHARE: Final = 0.4
MASS_FAULT: Final = "nonfinite"
FOUND_WITHIN_S: Final = 10.0
"""After its end a failure may still be found for so long."""
CAUSES: Final = {name: tuple(sorted(SCENES[name].causes)) for name in FAILURES} | {
    PRESSED: (Cause.DISTRESS.value,),
    WITHDRAWN: (Cause.WITHDRAWN.value,),
}
"""One of these is the cause of the sever, by scene. An expiry is judged by the line of hours."""

Heal = Callable[[], None]


def play_cue(house: HouseOfFestival, evenings: Evenings, act: Act, cue: FailureCue) -> None:
    """Let this failure begin now, and end after its time."""
    count = max(floor(cue.share * len(act.beds) + 1e-9), 1)
    first = (cue.act * 7 + len(cue.scene)) % max(len(act.beds) - count + 1, 1)
    beds = act.beds[first : first + count]
    if cue.scene == "crosstalk":
        beds = beds[: len(beds) - len(beds) % 2]
    does = SCENES[cue.scene].does if cue.scene in SCENES else _WORDS[cue.scene]
    words = f"{cue.scene}: {does}" if cue.scene in SCENES else does
    house.announce(HappeningKind.FAILURE, f"{words} ({len(beds)} beds)", scene=cue.scene, beds=len(beds))
    house.watch.touched |= {bed.name for bed in beds}
    if cue.scene in CAUSES:
        house.planted.append(_planted(house, cue, beds))
    if cue.scene == EXPIRED:
        for bed in beds:
            evenings.end_at(bed, cue.lasts_s)
        return
    heals = [heal for heal in _begin(house, cue.scene, beds) if heal is not None]

    def over() -> None:
        for heal in heals:
            heal()
        house.announce(HappeningKind.FAILURE, f"{cue.scene} is over", scene=cue.scene, beds=0)

    house.plan_at(house.now_s + cue.lasts_s, over)


def _planted(house: HouseOfFestival, cue: FailureCue, beds: Sequence[Pod]) -> Planted:
    """The failure that the house must find, at the beds that are merged now."""
    merged = tuple(bed.name for bed in beds if house.watch.share_now(bed.name) > 0.0)
    whole = cue.scene in SCENES and SCENES[cue.scene].scope is Scope.CROWD
    until_s = house.now_s + cue.lasts_s + FOUND_WITHIN_S
    return Planted(cue.scene, cue.act, merged, CAUSES[cue.scene], house.now_s, until_s, whole)


_WORDS: Final = {
    PRESSED: "sleepers press the button for distress",
    WITHDRAWN: "sleepers withdraw their consent at the bed",
    EXPIRED: "sleepers grant anew, for some seconds only",
}


def _begin(house: HouseOfFestival, scene: str, beds: Sequence[Pod]) -> list[Heal | None]:
    if scene == "crosstalk":
        return [
            _share_a_brain(carrier, source) for source, carrier in zip(beds[::2], beds[1::2], strict=True)
        ]
    return [_fail(house, scene, bed) for bed in beds]


def _fail(house: HouseOfFestival, scene: str, bed: Pod) -> Heal | None:
    match scene:
        case "distress" | "withdrawal":
            house.watch.on_latched(bed)
            bed.press("distress" if scene == PRESSED else "withdraw")
            house.watch.pod_changed(bed)
            return None
        case "frozen" | "replay":
            bed.bend = LIES[SENT[scene]].bend()
            return lambda: setattr(bed, "bend", None)
        case "clock-jump":
            bed.jump(LEAP_NS)
            return None
        case "actuator-stuck":
            bed.catch_up()
            bed.device.stuck = STUCK_SHARE
            house.watch.stuck_devices.begun(bed)
            return lambda: setattr(bed.device, "stuck", 0.0)
        case _:
            return _malfunction(house, MASS_FAULT if scene == "mass" else scene, bed)


def _malfunction(house: HouseOfFestival, kind: str, bed: Pod) -> Heal:
    bed.inject_fault(SimulatedFault(kind, bed.local_ns()))
    bound = kind in _AT_ONCE
    if bound:
        house.watch.on_fault(bed, kind, bed.local_ns())

    def heal() -> None:
        bed.inject_fault(None)
        if bound:
            house.watch.on_fault_cleared(bed)

    return heal


_AT_ONCE: Final = frozenset({"silence", "flat", "railed", "nonfinite"})
"""Malfunctions for which the checker has a bound."""


def _share_a_brain(carrier: Pod, source: Pod) -> Heal:
    body, other = carrier.body, source.body
    assert isinstance(body, Body)
    assert isinstance(other, Body)
    for bed in (carrier, source):  # beds of one brain agree hop by hop, however their clocks have drifted
        bed.body.origin_ns = bed.local_ns()
    body.other = other
    carrier.inject_fault(SimulatedFault("crosstalk", carrier.local_ns()))
    return lambda: carrier.inject_fault(None)
