"""Process and broker: what the daemon stands on."""

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Lines

from boards.kit import GREEN, ORANGE, RED, Query, board, lines, number
from dreamd.core.limits import LEDGER_SLOW_S

ONE_IS_WELL = ((0.0, RED), (1.0, GREEN))
FLEET = ["dreamd pods list"]
MEMORY_WARN_BYTES = 400 << 20
"""The daemon with 500 pods stays below a quarter of it; compose.yaml ends it at 512 MiB."""


def _up() -> list[Stat | Lines]:
    return [
        number(
            "Scraped",
            "Whether Prometheus reaches the daemon at all.",
            'min(up{job="dreamd"}) or vector(-1)',
            lists=["curl 127.0.0.1:8080/readyz"],
            steps=ONE_IS_WELL,
        ),
        number(
            "Broker",
            "1 while the broker is reached. Without it everyone is alone by their tether.",
            "min(dreamd_broker_connected) or vector(-1)",
            lists=["curl 127.0.0.1:8080/readyz"],
            steps=ONE_IS_WELL,
        ),
        number(
            "Ledger",
            "1 while the ledger takes what it is given. Without it nobody is granted anything after 5 s.",
            "min(dreamd_ledger_writable) or vector(-1)",
            lists=["curl 127.0.0.1:8080/readyz"],
            steps=ONE_IS_WELL,
        ),
        lines(
            "Ledger: how long writes take",
            "From a write's submission to the disk's word, and how long the oldest has waited. No tick waits "
            "for it; above a second nobody new is seated.",
            Query(
                "histogram_quantile(0.99, sum by (le) (rate(dreamd_ledger_commit_seconds_bucket"
                "[$__rate_interval])))",
                "99 % within",
            ),
            Query("max(dreamd_ledger_oldest_write_seconds)", "the oldest waits"),
            lists=["curl 127.0.0.1:8080/readyz"],
            width=12,
            unit="s",
            bounds=((LEDGER_SLOW_S, ORANGE),),
        ),
        lines(
            "Reconnects to the broker",
            "How often it had to be reached anew.",
            Query("sum(increase(dreamd_broker_connections_total[$__rate_interval]))", "connects"),
            lists=["dreamd pods list --state offline"],
            width=12,
            height=4,
        ),
    ]


def _process() -> list[Stat | Lines]:
    return [
        lines(
            "Processor",
            "Cores in use. The tick runs on one.",
            Query(
                "sum by (instance) (rate(dreamd_process_cpu_seconds_total[$__rate_interval]))", "{{instance}}"
            ),
            lists=FLEET,
            width=6,
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
            "Open descriptors, share of what may be open",
            "Connections of the API, the broker's, files.",
            Query("max by (instance) (dreamd_process_open_fds / dreamd_process_max_fds)", "{{instance}}"),
            lists=FLEET,
            width=6,
            unit="percentunit",
            bounds=((0.8, ORANGE),),
        ),
        lines(
            "Dropped from full queues",
            "What did not fit. Never a sever: those wait until they can leave.",
            Query("sum by (what) (increase(dreamd_link_dropped_total[$__rate_interval])) > 0", "{{what}}"),
            lists=FLEET,
            width=6,
            bars=True,
        ),
    ]


def process() -> Dashboard:
    """The board."""
    says = "What the daemon stands on: machine, broker, ledger."
    return board("process", "Process and broker", says, [*_up(), *_process()])
