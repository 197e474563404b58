"""Fleet: pods, their breakers, their frames, site by site."""

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.builders.timeseries import Panel

from boards.kit import ORANGE, Query, board, choice, lines
from boards.safety import CLOCK_LIMIT_S, LIST_PODS
from dreamd.core.limits import QUALITY_IN

AT = '{site=~"$site"}'


def _pods() -> list[Panel]:
    return [
        lines(
            "Pods",
            "Connected and heard within 1.5 s; connected and silent, of which nothing is known; ever seen; "
            "those offline or silent with a sleeper checked in; those that keep another audit log; those "
            "that have left a gateway which is not heard; those whose credential ends within a week.",
            Query("sum(dreamd_pods_online)", "online"),
            Query("sum(dreamd_pods_unheard)", "not heard"),
            Query("sum(dreamd_pods_known)", "known"),
            Query("sum(dreamd_beds_offline)", "offline with a sleeper"),
            Query("sum(dreamd_audit_contradicted)", "keep another audit log"),
            Query("sum(dreamd_pods_off_gateway)", "left a gateway that is not heard"),
            Query("sum(dreamd_credentials_ending)", "credential ends within a week"),
            lists=[LIST_PODS, "dreamd pods list --state offline"],
        ),
        lines(
            "Breakers that are not closed",
            "Open and half-open breakers come back by themselves, locked ones wait for a person.",
            Query('sum by (state) (dreamd_breakers{state!="closed"})', "{{state}}"),
            lists=[
                "dreamd breakers list --state open",
                "dreamd breakers list --state half-open",
                "dreamd breakers list --state locked",
            ],
        ),
        lines(
            "Locked, by what is concerned",
            "A device's lock wants a technician, a person's a clinician.",
            Query("sum by (concerns) (dreamd_breakers_locked)", "{{concerns}}"),
            lists=["dreamd breakers list --state locked"],
        ),
        lines(
            "Frames refused, payloads not read",
            "By reason; `not-assigned` follows every sever for a moment. What cannot be read is shown by "
            "kind: the event `malformed` and the log name the pod.",
            Query("sum by (reason) (rate(dreamd_frames_refused_total[$__rate_interval])) > 0", "{{reason}}"),
            Query(
                "sum by (kind) (rate(dreamd_malformed_total[$__rate_interval])) > 0", "unreadable {{kind}}"
            ),
            lists=["dreamd breakers list --state open"],
            unit="cps",
        ),
        lines(
            "Shares late and lost",
            "Of the frames that came or should have come.",
            Query(
                "sum(rate(dreamd_frames_late_total[$__rate_interval])) "
                "/ sum(rate(dreamd_frames_accepted_total[$__rate_interval]))",
                "late",
            ),
            Query(
                "sum(rate(dreamd_frames_lost_total[$__rate_interval])) "
                "/ sum(rate(dreamd_frames_accepted_total[$__rate_interval]))",
                "lost",
            ),
            lists=[LIST_PODS],
            unit="percentunit",
        ),
        lines(
            "Wake orders that stand",
            "A sleeper whom one reaches is admitted nowhere until a named person lifts it.",
            Query("sum(dreamd_wake_orders)", "orders"),
            Query("max(dreamd_wake_order_oldest_seconds) / 3600", "age of the oldest, hours"),
            lists=["dreamd wake list --standing"],
        ),
    ]


def _sites() -> list[Panel]:
    return [
        lines(
            "Pods by site",
            "Online, and their status is known.",
            Query(f"sum by (site) (dreamd_site_pods{AT})", "{{site}}"),
            lists=["dreamd pods list --site SITE"],
            width=6,
        ),
        lines(
            "Signal quality by site",
            "Mean over the pods that are online.",
            Query(f"min by (site) (dreamd_site_quality{AT})", "{{site}}"),
            lists=[f"dreamd pods list --site SITE --below-quality {QUALITY_IN}"],
            width=6,
            bounds=((QUALITY_IN, ORANGE),),
            top=1.0,
        ),
        lines(
            "Low quality, unsynced clocks",
            "Pods of low quality are admitted nowhere; pods with unsynced clocks send no phases.",
            Query(f"sum by (site) (dreamd_site_quality_low{AT})", "low quality {{site}}"),
            Query(f"sum by (site) (dreamd_site_clock_unsynced{AT})", "unsynced {{site}}"),
            lists=[f"dreamd pods list --below-quality {QUALITY_IN}", "dreamd pods list --clock-above 1000"],
            width=6,
        ),
        lines(
            "Clock uncertainty by site",
            "Mean over synced clocks. Above the line phases of the quickest band are left out.",
            Query(f"max by (site) (dreamd_site_clock_uncertainty_seconds{AT})", "{{site}}"),
            lists=[f"dreamd pods list --site SITE --clock-above {CLOCK_LIMIT_S * 1000:.1f}"],
            width=6,
            unit="s",
            bounds=((CLOCK_LIMIT_S, ORANGE),),
        ),
    ]


def fleet() -> Dashboard:
    """The board."""
    sites = choice("site", "site", "label_values(dreamd_site_pods, site)")
    return board("fleet", "Fleet", "The pods, by state and site.", [*_pods(), *_sites()], [sites])
