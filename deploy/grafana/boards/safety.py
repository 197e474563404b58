"""Safety: one screen, read from the top: is tonight safe, and if not, which pods were severed and why."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from boards.kit import GREEN, ORANGE, RED, ZERO_IS_WELL, Panel, Query, board, firing, lines, number
from boards.process import broker_number, ledger_number, reconnects
from dreamd.core.limits import (
    CONFIRM_WITHIN_S,
    DISPERSION_HALVE,
    DISPERSION_SEVER,
    LEASE_S,
    QUALITY_IN,
    RANK_HALVE,
    RANK_SEVER,
    SYNCHRONY_Z_MOST,
)
from dreamwire.schema import BANDS6X2

LIST_PODS = "dreamd pods list"
CLOCK_LIMIT_S = min(1.0 / (36.0 * band.centre_hz) for band in BANDS6X2.phase_bands)
"""Of the quickest band: above it that band's phases are left out (DESIGN 8.2)."""


def _sleepers(state: str) -> str:
    """Every sleeper in this state; 0 where the daemon has no Dreamscape, -1 where no daemon is scraped."""
    return f'sum(dreamd_sleepers{{state="{state}"}}) or 0 * sum(dreamd_pods_known) or vector(-1)'


def _now() -> list[Panel]:
    return [
        number(
            "Coupled above what was granted: must be 0",
            "Pods that render more than the largest coupling granted in the last lease and fade, or "
            "anything at all without a seat. Any value but 0 is an emergency.",
            "sum(dreamd_coupled_above_granted) or vector(-1)",
            lists=["dreamd pods list --coupled", "dreamd breakers list --state open"],
            width=8,
            steps=ZERO_IS_WELL,
        ),
        number(
            "Merged now",
            "Sleepers whose pod renders a share of the collective.",
            _sleepers("merged"),
            lists=["dreamd pods list --coupled"],
        ),
        number(
            "Alone now",
            "Sleepers with a slot, at zero, with a closed breaker: on their way in, or not included.",
            _sleepers("alone"),
            lists=["dreamd pods list --state seated"],
        ),
        number(
            "Severed now",
            "Sleepers with a slot, at zero, because their breaker or their Dreamscape is open.",
            _sleepers("severed"),
            lists=["dreamd breakers list --state open", "dreamd breakers list --state half-open"],
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
        number(
            "Unreachable now",
            "Sleepers with a slot whose pod has not been heard for three hops. By its own tether such a pod "
            "is alone.",
            _sleepers("unreachable"),
            lists=["dreamd pods list --state offline"],
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
    ]


def _alerts() -> list[Panel]:
    return [
        firing(
            "Alerts that fire or are about to, pages first. Each links to its runbook.",
            ["dreamd pods list --coupled"],
            width=8,
            height=5,
        ),
        broker_number().height(5),
        ledger_number().height(5),
        number(
            "Severs unconfirmed",
            "Pods that were severed more than 1.5 s ago and have not confirmed zero. Look at the bed.",
            "sum(dreamd_unconfirmed_severs) or vector(-1)",
            lists=["dreamd pods list --state offline", "dreamd pods list --coupled"],
            height=5,
            steps=ZERO_IS_WELL,
        ),
        number(
            "Locked breakers",
            "Breakers that tripped twice within half an hour. Their sleepers are not merged until a named "
            "person has looked and resets the breaker.",
            "sum(dreamd_breakers_locked) or vector(-1)",
            lists=["dreamd breakers list --state locked"],
            height=5,
            steps=ZERO_IS_WELL,
        ),
    ]


def _severs() -> list[Panel]:
    return [
        number(
            "Sever confirmed, p99",
            "From a sever until the pod confirms zero: 99 % within this, over the last hour.",
            "histogram_quantile(0.99, sum by (le) (rate(dreamd_sever_confirmed_seconds_bucket[1h])))",
            lists=["dreamd pods list --coupled"],
            unit="s",
            nothing="none in 1 h",
            steps=((0.0, GREEN), (LEASE_S, ORANGE), (CONFIRM_WITHIN_S, RED)),
        ),
        number(
            "Beds offline, in use",
            "Pods with a checked-in sleeper that are offline or silent.",
            "sum(dreamd_beds_offline) or vector(-1)",
            lists=["dreamd pods list --state offline", "dreamd pods list --state unheard"],
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
        lines(
            "Severs by cause",
            "Sleepers severed, by the cause their pod reported.",
            Query(
                "sum by (cause) (increase(dreamd_severed_total[$__rate_interval])) > 0",
                "{{cause}}",
            ),
            lists=["dreamd breakers list --state open", "dreamd dreamscapes list"],
            width=16,
            height=4,
            unit="short",
            bars=True,
        ),
    ]


def _way() -> list[Panel]:
    return [
        reconnects(6, 4),
        lines(
            "Tick age against the lease",
            "Seconds since the last tick was over. At the lease every pod lets go of the collective by "
            "itself.",
            Query("max(dreamd_tick_age_seconds)", "age"),
            lists=["dreamd dreamscapes list"],
            width=6,
            height=4,
            unit="s",
            bounds=((0.75 * LEASE_S, ORANGE), (LEASE_S, RED)),
            top=1.2 * LEASE_S,
        ),
        lines(
            "Frames in",
            "Frames a second. All gone at once: broker, network or daemon. A few gone: their pods.",
            Query("sum(rate(dreamd_frames_accepted_total[$__rate_interval]))", "frames"),
            lists=[LIST_PODS],
            width=6,
            height=4,
            unit="cps",
        ),
        lines(
            "Frames lost, late, refused",
            "Lost: gaps still open after 2 s, so network or broker drop frames. Late: slow pods or network, "
            "or a late tick (then its age shows it). Refused: pods that send something wrong.",
            Query("sum(rate(dreamd_frames_lost_total[$__rate_interval]))", "lost"),
            Query("sum(rate(dreamd_frames_late_total[$__rate_interval]))", "late"),
            Query("sum(rate(dreamd_frames_refused_total[$__rate_interval]))", "refused"),
            lists=[LIST_PODS, "dreamd breakers list --state open"],
            width=6,
            height=4,
            unit="cps",
        ),
    ]


def _people() -> list[Panel]:
    return [
        lines(
            "Signal quality by site",
            "Mean over the pods that are online. Below the line a pod is admitted nowhere.",
            Query("min by (site) (dreamd_site_quality)", "{{site}}"),
            lists=[f"dreamd pods list --below-quality {QUALITY_IN}"],
            width=6,
            height=4,
            bounds=((QUALITY_IN, ORANGE),),
            top=1.0,
        ),
        lines(
            "Clock uncertainty by site",
            "Mean over synced clocks. Above the line phases of the quickest band are left out.",
            Query("max by (site) (dreamd_site_clock_uncertainty_seconds)", "{{site}}"),
            lists=[f"dreamd pods list --clock-above {CLOCK_LIMIT_S * 1000:.1f}"],
            width=6,
            height=4,
            unit="s",
            bounds=((CLOCK_LIMIT_S, ORANGE),),
        ),
        lines(
            "Synchrony z, the highest band",
            "Agreement of phases against chance. Above the line in three windows running, every coupling is "
            "halved; if that does not help, the Dreamscape is severed.",
            Query("max by (dreamscape) (dreamd_synchrony_z)", "{{dreamscape}}"),
            lists=["dreamd dreamscapes list"],
            width=6,
            height=4,
            bounds=((SYNCHRONY_Z_MOST, ORANGE),),
            signed=True,
            top=SYNCHRONY_Z_MOST + 1.0,
        ),
        lines(
            "Identity against Start",
            "Spread of sleepers and effective rank over their values at Start. Spread halves below "
            f"{DISPERSION_HALVE} and severs below {DISPERSION_SEVER}; rank halves below {RANK_HALVE} and "
            f"severs below {RANK_SEVER}.",
            Query("min by (dreamscape) (dreamd_dispersion_ratio)", "spread {{dreamscape}}"),
            Query("min by (dreamscape) (dreamd_rank_ratio)", "rank {{dreamscape}}"),
            Query(f"vector({DISPERSION_HALVE})", "spread halves"),
            Query(f"vector({DISPERSION_SEVER})", "spread severs"),
            Query(f"vector({RANK_HALVE})", "rank halves"),
            Query(f"vector({RANK_SEVER})", "rank severs"),
            lists=["dreamd dreamscapes list"],
            width=6,
            height=4,
            top=1.2,
        ),
    ]


def safety() -> Dashboard:
    """The board."""
    panels = [*_now(), *_alerts(), *_severs(), *_way(), *_people()]
    return board("safety", "Safety", "Is tonight safe? Read from the top.", panels)
