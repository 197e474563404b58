"""The acts of a festival with real processes: each cue of an act is a rehearsal, with its beds and its seed.

A rehearsal plays one failure, so an act with two has two nights. Broker, daemon and pods are programs of
their own, and the account is that of `dreamd rehearse`: from the pods' own stamps.

Rules
- A cue begins when the plan says, or when its scene can first show itself, and lasts as its scene needs.
- A cue that no rehearsal has is told, and not played.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dreamd.festival.scenario.plan import ActPlan, Festival
from dreamd.rehearsal.consent_acts import ActKind
from dreamd.rehearsal.run import Wish
from dreamd.rehearsal.scenarios import SCENES, Scenario, cue
from dreamd.up.plan import CannotRun


@dataclass(frozen=True, slots=True)
class LiveNight:
    """One cue of an act. wish: of its rehearsal; None: there is none, and `why` says so."""

    act: ActPlan
    scene: str
    wish: Wish | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rehearsal runs: the broker and the ports, as its flags have them."""

    broker: str = "auto"
    mqtt_port: int = 1883
    grpc_port: int = 50051
    http_port: int = 8080
    console_port: int = 8081


def live_nights(festival: Festival, place: Place) -> tuple[LiveNight, ...]:
    """Return the nights, act by act.

    Raises:
        CannotRun: a cue could not show itself; the sentence names the act and what it needs.
    """
    return tuple(night for act in festival.acts for night in _of_act(festival, act, place))


def _of_act(festival: Festival, act: ActPlan, place: Place) -> Iterator[LiveNight]:
    pause = festival.moratorium
    cues = [(one.scene, one.at_s, one.share) for one in festival.failures if one.act == act.number]
    if pause is not None and pause.act == act.number:
        cues.append((ActKind.PAUSES.value, pause.at_s, 1.0))
    if not cues:
        yield LiveNight(act, "", None, "nothing fails in it, so there is nothing to rehearse")
    sleepers = sum(site.beds for site in festival.sites if act.site in ("", site.name))
    for name, at_s, share in cues:
        scene = SCENES.get(name)
        if scene is None:
            yield LiveNight(act, name, None, f"a rehearsal has no {name}: it is an act of the sleeper")
        else:
            yield LiveNight(act, name, _wish(festival, act, scene, (sleepers, at_s, share), place))


def _wish(
    festival: Festival, act: ActPlan, scene: Scenario, cued: tuple[int, float, float], place: Place
) -> Wish:
    sleepers, at_s, share = cued
    try:
        told = cue(scene, sleepers, share, max(at_s, scene.at_least_s))
    except CannotRun as no:
        raise CannotRun(f"act {act.number}, {act.title}: {no}") from no
    return Wish(
        sleepers=sleepers,
        cue=told,
        seed=festival.seed,
        broker=place.broker,
        mqtt_port=place.mqtt_port,
        grpc_port=place.grpc_port,
        http_port=place.http_port,
        console_port=place.console_port,
        light=True,
    )
