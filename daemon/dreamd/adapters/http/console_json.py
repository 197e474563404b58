"""A console's view as JSON. An unknown value is null: never zero, never NaN.

Seats are rows under one list of columns: five hundred sleepers are 50 kB that way, four times a second. The
parts that all consoles share (house, scene) are encoded once by `SnapshotEncoder` and kept as bytes.
"""

import json
import math
import threading
from typing import Final

from dreamd.adapters.http.console_snapshots import ConsoleView, DreamscapeSnapshot, FleetSnapshot
from dreamd.adapters.http.free_beds import urgency
from dreamd.core import limits
from dreamd.core.dreamscapes.admission import ceiling_for
from dreamd.core.dreamscapes.states import rank
from dreamd.core.dreamscapes.views import (
    REPORTED,
    CollectiveView,
    CrowdView,
    DreamscapeView,
    Event,
    PodView,
    RecordingView,
    SeatState,
    SeatView,
)
from dreamd.core.safety.views import BreakerView

COLUMNS: Final = (
    *("seat", "pod", "sleeper", "state", "granted", "applied", "quality", "breaker", "cause"),
    *("distance", "synchrony", "identity", "refusal", "heard_age_s"),
)
LIMITS: Final = {
    "dispersion": {"halve": limits.DISPERSION_HALVE, "sever": limits.DISPERSION_SEVER},
    "rank": {"halve": limits.RANK_HALVE, "sever": limits.RANK_SEVER},
    "identity": {"halve": limits.IDENTITY_HALVE, "sever": limits.IDENTITY_SEVER},
    "synchrony_z": {"halve": limits.SYNCHRONY_Z_MOST},
    "quality": limits.QUALITY_OUT,
    "alone_s": limits.ALONE_WITHIN_S,
}
_DIGITS: Final = 4


def number(value: float) -> float | None:
    """A number, rounded; None for NaN and infinity."""
    return round(value, _DIGITS) if math.isfinite(value) else None


def _known(value: float) -> float | None:
    """A number of which 0 means not known."""
    return number(value) if value != 0.0 else None


def _row(seat: SeatView) -> list[object]:
    has_slot = seat.state in (SeatState.ASSIGNED, SeatState.SEVERED)
    return [
        *(seat.seat, seat.pod, seat.sleeper, seat.state.value),
        *(number(seat.granted), number(seat.applied)),
        number(seat.quality) if has_slot else None,
        *(seat.breaker.value, seat.cause),
        *(_known(seat.distance), number(seat.synchrony), number(seat.identity)),
        seat.refusal,
        number(seat.heard_age_s),
    ]


def _tick(view: CollectiveView) -> dict[str, object]:
    return {
        "term": view.term,
        "tick": view.tick,
        "instant_s": view.instant_s,
        "included": view.included,
        "assigned": view.assigned,
        "merged": view.merged,
        "dispersion": _known(view.dispersion),
        "tick_ms": number(view.tick_ms),
        "intimate": view.centre_hidden,
        "crowd": _crowd(view.crowd),
    }


def _crowd(crowd: CrowdView) -> dict[str, object]:
    identity, runaway = crowd.identity, crowd.runaway
    return {
        "synchrony": [
            {
                "band": one.band,
                "ppc": number(one.ppc),
                "z": number(one.z),
                "surrogate_z": number(one.surrogate_z),
                "order": number(one.order),
            }
            for one in crowd.synchrony
        ],
        "dispersion_ratio": number(identity.dispersion_ratio),
        "rank_ratio": number(identity.rank_ratio),
        "i_diff": number(identity.i_diff),
        "identified": number(identity.identified),
        "energy": number(runaway.energy),
        "energy_limit": number(runaway.energy_limit),
        "lag_correlation": number(runaway.lag_correlation),
        "level": number(crowd.level),
        "halved_cause": crowd.halved_cause,
        "artist_share": number(crowd.artist_share),
    }


def _dreamscape(view: DreamscapeView) -> dict[str, object]:
    return {
        "name": view.plan.dreamscape,
        "state": view.state.value,
        "cause": view.state_cause,
        "created_s": view.created_s,
        "seats": view.seats_taken,
        "assigned": view.assigned,
        "merged": view.merged,
        "unheard": view.unheard,
        "recording": _recording(view.recording),
        "rank": rank(view.state, troubled=view.unheard > 0 or view.merged < view.assigned),
    }


def _recording(view: RecordingView | None) -> dict[str, object] | None:
    if view is None:
        return None
    return {
        "state": view.state.value,
        "directory": view.directory,
        "written_s": number(view.written_s),
        "parts": view.parts,
        "missing": view.missing,
        "trouble": view.trouble,
    }


def _breaker(view: BreakerView) -> dict[str, object]:
    return {
        "pod": view.name.removeprefix("pods/"),
        "state": view.state.value,
        "cause": view.cause,
        "since_s": view.since_s,
        "until_s": view.until_s or None,
        "tripped_s": view.tripped_s or None,
        "evidence": view.evidence,
    }


def pod_json(view: PodView) -> dict[str, object]:
    """The bed that a console looks into."""
    return {
        "pod": view.pod,
        "state": view.state.value,
        "online": view.online,
        "site": view.site,
        "device": f"{view.device_kind} {view.device_model}".strip(),
        "channels": [[one.name, number(one.quality), one.cause] for one in view.channels],
        "calibrated": view.calibrated,
        "clock_uncertainty_ms": number(view.clock_uncertainty_us / 1000) if view.clock_synced else None,
        "latched": view.latched,
        "heard_age_s": number(view.heard_age_s),
        **{name: _plain(getattr(view, name)) for name in REPORTED},
    }


def _plain(value: bool | float | str) -> bool | float | str | None:  # noqa: FBT001 - a value, no switch
    return number(value) if isinstance(value, float) else value


def _bed(view: PodView) -> dict[str, object]:
    return {
        "pod": view.pod,
        "sleeper": view.sleeper,
        "site": view.site,
        "state": view.state.value,
        "online": view.online,
        "breaker": view.breaker.value,
        "cause": view.breaker_cause,
        "quality_cause": view.quality_cause,
        "renderer": view.renderer,
        "renderer_fault": view.renderer_fault,
        "latched": view.latched,
        "last_heard_s": view.last_heard_s or None,
        "urgency": urgency(view),
    }


def _event(fact: Event) -> dict[str, object]:
    return {
        "cursor": fact.cursor,
        "at_s": fact.at_s,
        "acted_s": fact.acted_s or None,
        "kind": fact.kind,
        "dreamscape": fact.dreamscape,
        "pod": fact.pod,
        "cause": fact.cause,
        "sentence": fact.sentence,
    }


def house_json(house: FleetSnapshot) -> bytes:
    """Every Dreamscape, and the standing wake orders."""
    return _bytes(
        {
            "number": house.number,
            "limits": LIMITS,
            "troubles": house.view.troubles,
            "pods": {
                "online": house.view.online,
                "unheard": house.view.unheard,
                "rendering_nothing": house.view.rendering_nothing,
            },
            "sites": house.sites,
            "dreamscapes": [_dreamscape(view) for view in house.dreamscapes],
            "beds": [_bed(bed) for bed in house.beds],
            "beds_more": house.beds_more,
            "orders": [
                {
                    "id": order.id,
                    "scope": order.scope.name.lower(),
                    "target": order.target,
                    "issuer": order.issuer,
                    "reason": order.reason,
                    "at_s": order.at_s,
                }
                for order in house.orders
            ],
        }
    )


def scene_json(scene: DreamscapeSnapshot) -> bytes:
    """One Dreamscape and all its seats."""
    view, tick = scene.dreamscape, scene.tick
    ceiling = view.plan.ceiling if tick is None else ceiling_for(view.plan, tick.included)
    return _bytes(
        {
            "number": scene.number,
            "made_s": scene.made_s,
            **_dreamscape(view),
            "etag": view.etag,
            "ceiling": ceiling,
            "seats_min": view.plan.seats_min,
            "ticks_skipped": view.ticks_skipped,
            "tick": None if tick is None else _tick(tick),
            "columns": COLUMNS,
            "rows": [_row(seat) for seat in scene.seats],
            "breakers": [_breaker(one) for one in scene.breakers],
        }
    )


def _bytes(value: object) -> bytes:
    """Encode as JSON; raises ValueError for NaN and infinity, which JSON lacks."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


class SnapshotEncoder:
    """Encodes shared parts once, on the first thread that needs them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._house: tuple[int, bytes] = (0, b"")
        self._scenes: dict[str, tuple[int, bytes]] = {}

    def tell(self, sight: ConsoleView, *, house_seen: int, scene_seen: int) -> bytes:
        """The whole answer; house and scene are null where the caller has these numbers already."""
        own = {
            "now_s": sight.now_s,
            "events": [_event(fact) for fact in sight.events],
            "cursor": sight.cursor,
            "missed": sight.missed,
            "pod": None if sight.pod is None else pod_json(sight.pod),
            "breaker": None if sight.breaker is None else _breaker(sight.breaker),
            "trouble": sight.trouble,
        }
        house = b"null" if sight.house.number == house_seen else self._shared_house(sight.house)
        new_scene = sight.scene is not None and sight.scene.number != scene_seen
        scene = self._shared_scene(sight.scene) if new_scene and sight.scene is not None else b"null"
        return b'%s,"house":%s,"scene":%s}' % (_bytes(own)[:-1], house, scene)

    def _shared_house(self, house: FleetSnapshot) -> bytes:
        with self._lock:
            if self._house[0] != house.number:
                self._house = (house.number, house_json(house))
            return self._house[1]

    def _shared_scene(self, scene: DreamscapeSnapshot) -> bytes:
        name = scene.dreamscape.plan.dreamscape
        with self._lock:
            kept = self._scenes.pop(name, (0, b""))
            if kept[0] != scene.number:
                kept = (scene.number, scene_json(scene))
            self._scenes[name] = kept
            while len(self._scenes) > SCENES_KEPT:
                del self._scenes[next(iter(self._scenes))]
            return kept[1]


SCENES_KEPT: Final = 4
"""Encoded Dreamscapes that are kept; further ones are encoded for each console."""
