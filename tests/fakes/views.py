"""Views of an application: a healthy pod, an assigned seat, a tick of eight."""

from dataclasses import replace

from dreamd.core.dreamscapes.views import (
    BreakerState,
    ChannelView,
    CollectiveView,
    DreamscapeState,
    DreamscapeView,
    Plan,
    PodState,
    PodView,
    SeatState,
    SeatView,
)
from dreamd.core.safety.views import BreakerMove, BreakerView

NOW_S = 1_700_000_000.25


def pod_view(pod: str, **changes: object) -> PodView:
    """A pod that is online and calibrated, without a sleeper."""
    view = PodView(
        pod=pod,
        state=PodState.IDLE,
        online=True,
        site="ward-a",
        device_kind="simulated",
        device_model="sim-8",
        schema="bands6x2",
        software="0.1.0",
        sleeper="",
        dreamscape="",
        seat=0,
        quality=0.9,
        quality_cause="",
        channels=(ChannelView("Fp1", 1.0, ""), ChannelView("O1", 0.4, "high frequency")),
        calibrated=True,
        calibration_source="simulated",
        calibration_clean_s=8.5,
        alpha_hz=10.2,
        clock_synced=True,
        clock_uncertainty_us=250,
        applied=0.0,
        latched="",
        breaker=BreakerState.CLOSED,
        breaker_cause="",
        last_heard_s=NOW_S,
        etag="e1",
        heard_age_s=0.25,
        renderer="sound",
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def breaker_view(name: str, state: BreakerState = BreakerState.CLOSED, evidence: str = "") -> BreakerView:
    """A breaker in this state, moved there once unless it is closed."""
    moves = (BreakerMove(NOW_S, BreakerState.CLOSED, state, "operator", evidence),)
    is_closed = state is BreakerState.CLOSED
    return BreakerView(
        name=name,
        state=state,
        cause="" if is_closed else "operator",
        since_s=0.0 if is_closed else NOW_S,
        until_s=NOW_S + 30.0 if state is BreakerState.OPEN else 0.0,
        tripped_s=0.0 if is_closed else NOW_S,
        evidence=evidence,
        history=() if is_closed else moves,
        etag=f"{state.value}-1",
    )


def seat_view(seat: int, pod: str, **changes: object) -> SeatView:
    """An assigned seat at coupling .1."""
    view = SeatView(
        seat=seat,
        pod=pod,
        sleeper=f"s-{pod}",
        state=SeatState.ASSIGNED,
        refusal_code="",
        refusal="",
        granted=0.12,
        applied=0.1,
        quality=0.9,
        breaker=BreakerState.CLOSED,
        cause="",
        distance=2.5,
        heard_age_s=0.25,
        consent="given",
        dose_share=0.25,
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def dreamscape_view(plan: Plan, state: DreamscapeState = DreamscapeState.PLANNED) -> DreamscapeView:
    """A Dreamscape with one seat for each pod invited."""
    seats = tuple(seat_view(number, pod) for number, pod in enumerate(plan.pods, 1))
    return DreamscapeView(
        plan=plan,
        state=state,
        state_cause="",
        created_s=NOW_S,
        term=7,
        tick=40,
        ticks_skipped=1,
        assigned=len(seats),
        merged=len(seats),
        seats=seats,
        etag=f"{state.value}-1",
    )


def collective_view(dreamscape: str, tick: int, seats: int = 8) -> CollectiveView:
    """One tick with `seats` seats."""
    return CollectiveView(
        dreamscape=dreamscape,
        term=7,
        tick=tick,
        instant_s=NOW_S + tick * 0.25,
        centre=tuple(0.1 * k for k in range(12)),
        centre_hidden=False,
        included=seats,
        assigned=seats,
        merged=seats,
        dispersion=3.4,
        seats=tuple(seat_view(n, f"bed-{n}") for n in range(1, seats + 1)),
        tick_ms=1.25,
    )
