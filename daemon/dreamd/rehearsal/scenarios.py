"""The scenarios: each failure or act of sleepers, its victims, its extent, and the required consequence.

Pure. A scenario that could not show itself (too short, in too few beds, in so many that it would be another
one) is refused before anything starts, with the reason: an account that reports "not detected" of an
invisible failure is worth nothing.
"""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dreamd.core.limits import CROWD_MIN, HOP_S, MASS_MIN, MASS_SHARE
from dreamd.core.safety.causes import Cause
from dreamd.rehearsal.consent_acts import REASONS, ActKind
from dreamd.up.plan import CannotRun

ACTS_MOST: Final = 0.4
AT_THAT_TICK_MS: Final = 1000.0 * HOP_S + 500.0
"""An end is seen at the first tick behind it, a narrower ceiling at a pod's next hop."""


class Scope(Enum):
    """The victims of a failure, and the sleepers that must be at zero for it; or acts of sleepers."""

    PERSON = "person"
    CROWD = "crowd"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One failure, or one act of sleepers.

    causes: one of these must be the cause of the severs of the failing beds; in a group, also of the
    Dreamscape's. share: of the sleepers, as usual, at least and at most. beds_least, sleepers_least: counted.
    lasts_least_s: from onset until it must have shown; settles_s: how much longer it usually lasts, until the
    group's cause is classified. at_least_s: from the merge until it may begin. whole: the Dreamscape must be
    severed; else pods may detect each failing bed by themselves. does: the failure, in words. zero_within_ms:
    from the evidence, p99; of an act from the call or the end to zero or the narrower ceiling.
    """

    name: str
    scope: Scope
    does: str
    causes: frozenset[str]
    share: float
    share_least: float
    share_most: float
    lasts_least_s: float
    at_least_s: float = 12.0
    beds_least: int = 1
    sleepers_least: int = 5
    pairs: bool = False
    settles_s: float = 0.0
    whole: bool = False
    zero_within_ms: float = 500.0

    @property
    def is_act(self) -> bool:
        """Whether sleepers act, and nothing fails."""
        return self.scope is Scope.CONSENT


def _person(name: str, does: str, *causes: Cause, lasts_s: float, most: float = MASS_SHARE) -> Scenario:
    words = frozenset(cause.value for cause in causes)
    return Scenario(name, Scope.PERSON, does, words, 0.1, 0.0, most, lasts_s)


def _crowd(
    name: str,
    does: str,
    *causes: Cause,
    share: float,
    least: float,
    lasts_s: float,
    settles_s: float = 0.0,
    at_s: float = 12.0,
    whole: bool = True,
) -> Scenario:
    words = frozenset(cause.value for cause in causes)
    return Scenario(
        *(name, Scope.CROWD, does, words, share, least, 1.0, lasts_s, at_s),
        beds_least=3,
        sleepers_least=CROWD_MIN,
        settles_s=settles_s,
        whole=whole,
    )


def _act(
    kind: ActKind, does: str, *, lasts_s: float, zero_within_ms: float = 500.0, everyone: bool = False
) -> Scenario:
    words = frozenset({REASONS[kind]} if kind in REASONS else ())
    shares = (1.0, 1.0, 1.0) if everyone else (0.1, 0.0, ACTS_MOST)
    return Scenario(
        *(kind.value, Scope.CONSENT, does, words, *shares, lasts_s),
        sleepers_least=6,
        zero_within_ms=zero_within_ms,
    )


_ALL: Final = (
    _person("silence", "an implant delivers nothing", Cause.SILENCE, Cause.STALE, lasts_s=4.0, most=0.4),
    _person("flat", "a lead has come off inside the amplifier", Cause.FLAT, lasts_s=6.0),
    _person("railed", "an input is stuck at its rail", Cause.RAILED, lasts_s=4.0),
    _person("nonfinite", "a driver divides by zero", Cause.NONFINITE, lasts_s=4.0),
    _person("frozen", "an agent sends the same features for ever", Cause.FROZEN, lasts_s=5.0),
    _person("replay", "frames come again two seconds later", Cause.REPLAYED, lasts_s=7.0),
    _person(
        "clock-jump",
        "a machine's clock leaps ahead by 2.5 s",
        *(Cause.CLOCK, Cause.STALLED, Cause.LEASE),
        lasts_s=5.0,
        most=0.4,
    ),
    _person("actuator-stuck", "a device gives more than it is told", Cause.ACTUATOR, lasts_s=4.0),
    Scenario(
        "crosstalk",
        Scope.PERSON,
        "two beds carry one brain",
        frozenset({Cause.CROSSTALK.value}),
        share=0.1,
        share_least=0.0,
        share_most=MASS_SHARE,
        lasts_least_s=25.0,
        beds_least=2,
        sleepers_least=8,
        pairs=True,
    ),
    _crowd(
        "gain-runaway",
        "implants amplify the others tenfold",
        *(Cause.GAIN, Cause.AMPLITUDE, Cause.HIGHFREQ, Cause.MASS),
        whole=False,
        share=0.2,
        least=0.2,
        lasts_s=25.0,
        settles_s=25.0,
    ),
    _crowd(
        "synchrony-runaway",
        "implants pace the alpha rhythm by what they hear of the others'",
        Cause.SYNCHRONY,
        share=0.3,
        least=0.2,
        lasts_s=60.0,
        settles_s=25.0,
    ),
    _crowd(
        "homogenise",
        "implants draw to the others fifty times as hard",
        *(Cause.HOMOGENISED, Cause.IDENTITY, Cause.GAIN),  # so hard a pull may be a runaway before
        share=1.0,
        least=0.9,
        lasts_s=70.0,
        at_s=65.0,
    ),
    _crowd(
        "mass",
        "many implants fail at once",
        *(Cause.MASS, Cause.NONFINITE),
        share=0.3,
        least=MASS_SHARE,
        lasts_s=5.0,
    ),
    _act(ActKind.WITHDRAWS, "sleepers withdraw their consent", lasts_s=3.0),
    _act(ActKind.EXPIRES, "grants end in the night", lasts_s=8.0, zero_within_ms=AT_THAT_TICK_MS),
    _act(ActKind.HOURS_END, "the hours of grants close", lasts_s=70.0, zero_within_ms=AT_THAT_TICK_MS),
    _act(
        ActKind.NARROWS,
        "sleepers grant a third of their ceiling",
        lasts_s=5.0,
        zero_within_ms=AT_THAT_TICK_MS,
    ),
    _act(
        ActKind.WIDENS,
        "sleepers narrow their grants, widen them, and lie down anew",
        lasts_s=30.0,
        zero_within_ms=AT_THAT_TICK_MS,
    ),
    _act(
        ActKind.ANCHORS,
        "sleepers leave the group for an anchor session, with their own pattern alone",
        lasts_s=30.0,
        zero_within_ms=AT_THAT_TICK_MS,
    ),
    _act(ActKind.PAUSES, "an advocate calls the fleet to a moratorium", lasts_s=3.0, everyone=True),
)
SCENES: Final = {scene.name: scene for scene in _ALL}


def scene_named(name: str) -> Scenario:
    """The scenario of this name; raises CannotRun with the names there are."""
    if name not in SCENES:
        raise CannotRun(f"--malfunction {name!r} is not known; choose one of {', '.join(SCENES)}")
    return SCENES[name]


@dataclass(frozen=True, slots=True)
class Cue:
    """A scenario as it will be played: in `beds` beds, from `at_s` after the merge, for `lasts_s`."""

    scene: Scenario
    beds: int
    at_s: float
    lasts_s: float


def cue(
    scene: Scenario,
    sleepers: int,
    share: float | None = None,
    at_s: float | None = None,
    lasts_s: float | None = None,
) -> Cue:
    """Work the cue out; None: as usual. Raises CannotRun where the scenario could not show itself."""
    at_s = scene.at_least_s + 3.0 if at_s is None else at_s
    lasts_s = scene.lasts_least_s + scene.settles_s if lasts_s is None else lasts_s
    share = scene.share if share is None else share
    if not 0.0 < share <= 1.0:
        raise CannotRun("--share is a part of the sleepers, above 0 and at most 1")
    beds = math.floor(share * sleepers + 1e-9)
    beds -= beds % 2 if scene.pairs else 0
    refusal = _refusal(scene, sleepers, share, beds) or _too_short(scene, at_s, lasts_s)
    if refusal:
        raise CannotRun(f"{scene.name} could not show itself: {refusal}")
    return Cue(scene, beds, at_s, lasts_s)


def _refusal(scene: Scenario, sleepers: int, share: float, beds: int) -> str:
    if not sleepers >= scene.sleepers_least:
        return f"it needs {scene.sleepers_least} --sleepers and there are {sleepers}"
    if not beds >= scene.beds_least:
        needed = scene.beds_least / sleepers
        return (
            f"--share {share:g} of {sleepers} sleepers is {beds} of the {scene.beds_least} beds it needs; "
            f"give at least --share {math.ceil(1000 * needed) / 1000:g}"
        )
    if not share >= scene.share_least:
        why = "it is for every sleeper" if scene.is_act else "the crowd carries it"
        return f"in less than --share {scene.share_least:g} {why}; this is {share:g}"
    if scene.name == "mass" and not (beds >= MASS_MIN and beds > MASS_SHARE * sleepers):
        return f"a mass failure is more than {MASS_SHARE:.0%} of the sleepers, and {MASS_MIN} at least"
    if not share <= scene.share_most:
        other = (
            "they would be a mass failure" if scene.share_most == MASS_SHARE else "the quorum would be lost"
        )
        return f"above --share {scene.share_most:g} {other}; this is {share:g}"
    return ""


def _too_short(scene: Scenario, at_s: float, lasts_s: float) -> str:
    if not scene.at_least_s <= at_s < math.inf:
        return f"before --at {scene.at_least_s:g} the crowd is not drawn in; this is {at_s:g}"
    if not scene.lasts_least_s <= lasts_s < math.inf:
        return f"it needs --duration {scene.lasts_least_s:g} to be seen; this is {lasts_s:g}"
    return ""
