"""The row Tick: whether the daemon keeps its time, four times a second."""

from grafana_foundation_sdk.builders.timeseries import Panel

from boards.kit import ORANGE, RED, Query, lines
from dreamd.core.limits import HOP_S, LEASE_S

DREAMSCAPES = ["dreamd dreamscapes list"]


def _quantiles(metric: str) -> tuple[Query, ...]:
    rate = f"sum by (le) (rate({metric}_bucket[$__rate_interval]))"
    return tuple(Query(f"histogram_quantile({share}, {rate})", f"p{share * 100:g}") for share in (0.5, 0.99))


def tick_panels() -> list[Panel]:
    """The panels."""
    return [
        lines(
            "Work of a tick",
            "Judging, fusing and publishing. A tick that takes a hop leaves no time for anything else.",
            *_quantiles("dreamd_tick_seconds"),
            lists=DREAMSCAPES,
            unit="s",
            bounds=((0.5 * HOP_S, ORANGE), (HOP_S, RED)),
            width=6,
        ),
        lines(
            "How late ticks begin",
            "From when a tick was due to when it began. Above the line something else held the loop, or the "
            "machine is busy.",
            *_quantiles("dreamd_tick_lateness_seconds"),
            lists=DREAMSCAPES,
            unit="s",
            bounds=((HOP_S, RED),),
            width=6,
        ),
        lines(
            "Lag of the event loop",
            "How late the loop gives a turn that was asked for at a fixed time.",
            *_quantiles("dreamd_loop_lag_seconds"),
            lists=DREAMSCAPES,
            unit="s",
            bounds=((0.1, ORANGE), (HOP_S, RED)),
            width=6,
        ),
        lines(
            "Tick age",
            "Seconds since the last tick was over, at the scrape. At the lease every pod lets go of the "
            "collective by its tether.",
            Query("max(dreamd_tick_age_seconds)", "age"),
            lists=DREAMSCAPES,
            unit="s",
            bounds=((0.75 * LEASE_S, ORANGE), (LEASE_S, RED)),
            width=6,
        ),
        lines(
            "Ticks and skipped ticks",
            "Four a second. A skipped tick is never made up for; after three in a row leases lapse.",
            Query("sum(rate(dreamd_tick_seconds_count[$__rate_interval]))", "ticks"),
            Query("sum(rate(dreamd_ticks_skipped_total[$__rate_interval]))", "skipped"),
            lists=DREAMSCAPES,
            unit="cps",
        ),
        lines(
            "Ticks without the other houses",
            "Of Dreamscapes shared with other houses. Two in a row repeat the last message; then the "
            "sleepers of this house are alone. /readyz names the reason.",
            Query("sum(rate(dreamd_house_ticks_alone_total[$__rate_interval]))", "without the others"),
            lists=DREAMSCAPES,
            unit="cps",
        ),
        lines(
            "Failed steps (bugs)",
            "A bug in a step of the daemon. The sleepers it concerns are at zero first, for two seconds. The "
            "event `step-failed` names the step.",
            Query("sum(increase(dreamd_steps_failed_total[$__rate_interval]))", "failed steps"),
            lists=DREAMSCAPES,
            unit="short",
            bounds=((1.0, ORANGE),),
        ),
        lines(
            "Evidence to zero, by the pods' stamps",
            "From the first evidence to coupling zero at the pod, for severs that the pod reported.",
            *_quantiles("dreamd_evidence_to_zero_seconds"),
            lists=["dreamd breakers list --state open"],
            unit="s",
            bounds=((0.5, ORANGE),),
        ),
    ]
