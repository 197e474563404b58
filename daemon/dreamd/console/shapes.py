"""Messages of the API in the shape that the page draws. An unknown value is null: never zero or NaN. Pure.

Seats are rows under one list of columns: five hundred sleepers are 50 kB that way, four times a second.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi.names import bare, word
from dreamapi.v1 import breakers_pb2 as breaking
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.house_pb2 import House
from dreamapi.v1.pods_pb2 import Pod
from dreamapi.v1.severing_pb2 import Breaker
from dreamapi.v1.wake_pb2 import WakeOrder
from dreamd.core import limits
from dreamd.core.dreamscapes.states import rank
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.limits import CEILING_INTIMATE, INTIMATE_BELOW

COLUMNS: Final = (
    *("seat", "pod", "sleeper", "state", "granted", "applied", "quality", "breaker", "cause"),
    *("distance", "synchrony", "identity", "refusal", "heard_age_s", "consent", "dose_share"),
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
BEDS_MAX: Final = 300
DREAMSCAPES_MAX: Final = 300
SITES_MAX: Final = 50
NULL_RENDERER: Final = "null"
HAS_SLOT: Final = (dreams.Seat.STATE_ASSIGNED, dreams.Seat.STATE_SEVERED)


def encoded(value: object) -> bytes:
    """Encode as JSON; raises ValueError for NaN and infinity, which JSON lacks."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def number(value: float) -> float | None:
    """A number, rounded; None for NaN and infinity."""
    return round(value, _DIGITS) if math.isfinite(value) else None


def seconds(moment: Timestamp | Duration) -> float:
    """Seconds of a moment or a span."""
    return float(moment.seconds + moment.nanos / 1e9)


def given(message: Message, field: str) -> float | None:
    """A number, rounded, or the seconds of a span or moment; None where the field is absent."""
    if not message.HasField(field):
        return None
    value = getattr(message, field)
    return number(seconds(value) if isinstance(value, Timestamp | Duration) else value)


def _known(value: float) -> float | None:
    """A number of which 0 means not known."""
    return number(value) if value != 0.0 else None


def house_shape(
    dreamscapes: Iterable[dreams.Dreamscape],
    pods: Iterable[Pod],
    orders: Iterable[WakeOrder],
    house: House | None,
    may: Callable[[str], bool],
) -> dict[str, object]:
    """Everything that does not change with each tick.

    house: None where the viewer may not read it. may: whether the viewer may call a method.
    """
    beds = list(pods)
    free = sorted((bed for bed in beds if not bed.dreamscape), key=lambda bed: (urgency(bed), bed.name))
    told = sorted(dreamscapes, key=lambda one: one.state == dreams.Dreamscape.STATE_ENDED)
    taken: dict[str, int] = {}
    for bed in beds:
        taken[bed.dreamscape] = taken.get(bed.dreamscape, 0) + 1
    mute = sum(1 for bed in beds if bed.sleeper and bed.online and bed.renderer == NULL_RENDERER)
    return {
        "limits": LIMITS,
        "withheld": not may("ListDreamscapes"),
        "troubles": list(house.troubles) if house is not None else [],
        "pods": {
            "online": sum(1 for bed in beds if bed.online),
            "unheard": sum(1 for bed in beds if bed.state == Pod.STATE_UNHEARD),
            "rendering_nothing": mute,
        },
        "sites": sorted({bed.site for bed in beds if bed.site})[:SITES_MAX],
        "dreamscapes": [dreamscape_shape(one, taken.get(one.name, 0)) for one in told[:DREAMSCAPES_MAX]],
        "beds": [bed_shape(bed) for bed in free[:BEDS_MAX]],
        "beds_more": max(0, len(free) - BEDS_MAX),
        "orders": [
            {
                "id": bare(order.name),
                "scope": word(WakeOrder.Scope, order.scope),
                "target": bare(order.target),
                "issuer": order.issuer,
                "reason": order.reason,
                "at_s": seconds(order.create_time),
            }
            for order in orders
        ],
    }


def dreamscape_shape(one: dreams.Dreamscape, taken: int) -> dict[str, object]:
    """A Dreamscape in the list. taken: seats with a pod."""
    state = word(dreams.Dreamscape.State, one.state)
    known = next((kind for kind in DreamscapeState if kind.value == state), DreamscapeState.ENDED)
    return {
        "name": bare(one.name),
        "state": state,
        "cause": one.state_cause,
        "created_s": seconds(one.create_time),
        "seats": taken,
        "assigned": one.assigned,
        "merged": one.merged,
        "unheard": one.unheard,
        "rank": rank(known, troubled=one.unheard > 0 or one.merged < one.assigned),
        "recording": _recording(one.recording) if one.HasField("recording") else None,
    }


def _recording(one: dreams.Recording) -> dict[str, object]:
    return {
        "state": word(dreams.Recording.State, one.state),
        "directory": one.directory,
        "written_s": number(seconds(one.written_duration)),
        "parts": one.parts,
        "missing": one.missing,
        "trouble": one.trouble,
    }


def scene_shape(
    one: dreams.Dreamscape,
    tick: dreams.Collective | None,
    breakers: Mapping[str, breaking.BreakerDetail],
    made_s: float,
) -> dict[str, object]:
    """One Dreamscape with its seats. tick: None where it does not tick. made_s: when the seats were read.

    A caller whose ticks hold no seats has the seats of the Dreamscape: at most their own.
    """
    seats = list(tick.seats if tick is not None and tick.seats else one.seats)
    ceiling = one.plan.ceiling
    if tick is not None and tick.included < INTIMATE_BELOW:
        ceiling = min(ceiling, CEILING_INTIMATE)
    return {
        "made_s": made_s,
        **dreamscape_shape(one, len(seats)),
        "etag": one.etag,
        "ceiling": number(ceiling),
        "seats_min": one.plan.seats_min,
        "schema": one.plan.schema,
        "artist_share_most": number(one.plan.artist_share),
        "ticks_skipped": one.ticks_skipped,
        "tick": None if tick is None else _tick(tick),
        "columns": COLUMNS,
        "rows": [_row(seat) for seat in seats],
        "breakers": [breaker_shape(breakers[seat.pod]) for seat in seats if seat.pod in breakers],
    }


def _row(seat: dreams.Seat) -> list[object]:
    return [
        *(int(bare(seat.name)), bare(seat.pod), bare(seat.sleeper), word(dreams.Seat.State, seat.state)),
        *(number(seat.granted), given(seat, "applied")),
        given(seat, "quality") if seat.state in HAS_SLOT else None,
        *(word(Breaker.State, seat.breaker.state), seat.cause),
        *(_known(seat.distance), given(seat, "synchrony"), given(seat, "identity")),
        seat.refusal,
        *(given(seat, "heard_age"), seat.consent, given(seat, "dose_share")),
    ]


def _tick(tick: dreams.Collective) -> dict[str, object]:
    identity, runaway = tick.identity, tick.runaway
    return {
        "term": tick.term,
        "tick": tick.tick,
        "instant_s": seconds(tick.grid_time),
        "included": tick.included,
        "assigned": tick.assigned,
        "merged": tick.merged,
        "dispersion": _known(tick.dispersion),
        "tick_ms": number(seconds(tick.tick_duration) * 1000),
        "intimate": tick.centre_hidden,
        **({} if tick.centre_hidden else {"centre": [number(value) for value in tick.centre]}),
        "artist": [number(value) for value in tick.artist],
        "crowd": {
            "synchrony": [
                {
                    "band": one.band,
                    **{name: given(one, name) for name in ("ppc", "z", "surrogate_z", "order")},
                }
                for one in tick.synchrony
            ],
            **{
                name: given(identity, name)
                for name in ("dispersion_ratio", "rank_ratio", "i_diff", "identified")
            },
            **{name: given(runaway, name) for name in ("energy", "energy_limit", "lag_correlation")},
            "level": number(tick.level),
            "halved_cause": tick.halved_cause,
            "artist_share": number(tick.artist_share),
        },
    }


def breaker_shape(one: breaking.BreakerDetail) -> dict[str, object]:
    """A breaker."""
    return {
        "pod": bare(one.name),
        "state": word(Breaker.State, one.state),
        "cause": one.cause,
        "since_s": seconds(one.state_start_time),
        "until_s": given(one, "state_expire_time"),
        "tripped_s": given(one, "trip_time"),
        "evidence": one.evidence,
    }


def urgency(bed: Pod) -> int:
    """How soon a person should look at a free bed: 0 first. Up to 2 the bed needs a person."""
    occupied = bool(bed.sleeper)
    ranks = (
        bed.breaker.state == Breaker.STATE_LOCKED,
        occupied and (bed.state == Pod.STATE_UNHEARD or not bed.online),
        occupied and bed.breaker.state != Breaker.STATE_CLOSED,
        occupied and bool(bed.quality_cause),
        occupied,
        bed.online,
    )
    return next((place for place, applies in enumerate(ranks) if applies), len(ranks))


def bed_shape(bed: Pod) -> dict[str, object]:
    """A bed in the list of the house."""
    return {
        "pod": bare(bed.name),
        "sleeper": bare(bed.sleeper),
        "site": bed.site,
        "state": word(Pod.State, bed.state),
        "online": bed.online,
        "breaker": word(Breaker.State, bed.breaker.state),
        "cause": bed.breaker.cause,
        "quality_cause": bed.quality_cause,
        "renderer": bed.renderer,
        "renderer_fault": bed.renderer_fault,
        "latched": bed.latched,
        "last_heard_s": given(bed, "last_seen_time"),
        "urgency": urgency(bed),
    }


def pod_shape(bed: Pod) -> dict[str, object]:
    """The bed that a page looks into."""
    return {
        "pod": bare(bed.name),
        "state": word(Pod.State, bed.state),
        "online": bed.online,
        "site": bed.site,
        "device": f"{bed.device.kind} {bed.device.model}".strip(),
        "channels": [[one.name, number(one.quality), one.cause] for one in bed.channels],
        "calibrated": bed.calibration.done,
        "clock_uncertainty_ms": number(seconds(bed.clock.uncertainty) * 1000) if bed.clock.synced else None,
        "latched": bed.latched,
        "heard_age_s": given(bed, "heard_age"),
        "quality_cause": bed.quality_cause,
        "renderer": bed.renderer,
        "renderer_fault": bed.renderer_fault,
        "gateway": bed.gateway,
        "unheard_gateway": bed.unheard_gateway,
    }


def event_shape(fact: dreams.Event) -> dict[str, object]:
    """An event of the journal."""
    return {
        "cursor": fact.cursor,
        "at_s": seconds(fact.event_time),
        "acted_s": given(fact, "act_time"),
        "kind": fact.kind,
        "dreamscape": bare(fact.dreamscape),
        "pod": bare(fact.pod),
        "cause": fact.cause,
        "sentence": fact.sentence,
    }
