"""The rows Process, and Broker and ledger: what the daemon runs on and depends on."""

from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Lines

from boards.kit import GREEN, ORANGE, PLAIN, RED, Query, lines, number
from dreamd.core.limits import LEDGER_SLOW_S

ONE_IS_WELL = ((0.0, RED), (1.0, GREEN))
READY = ["curl 127.0.0.1:8080/readyz"]
FLEET = ["dreamd pods list"]
MEMORY_WARN_BYTES = 400 << 20
"""The daemon with 500 pods stays below a quarter of it; compose.yaml ends it at 512 MiB."""
DISK_LOW_SHARE = 0.05


def broker_number() -> Stat:
    """Whether the broker is reached."""
    return number(
        "Broker",
        "1 while the broker is reached. Without it every pod is alone by its tether.",
        "min(dreamd_broker_connected) or vector(-1)",
        lists=READY,
        steps=ONE_IS_WELL,
    )


def ledger_number() -> Stat:
    """Whether the ledger accepts writes."""
    return number(
        "Ledger",
        "1 while the ledger accepts writes. Without it no coupling is granted after 5 s.",
        "min(dreamd_ledger_writable) or vector(-1)",
        lists=READY,
        steps=ONE_IS_WELL,
    )


def reconnects(width: int, height: int) -> Lines:
    """How often the broker was reached anew."""
    return lines(
        "Broker connects",
        "How often the daemon had to connect to the broker anew. Each one is an outage of every pod.",
        Query("sum(increase(dreamd_broker_connections_total[$__rate_interval]))", "connects"),
        lists=["dreamd pods list --state offline"],
        width=width,
        height=height,
        unit="short",
    )


def dependency_panels() -> list[Stat | Lines]:
    """The row Broker and ledger."""
    return [
        number(
            "Scraped",
            "1 while Prometheus reaches the daemon.",
            "min(up) or vector(-1)",
            lists=READY,
            steps=ONE_IS_WELL,
        ),
        broker_number(),
        ledger_number(),
        reconnects(6, 4),
        lines(
            "Failed ledger writes",
            "Writes that the disk refused. They are tried again; until then no new sleeper is seated.",
            Query("sum(increase(dreamd_ledger_write_failures_total[$__rate_interval]))", "failed writes"),
            lists=READY,
            width=6,
            height=4,
            unit="short",
        ),
        lines(
            "Ledger: how long writes take",
            "From a write's submission until the disk confirms it, and how long the oldest write has "
            "waited. No tick waits for it; above a second no new sleeper is seated. In PostgreSQL also what "
            "is left of the house's lease; at zero nothing is granted.",
            Query(
                "histogram_quantile(0.99, sum by (le) (rate(dreamd_ledger_commit_seconds_bucket"
                "[$__rate_interval])))",
                "99 % within",
            ),
            Query("max(dreamd_ledger_oldest_write_seconds)", "the oldest waits"),
            Query("max(dreamd_house_lease_seconds)", "left of the house's lease"),
            lists=READY,
            width=12,
            unit="s",
            bounds=((LEDGER_SLOW_S, ORANGE),),
        ),
        lines(
            "Free disk of the state directory",
            "Share of the file system that is free. A full disk stops the ledger, and with it every merge.",
            Query("min by (instance) (dreamd_disk_free_bytes / dreamd_disk_size_bytes)", "{{instance}}"),
            lists=READY,
            width=12,
            unit="percentunit",
            bounds=((0.0, RED), (DISK_LOW_SHARE, ORANGE), (2 * DISK_LOW_SHARE, "transparent")),
            top=1.0,
        ),
        lines(
            "Recordings: rows left out, and recordings stopped",
            "A disk that is too slow costs a recording rows; a full one ends it. No sleeper notices either.",
            Query("sum(increase(dreamd_recording_dropped_total[$__rate_interval]))", "ticks and events"),
            Query("sum(increase(dreamd_recordings_stopped_total[$__rate_interval]))", "stopped"),
            lists=["dreamd recording list"],
            width=24,
            height=4,
            unit="short",
        ),
    ]


def process_panels() -> list[Stat | Lines]:
    """The row Process."""
    return [
        number(
            "Running since",
            "How long the daemon has been running. A deploy and a change of settings both restart it.",
            "time() - max(dreamd_process_start_time_seconds)",
            lists=["dreamd settings"],
            width=8,
            height=3,
            unit="s",
        ),
        number(
            "Version",
            "The version that runs.",
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
        lines(
            "Processor",
            "Cores in use. The tick runs on one.",
            Query(
                "sum by (instance) (rate(dreamd_process_cpu_seconds_total[$__rate_interval]))", "{{instance}}"
            ),
            lists=FLEET,
            width=6,
            unit="short",
            bounds=((0.8, ORANGE),),
            top=1.0,
        ),
        lines(
            "Memory",
            "Resident.",
            Query("max by (instance) (dreamd_process_resident_memory_bytes)", "{{instance}}"),
            lists=FLEET,
            width=6,
            unit="bytes",
            bounds=((float(MEMORY_WARN_BYTES), ORANGE),),
        ),
        lines(
            "File descriptors in use",
            "Connections of the API, the broker's, files: their share of the limit.",
            Query("max by (instance) (dreamd_process_open_fds / dreamd_process_max_fds)", "{{instance}}"),
            lists=FLEET,
            width=6,
            unit="percentunit",
            bounds=((0.8, ORANGE),),
        ),
        lines(
            "Dropped from full queues",
            "Messages that did not fit. Never a sever: severs wait until they can leave.",
            Query("sum by (what) (increase(dreamd_link_dropped_total[$__rate_interval])) > 0", "{{what}}"),
            lists=FLEET,
            width=6,
            unit="short",
            bars=True,
        ),
    ]
