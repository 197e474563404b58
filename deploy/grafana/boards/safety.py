"""Safety: one screen, read from the top: is tonight safe, and if not, who was cut and why."""

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Lines

from boards.kit import GREEN, ORANGE, PLAIN, RED, ZERO_IS_WELL, Query, board, lines, number
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
    """Everyone who is so; 0 where the daemon knows of no Dreamscape, not known where nobody knows."""
    return f'sum(dreamd_sleepers{{state="{state}"}}) or 0 * sum(dreamd_pods_known) or vector(-1)'


def _now() -> list[Stat | Lines]:
    return [
        number(
            "Coupled above what was granted: must be 0",
            "Sleepers who render more than the largest coupling granted in the last lease "
            "and fade, or anything "
            "at all without a seat. Anything but 0 is an emergency.",
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
            "Sleepers with a seat, at zero, nothing held against them: on their way in, or not included.",
            _sleepers("alone"),
            lists=["dreamd pods list --state seated"],
        ),
        number(
            "Severed now",
            "Sleepers with a seat, at zero, because their breaker or their Dreamscape is open.",
            _sleepers("severed"),
            lists=["dreamd breakers list --state open", "dreamd breakers list --state half-open"],
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
        number(
            "Unreachable now",
            "Sleepers with a seat whose pod has not been heard for three hops. By their own "
            "tether they are alone.",
            _sleepers("unreachable"),
            lists=["dreamd pods list --state offline"],
            steps=((0.0, GREEN), (1.0, ORANGE)),
        ),
    ]


def _severs() -> list[Stat | Lines]:
    return [
        number(
            "Sever to confirmed, p99 of 1 h",
            "From a sever to the pod's own word that it is at zero.",
            "histogram_quantile(0.99, sum by (le) (rate(dreamd_sever_confirmed_seconds_bucket[1h])))",
            lists=["dreamd pods list --coupled"],
            unit="s",
            height=5,
            nothing="none in 1 h",
            steps=((0.0, GREEN), (LEASE_S, ORANGE), (CONFIRM_WITHIN_S, RED)),
        ),
        number(
            "Severs unconfirmed after 1.5 s",
            "Pods that were severed and have not said that they are at zero. Look at the bed.",
            "sum(dreamd_unconfirmed_severs) or vector(-1)",
            lists=["dreamd pods list --state offline", "dreamd pods list --coupled"],
            height=5,
            steps=ZERO_IS_WELL,
        ),
        lines(
            "Severs by cause",
            "Sleepers cut loose, by the cause their pod gave.",
            Query(
                "sum by (cause) (increase(dreamd_severed_total[$__rate_interval])) > 0",
                "{{cause}}",
            ),
            lists=["dreamd breakers list --state open", "dreamd dreamscapes list"],
            width=16,
            height=5,
            bars=True,
        ),
    ]


def _way() -> list[Stat | Lines]:
    return [
        number(
            "LOCKED: wait for a person",
            "Breakers that tripped twice within half an hour. Nobody of these is merged "
            "until a named person has "
            "looked and resets it.",
            "sum(dreamd_breakers_locked) or vector(-1)",
            lists=["dreamd breakers list --state locked"],
            steps=ZERO_IS_WELL,
        ),
        lines(
            "Tick age against the lease",
            "Seconds since the last tick was over. At the lease every pod lets go of the "
            "collective by itself.",
            Query("max(dreamd_tick_age_seconds)", "age"),
            lists=["dreamd dreamscapes list"],
            width=4,
            height=4,
            unit="s",
            bounds=((0.75 * LEASE_S, ORANGE), (LEASE_S, RED)),
            top=1.2 * LEASE_S,
        ),
        lines(
            "Frames in",
            "Frames a second. All at once gone: broker, network or daemon. A few: their pods.",
            Query("sum(rate(dreamd_frames_accepted_total[$__rate_interval]))", "frames/s"),
            lists=[LIST_PODS],
            width=4,
            height=4,
        ),
        lines(
            "Gaps",
            "Frames lost a second, gaps open for 2 s: the network drops, or the broker does.",
            Query("sum(rate(dreamd_frames_lost_total[$__rate_interval]))", "lost/s"),
            lists=[LIST_PODS],
            width=4,
            height=4,
        ),
        lines(
            "Late, refused",
            "Late: slow pods or network, or a late tick (then its age shows it). Refused: "
            "pods that are wrong.",
            Query("sum(rate(dreamd_frames_late_total[$__rate_interval]))", "late/s"),
            Query("sum(rate(dreamd_frames_refused_total[$__rate_interval]))", "refused/s"),
            lists=["dreamd breakers list --state open"],
            width=4,
            height=4,
        ),
        lines(
            "Broker: up, reconnects",
            "Connected, and how often the broker had to be reached anew. Not connected: everyone is alone.",
            Query("min(dreamd_broker_connected)", "connected"),
            Query("sum(increase(dreamd_broker_connections_total[$__rate_interval]))", "connects"),
            lists=["dreamd pods list --state offline"],
            width=4,
            height=4,
        ),
    ]


def _people() -> list[Stat | Lines]:
    return [
        lines(
            "Signal quality by site",
            "Mean over the pods that are online. Below the line a pod is admitted nowhere.",
            Query("min by (site) (dreamd_site_quality)", "{{site}}"),
            lists=[f"dreamd pods list --below-quality {QUALITY_IN}"],
            width=6,
            height=5,
            bounds=((QUALITY_IN, ORANGE),),
            top=1.0,
        ),
        lines(
            "Clock uncertainty by site",
            "Mean over synced clocks. Above the line phases of the quickest band are left out.",
            Query("max by (site) (dreamd_site_clock_uncertainty_seconds)", "{{site}}"),
            lists=[f"dreamd pods list --clock-above {CLOCK_LIMIT_S * 1000:.1f}"],
            width=6,
            height=5,
            unit="s",
            bounds=((CLOCK_LIMIT_S, ORANGE),),
        ),
        lines(
            "Synchrony z, the highest band",
            "Agreement of phases against chance. Above the line in three windows running, "
            "everybody is halved, "
            "then severed.",
            Query("max by (dreamscape) (dreamd_synchrony_z)", "{{dreamscape}}"),
            lists=["dreamd dreamscapes list"],
            width=6,
            height=5,
            bounds=((SYNCHRONY_Z_MOST, RED),),
            signed=True,
            top=SYNCHRONY_Z_MOST + 1.0,
        ),
        lines(
            "Identity against Start",
            "Spread of people and effective rank over their values at Start. Spread halves below "
            f"{DISPERSION_HALVE} and severs below {DISPERSION_SEVER}; rank halves below "
            f"{RANK_HALVE} and severs "
            f"below {RANK_SEVER}.",
            Query("min by (dreamscape) (dreamd_dispersion_ratio)", "spread {{dreamscape}}"),
            Query("min by (dreamscape) (dreamd_rank_ratio)", "rank {{dreamscape}}"),
            Query(f"vector({DISPERSION_HALVE})", "spread halves"),
            Query(f"vector({DISPERSION_SEVER})", "spread severs"),
            Query(f"vector({RANK_HALVE})", "rank halves"),
            Query(f"vector({RANK_SEVER})", "rank severs"),
            lists=["dreamd dreamscapes list"],
            width=6,
            height=5,
            top=1.2,
        ),
    ]


def _changed() -> list[Stat | Lines]:
    return [
        number(
            "Last deploy or settings change",
            "How long the daemon has been running: both need a restart.",
            "time() - max(dreamd_process_start_time_seconds)",
            lists=["dreamd settings"],
            width=8,
            height=3,
            unit="s",
        ),
        number(
            "Version",
            "What runs.",
            "dreamd_build_info",
            lists=["dreamd settings"],
            width=8,
            height=3,
            steps=PLAIN,
            label="version",
        ),
        number(
            "Settings",
            "A digest of the settings in force; two daemons that agree show the same.",
            "dreamd_settings_info",
            lists=["dreamd settings"],
            width=8,
            height=3,
            steps=PLAIN,
            label="settings",
        ),
    ]


def safety() -> Dashboard:
    """The board."""
    panels = [*_now(), *_severs(), *_way(), *_people(), *_changed()]
    return board("safety", "Safety", "Is tonight safe? Read from the top.", panels)
