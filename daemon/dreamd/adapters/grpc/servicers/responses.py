"""Translates views to messages. It decides nothing; an absent value is an absent field."""

import math
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.v1 import breakers_pb2 as breaking
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1 import house_pb2 as houses
from dreamapi.v1 import pods_pb2 as beds
from dreamapi.v1 import severing_pb2 as severing
from dreamapi.v1 import wake_pb2 as waking
from dreamd.core.dreamscapes.views import (
    REPORTED,
    BreakerState,
    Check,
    CollectiveView,
    DreamscapeState,
    DreamscapeView,
    Event,
    IdentityView,
    Plan,
    PodState,
    PodView,
    RecordingState,
    RecordingView,
    RunawayView,
    SeatState,
    SeatView,
    SeverOutcome,
    SynchronyView,
)
from dreamd.core.fleet.house import HouseLease, HouseView, Waiting
from dreamd.core.refusals import CATALOGUE, Code
from dreamd.core.safety.views import BreakerView
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import WakeScope

_NANOS_IN_S: Final = 1_000_000_000

POD_STATES: Final[dict[PodState, beds.Pod.State]] = {
    state: getattr(beds.Pod, f"STATE_{state.name}") for state in PodState
}
SEAT_STATES: Final[dict[SeatState, dreams.Seat.State]] = {
    state: getattr(dreams.Seat, f"STATE_{state.name}") for state in SeatState
}
DREAMSCAPE_STATES: Final[dict[DreamscapeState, dreams.Dreamscape.State]] = {
    state: getattr(dreams.Dreamscape, f"STATE_{state.name}") for state in DreamscapeState
}
RECORDING_STATES: Final[dict[RecordingState, dreams.Recording.State]] = {
    state: getattr(dreams.Recording, f"STATE_{state.name}") for state in RecordingState
}
BREAKER_STATES: Final[dict[BreakerState, severing.Breaker.State]] = {
    state: getattr(severing.Breaker, f"STATE_{state.name}") for state in BreakerState
}

WAKE_SCOPES: Final[dict[WakeScope, waking.WakeOrder.Scope]] = {
    WakeScope.UNSPECIFIED: waking.WakeOrder.SCOPE_UNSPECIFIED,
    WakeScope.POD: waking.WakeOrder.SCOPE_POD,
    WakeScope.DREAMSCAPE: waking.WakeOrder.SCOPE_DREAMSCAPE,
    WakeScope.SITE: waking.WakeOrder.SCOPE_SITE,
    WakeScope.FLEET: waking.WakeOrder.SCOPE_FLEET,
}


def _whole(seconds: float) -> tuple[int, int]:
    total = round(seconds * _NANOS_IN_S)
    return total // _NANOS_IN_S, total % _NANOS_IN_S


def moment(at_s: float) -> Timestamp | None:
    """Unix seconds as a Timestamp; None for 0 (never)."""
    if not (math.isfinite(at_s) and at_s > 0.0):
        return None
    seconds, nanos = _whole(at_s)
    return Timestamp(seconds=seconds, nanos=nanos)


def span(seconds: float) -> Duration:
    """Seconds, not negative, as a Duration."""
    whole, nanos = _whole(seconds)
    return Duration(seconds=whole, nanos=nanos)


def breaker(pod: str, state: BreakerState, cause: str) -> severing.Breaker:
    """A pod's breaker."""
    return severing.Breaker(name=names.breaker_of_pod(pod), state=BREAKER_STATES[state], cause=cause)


def breaker_detail(view: BreakerView, *, with_history: bool = True) -> breaking.BreakerDetail:
    """A breaker with its last moves."""
    return breaking.BreakerDetail(
        name=names.breaker(view.name),
        state=BREAKER_STATES[view.state],
        cause=view.cause,
        state_start_time=moment(view.since_s),
        state_expire_time=moment(view.until_s),
        trip_time=moment(view.tripped_s),
        evidence=view.evidence,
        history=[
            breaking.BreakerMove(
                move_time=moment(one.at_s),
                before=BREAKER_STATES[one.before],
                after=BREAKER_STATES[one.after],
                cause=one.cause,
                detail=one.detail,
            )
            for one in (view.history if with_history else ())
        ],
        etag=view.etag,
    )


def wake_order(order: Order) -> waking.WakeOrder:
    """A wake order."""
    in_words = {WakeScope.POD: names.pod, WakeScope.DREAMSCAPE: names.dreamscape, WakeScope.SITE: names.site}
    named = in_words.get(order.scope)
    return waking.WakeOrder(
        name=names.wake_order(order.id),
        revision=order.revision,
        scope=WAKE_SCOPES[order.scope],
        target=named(order.target) if named else "",
        issuer=order.issuer,
        reason=order.reason,
        create_time=moment(order.at_s),
        stands=order.stands,
        lifted_by=order.lifted_by,
        lifted_reason=order.lifted_reason,
        lift_time=moment(order.lifted_s),
    )


def outcome(view: SeverOutcome) -> severing.SeverOutcome:
    """The answer to a sever."""
    return severing.SeverOutcome(
        zeroed=view.zeroed,
        confirmed=view.confirmed,
        unconfirmed=[names.pod(pod) for pod in view.unconfirmed],
    )


def pod(view: PodView) -> beds.Pod:
    """A pod as the API shows it."""
    return beds.Pod(
        name=names.pod(view.pod),
        state=POD_STATES[view.state],
        online=view.online,
        site=view.site,
        device=beds.Device(kind=view.device_kind, model=view.device_model),
        schema=view.schema,
        software=view.software,
        sleeper=names.sleeper(view.sleeper),
        dreamscape=names.dreamscape(view.dreamscape),
        seat=names.seat(view.dreamscape, view.seat),
        quality=said(view.quality),
        channels=[beds.Channel(name=c.name, quality=c.quality, cause=c.cause) for c in view.channels],
        calibration=beds.Calibration(
            done=view.calibrated,
            source=view.calibration_source,
            clean_duration=span(view.calibration_clean_s),
            alpha_hz=view.alpha_hz,
        ),
        clock=_clock(view),
        applied=said(view.applied),
        latched=view.latched,
        breaker=breaker(view.pod, view.breaker, view.breaker_cause),
        last_seen_time=moment(view.last_heard_s),
        etag=view.etag,
        heard_age=age(view.heard_age_s),
        gateway=view.gateway,
        wire=view.wire,
        **_reported(view),
    )


def _reported(view: PodView) -> dict[str, Any]:
    """The fields that are shown as the pod reported them; a number that is not known is absent."""
    values = ((name, getattr(view, name)) for name in REPORTED)
    return {name: said(value) if isinstance(value, float) else value for name, value in values}


def _clock(view: PodView) -> beds.Clock | None:
    within = span(view.clock_uncertainty_us / 1e6)
    return beds.Clock(synced=view.clock_synced, uncertainty=within) if view.heard else None


def age(seconds: float) -> Duration | None:
    """An age; None where there is none."""
    return span(max(0.0, seconds)) if math.isfinite(seconds) else None


def house(view: HouseView) -> houses.House:
    """The house with its troubles."""
    return houses.House(
        broker_connected=view.broker,
        broker_change_time=moment(view.broker_since_s),
        ledger_failure=view.ledger,
        blind_dreamscapes=[names.dreamscape(name) for name in view.blind],
        pods_online=view.online,
        pods_unheard=view.unheard,
        troubles=view.troubles,
        session_time=moment(view.session_s),
        lease=lease(view.lease) if view.lease is not None else None,
    )


def lease(view: HouseLease) -> houses.HouseLease:
    """The lease of the house."""
    return houses.HouseLease(
        house=view.house,
        address=view.address,
        term=view.term,
        left=span(view.left_s),
        standbys=map(standby, view.standbys),
    )


def standby(waits: Waiting) -> houses.Standby:
    """A daemon that waits for the house."""
    return houses.Standby(address=waits.address, lacks=waits.lacks)


def seat(dreamscape: str, view: SeatView) -> dreams.Seat:
    """A seat of a Dreamscape."""
    return dreams.Seat(
        name=names.seat(dreamscape, view.seat),
        pod=names.pod(view.pod),
        sleeper=names.sleeper(view.sleeper),
        state=SEAT_STATES[view.state],
        refusal_code=view.refusal_code,
        refusal=view.refusal,
        granted=view.granted,
        applied=said(view.applied),
        quality=said(view.quality),
        breaker=breaker(view.pod, view.breaker, view.breaker_cause),
        distance=view.distance,
        synchrony=said(view.synchrony),
        identity=said(view.identity),
        cause=view.cause,
        heard_age=age(view.heard_age_s),
        consent=view.consent,
        dose_share=said(view.dose_share),
    )


def said(value: float) -> float | None:
    """A known number; None leaves the field absent."""
    return value if math.isfinite(value) else None


def plan(view: Plan) -> dreams.Plan:
    """A plan with every default filled in."""
    return dreams.Plan(
        seats_min=view.seats_min,
        seats_max=view.seats_max,
        start_time=moment(view.start_at_s),
        close_time=moment(view.close_at_s),
        pods=[names.pod(pod) for pod in view.pods],
        site=view.site,
        schema=view.schema,
        late_joining=view.late_joining,
        intimate=view.intimate,
        ceiling=view.ceiling,
        ramp=span(view.ramp_s),
        guidelines=view.guidelines,
        artist_share=view.artist_share,
        record=view.record,
        kind=dreams.DREAMSCAPE_KIND_ANCHOR if view.kind.alone else dreams.DREAMSCAPE_KIND_SHARED,
    )


def dreamscape(view: DreamscapeView, *, with_seats: bool = True) -> dreams.Dreamscape:
    """A Dreamscape; lists leave the seats out, since ten thousand of them are megabytes."""
    name = view.plan.dreamscape
    return dreams.Dreamscape(
        name=names.dreamscape(name),
        plan=plan(view.plan),
        state=DREAMSCAPE_STATES[view.state],
        state_cause=view.state_cause,
        create_time=moment(view.created_s),
        term=view.term,
        tick=view.tick,
        ticks_skipped=view.ticks_skipped,
        assigned=view.assigned,
        merged=view.merged,
        seats=[seat(name, one) for one in view.seats] if with_seats else [],
        etag=view.etag,
        unknown_pods=[names.pod(one) for one in view.unknown_pods],
        unheard=view.unheard,
        recording=recording(view.recording) if view.recording is not None else None,
    )


def recording(view: RecordingView) -> dreams.Recording:
    """The recording of a Dreamscape."""
    return dreams.Recording(
        state=RECORDING_STATES[view.state],
        directory=view.directory,
        written_duration=span(view.written_s),
        parts=view.parts,
        missing=view.missing,
        trouble=view.trouble,
    )


def collective(view: CollectiveView) -> dreams.Collective:
    """One tick for its watchers, without the seats and without `skipped`, which differs for each watcher."""
    return dreams.Collective(
        dreamscape=names.dreamscape(view.dreamscape),
        term=view.term,
        tick=view.tick,
        grid_time=moment(view.instant_s),
        centre=view.centre,
        centre_hidden=view.centre_hidden,
        included=view.included,
        assigned=view.assigned,
        merged=view.merged,
        dispersion=view.dispersion,
        tick_duration=span(view.tick_ms / 1e3),
        synchrony=[synchrony(one) for one in view.crowd.synchrony],
        identity=identity(view.crowd.identity),
        runaway=runaway(view.crowd.runaway),
        level=view.crowd.level,
        halved_cause=view.crowd.halved_cause,
        artist=view.crowd.artist,
        artist_share=view.crowd.artist_share,
        unheard=view.unheard,
    )


def synchrony(view: SynchronyView) -> dreams.Synchrony:
    """Agreement of phases in one band."""
    return dreams.Synchrony(
        band=view.band,
        ppc=said(view.ppc),
        z=said(view.z),
        surrogate_z=said(view.surrogate_z),
        order=said(view.order),
    )


def identity(view: IdentityView) -> dreams.Identity:
    """Whether people stay distinct and themselves."""
    return dreams.Identity(
        dispersion_ratio=said(view.dispersion_ratio),
        rank_ratio=said(view.rank_ratio),
        i_self=said(view.i_self),
        i_others=said(view.i_others),
        i_diff=said(view.i_diff),
        identified=said(view.identified),
    )


def runaway(view: RunawayView) -> dreams.Runaway:
    """Whether the loop runs away."""
    return dreams.Runaway(
        energy=said(view.energy),
        energy_limit=said(view.energy_limit),
        lag_correlation=said(view.lag_correlation),
    )


def event(fact: Event) -> dreams.Event:
    """A fact of the journal."""
    return dreams.Event(
        cursor=fact.cursor,
        event_time=moment(fact.at_s),
        kind=fact.kind,
        dreamscape=names.dreamscape(fact.dreamscape),
        pod=names.pod(fact.pod),
        seat=names.seat(fact.dreamscape, fact.seat),
        cause=fact.cause,
        sentence=fact.sentence,
        values=fact.values,
        act_time=moment(fact.acted_s),
    )


def check(view: Check) -> dreams.Check:
    """One admission check."""
    return dreams.Check(
        name=view.name,
        passed=view.passed,
        code=view.code,
        sentence=view.sentence,
        metadata=view.metadata,
        next_step="" if view.passed else CATALOGUE[Code(view.code)].next_step,
    )
