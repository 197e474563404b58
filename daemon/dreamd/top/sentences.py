"""The scene in sentences: which beds are merged, which are severed and why, whether tonight is safe.

The verdict comes first, because a reader in a hurry reads one line. It is "OK" only by data that is fresh;
a picture that is old, or was never received, is "not known", and then no other sentence follows. States and
acts have the words of the console (`console/page/words.js`); a test holds both together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dreamd.core.limits import (
    DISPERSION_HALVE,
    IDENTITY_HALVE,
    LAG_CORRELATION_MOST,
    RANK_HALVE,
    SYNCHRONY_Z_MOST,
)
from dreamd.terminal.sleeper_row import State, Tone, pod_names
from dreamd.top.view_model import Crowd, Link, Sleeper, ViewModel


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and how grave it is."""

    words: str
    tone: Tone = Tone.CALM


def headline(scene: ViewModel) -> tuple[Said, ...]:
    """The sentences at the top, the verdict first."""
    unknown = _unknown(scene)
    if unknown is not None:
        return (unknown,)
    if not scene.dreamscape:
        return (Said(scene.trouble or "there is no Dreamscape; plan one: dreamd dreamscapes create"),)
    troubles = tuple(Said(trouble, Tone.GRAVE) for trouble in scene.troubles)
    return (*troubles, _verdict(scene), _merged(scene), *_led(scene), *_cut(scene.sleepers))


def safe(scene: ViewModel) -> bool | None:
    """Whether no bed renders more than was granted; None: not known."""
    if scene.link is not Link.LIVE or not scene.dreamscape:
        return None
    if scene.coupled:
        return False
    return None if scene.unheard else True


def _unknown(scene: ViewModel) -> Said | None:
    match scene.link:
        case Link.LIVE:
            return None
        case Link.NEVER:
            return Said(
                scene.trouble or "nothing has been heard yet", Tone.GRAVE if scene.trouble else Tone.CALM
            )
        case Link.STILL:
            return Said(
                f"the daemon answers and has not ticked for {scene.tick_age_s:.1f} s: "
                "every sleeper is alone by their own tether within 1.5 s",
                Tone.GRAVE,
            )
        case Link.LOST:
            return Said(
                "no connection: every sleeper is alone by their own tether within 1.5 s "
                f"(last heard {scene.age_s:.0f} s ago)",
                Tone.GRAVE,
            )


def _verdict(scene: ViewModel) -> Said:
    if scene.coupled:
        verb = "renders" if len(scene.coupled) == 1 else "render"
        return Said(f"NOT SAFE: {pod_names(scene.coupled)} {verb} more than was granted", Tone.GRAVE)
    return _unheard(scene) or _calm(scene)


def _unheard(scene: ViewModel) -> Said | None:
    """A bed that is not heard is neither well nor at fault."""
    if not scene.unheard:
        return None
    beds = pod_names(scene.unheard)
    words = f"not known: {beds} not heard for 1.5 s; by then their own tether sets them to zero"
    return Said(words, Tone.GRAVE)


def _calm(scene: ViewModel) -> Said:
    locked = [one.pod for one in scene.sleepers if one.locked]
    if scene.crowd.halved_cause:
        return Said(
            f"watch: every coupling is halved ({scene.crowd.halved_cause}); it must fall or all go to zero",
            Tone.GRAVE,
        )
    if scene.state == "severed":
        why = f" ({scene.state_cause})" if scene.state_cause else ""
        return Said(f"OK: everyone was severed and sleeps on; resume is possible{why}", Tone.GRAVE)
    if locked:
        waits = "is locked and waits" if len(locked) == 1 else "are locked and wait"
        return Said(f"OK, but {pod_names(locked)} {waits} for a person: dreamd breakers reset", Tone.GRAVE)
    near = warnings(scene.crowd)
    if near:
        return Said(f"watch: {'; '.join(near)}", Tone.GRAVE)
    age = f" (data {scene.data_age_s:.1f} s old)" if math.isfinite(scene.data_age_s) else ""
    return Said(f"OK: no bed above its limit{age}", Tone.GOOD)


def _merged(scene: ViewModel) -> Said:
    here = [one for one in scene.sleepers if one.state not in (State.LEFT, State.AWAKE, State.HOME)]
    if scene.state == "planned":
        return Said(f"{scene.dreamscape} is planned; no sleeper is merged")
    if scene.state == "gathering":
        ready = sum(one.state is not State.COMING for one in here)
        needed = f", {scene.seats_min} must be" if scene.seats_min else ""
        return Said(f"{scene.dreamscape} gathers: {ready} of {len(here)} are ready{needed}")
    if scene.state in {"waking", "ended"}:
        why = f" ({scene.state_cause})" if scene.state_cause else ""
        return Said(f"{scene.dreamscape} is {scene.state}{why}; {scene.merged} merged")
    merged = f"{scene.merged} of {scene.assigned} merged"
    seated = sum(one.seated for one in scene.sleepers)
    if scene.unheard and len(scene.unheard) == seated:
        return Said(f"{merged}, no data from any bed")
    missing = f", no data from {len(scene.unheard)}" if scene.unheard else ""
    return Said(f"{merged}, {scene.included} in the collective{missing}")


def _led(scene: ViewModel) -> tuple[Said, ...]:
    """That an artist leads, and how strongly."""
    share = scene.crowd.artist_share
    if scene.state != "dreaming" or not share > 0.0:
        return ()
    return (Said(f"an artist leads: {share:.0%} of what is blended is the artist's".replace("%", " %")),)


def _cut(sleepers: Sequence[Sleeper]) -> tuple[Said, ...]:
    """The severed beds by cause, locked ones first."""
    cut = [one for one in sleepers if one.locked or one.state is State.SEVERED]
    cut.sort(key=lambda one: not one.locked)
    if not cut:
        return ()
    by_cause: dict[str, list[str]] = {}
    for one in cut:
        by_cause.setdefault(one.cause or "no cause given", []).append(one.pod)
    parts = [f"{pod_names(pods)} ({cause})" for cause, pods in by_cause.items()]
    return (Said(f"severed: {', '.join(parts)}", Tone.GRAVE),)


def warnings(crowd: Crowd) -> tuple[str, ...]:
    """The statistics beyond a limit at which couplings are halved; an unknown value warns of nothing."""
    over = [band.band for band in crowd.synchrony if band.z > SYNCHRONY_Z_MOST]
    facts = (
        (bool(over), f"synchrony z above {SYNCHRONY_Z_MOST:g} in {', '.join(over)}"),
        (crowd.dispersion_ratio < DISPERSION_HALVE, f"dispersion below {DISPERSION_HALVE:g}"),
        (crowd.rank_ratio < RANK_HALVE, f"effective rank below {RANK_HALVE:g}"),
        (crowd.energy > crowd.energy_limit, "energy above its limit"),
        (
            crowd.lag_correlation > LAG_CORRELATION_MOST,
            f"the centre repeats itself ({crowd.lag_correlation:.2f})",
        ),
    )
    return tuple(words for warns, words in facts if warns)


def estranged(one: Sleeper) -> bool:
    """Whether a person is less like themselves than the limit at which they are halved."""
    return one.identity < IDENTITY_HALVE
