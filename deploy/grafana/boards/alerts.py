"""The alerts: what wakes somebody, and what can wait until morning.

A page means that a sleeper may be coupled who should not be, or that we can no longer tell. Everything else
is a ticket. Each has a runbook of its name in deploy/runbooks, and is tested: it fires, and it stays silent.
What is not known is NaN and fires nothing; that nothing at all is known is `NothingScraped`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from boards.calls import FAULTS
from boards.process import MEMORY_WARN_BYTES
from boards.safety import CLOCK_LIMIT_S
from dreamd.core.limits import (
    DISPERSION_HALVE,
    LEASE_S,
    LEDGER_SLOW_S,
    QUALITY_IN,
    RANK_HALVE,
    SYNCHRONY_Z_MOST,
)

PAGE: Final = "page"
TICKET: Final = "ticket"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. held: how long the expression must hold. says: a sentence, `{{ }}` filled by Prometheus."""

    name: str
    severity: Literal["page", "ticket"]
    expr: str
    held: str
    says: str

    @property
    def runbook(self) -> str:
        """The file in deploy/runbooks: SeversUnconfirmed has severs-unconfirmed.md."""
        return "-".join(re.findall(r"[A-Z][a-z]*", self.name)).lower() + ".md"


def _share(part: str, window: str) -> str:
    return f"rate({part}[{window}]) / rate(dreamd_frames_accepted_total[{window}])"


def _errors(window: str) -> str:
    """The share of calls that failed by our fault."""
    total = "sum by (instance) (rate(grpc_server_handled_total%s[%s]))"
    faulty = f'{{grpc_code=~"{FAULTS}"}}'
    return f"{total % (faulty, window)} / {total % ('', window)}"


def _burns(times: float, long: str, short: str) -> str:
    """Both windows burn the budget of 99.9 % so many times too fast (the SRE workbook's pairs)."""
    most = f"{times * 0.001:g}"
    return f"{_errors(long)} > {most}\nand\n{_errors(short)} > {most}"


PAGES: Final = (
    Alert(
        "CoupledAboveGranted",
        PAGE,
        "max_over_time(dreamd_coupled_above_granted[1m]) > 0\n"
        "or\nincrease(dreamd_frames_above_granted_total[1m]) > 1",
        "0s",
        "{{ $labels.instance }}: a sleeper is coupled more than was granted",
    ),
    Alert(
        "SeversUnconfirmed",
        PAGE,
        "dreamd_unconfirmed_severs > 0",
        "5s",
        "{{ $labels.instance }}: {{ $value }} severed pods have not said that they are at zero",
    ),
    Alert(
        "BreakerLocked",
        PAGE,
        "dreamd_breakers_locked > 0",
        "0s",
        "{{ $labels.instance }}: {{ $value }} locked breakers ({{ $labels.concerns }}) wait for a person",
    ),
    Alert(
        "MassFailure",
        PAGE,
        "increase(dreamd_mass_failures_total[5m]) > 0",
        "0s",
        "{{ $labels.instance }}: many sleepers of a Dreamscape failed at once; it was severed",
    ),
    Alert(
        "TickNearLease",
        PAGE,
        f"dreamd_tick_age_seconds > {0.75 * LEASE_S:g}",
        "5s",
        "{{ $labels.instance }}: the last tick is {{ $value }} s ago; at 1 s every sleeper is alone",
    ),
    Alert(
        "NothingScraped",
        PAGE,
        'up{job="dreamd"} == 0\nor\nabsent(up{job="dreamd"})',
        "15s",
        "the daemon is not scraped: nothing is known of any sleeper",
    ),
)

TICKETS: Final = (
    Alert(
        "FramesLate",
        TICKET,
        f"{_share('dreamd_frames_late_total', '5m')} > 0.05",
        "5m",
        "{{ $labels.instance }}: {{ $value | humanizePercentage }} of frames come after their tick",
    ),
    Alert(
        "FramesLost",
        TICKET,
        f"{_share('dreamd_frames_lost_total', '5m')} > 0.02",
        "5m",
        "{{ $labels.instance }}: {{ $value | humanizePercentage }} of frames are lost",
    ),
    Alert(
        "BrokerLost",
        TICKET,
        "dreamd_broker_connected == 0",
        "30s",
        "{{ $labels.instance }}: the broker is not reached; every sleeper is alone",
    ),
    Alert(
        "BrokerReconnects",
        TICKET,
        "increase(dreamd_broker_connections_total[15m]) > 2",
        "0s",
        "{{ $labels.instance }}: the broker was lost {{ $value | humanize }} times in 15 minutes",
    ),
    Alert(
        "LedgerNotWritable",
        TICKET,
        "dreamd_ledger_writable == 0",
        "10s",
        "{{ $labels.instance }}: the ledger takes nothing; nobody is granted anything",
    ),
    Alert(
        "LedgerSlow",
        TICKET,
        f"dreamd_ledger_oldest_write_seconds > {LEDGER_SLOW_S:g}",
        "10s",
        "{{ $labels.instance }}: the disk is slow; nobody new is seated, those merged dream on",
    ),
    Alert(
        "TicksSkipped",
        TICKET,
        "increase(dreamd_ticks_skipped_total[5m]) > 12",
        "0s",
        "{{ $labels.instance }}: {{ $value | humanize }} ticks were skipped in 5 minutes",
    ),
    Alert(
        "LoopLag",
        TICKET,
        "histogram_quantile(0.99, sum by (instance, le) (rate(dreamd_loop_lag_seconds_bucket[5m]))) > 0.1",
        "5m",
        "{{ $labels.instance }}: one turn in a hundred of the event loop comes {{ $value }} s late",
    ),
    Alert(
        "QualityLow",
        TICKET,
        f"dreamd_site_quality < {QUALITY_IN}",
        "10m",
        "site {{ $labels.site }}: signal quality is {{ $value | humanize }} on average",
    ),
    Alert(
        "ClocksUncertain",
        TICKET,
        f"dreamd_site_clock_uncertainty_seconds > {CLOCK_LIMIT_S:.4f}\n"
        "or\ndreamd_site_clock_unsynced / dreamd_site_pods > 0.2",
        "10m",
        "site {{ $labels.site }}: clocks are too uncertain for phases, or not synced",
    ),
    Alert(
        "CrowdHalved",
        TICKET,
        "max_over_time(dreamd_halved[1m]) > 0",
        "0s",
        "{{ $labels.dreamscape }}: the crowd ran away, every coupling was halved",
    ),
    Alert(
        "SynchronyHigh",
        TICKET,
        f"max by (instance, dreamscape) (dreamd_synchrony_z) > {SYNCHRONY_Z_MOST:g}",
        "20s",
        "{{ $labels.dreamscape }}: phases agree far beyond chance",
    ),
    Alert(
        "IdentityFading",
        TICKET,
        f"dreamd_dispersion_ratio < {DISPERSION_HALVE}\nor\ndreamd_rank_ratio < {RANK_HALVE}",
        "10s",
        "{{ $labels.dreamscape }}: sleepers grow alike ({{ $value | humanize }} of what it was at Start)",
    ),
    Alert(
        "GrpcErrorsFast",
        TICKET,
        _burns(14.4, "1h", "5m"),
        "2m",
        "{{ $labels.instance }}: {{ $value | humanizePercentage }} of calls failed in an hour",
    ),
    Alert(
        "GrpcErrorsSlow",
        TICKET,
        _burns(6.0, "6h", "30m"),
        "15m",
        "{{ $labels.instance }}: {{ $value | humanizePercentage }} of calls failed in six hours",
    ),
    Alert(
        "MemoryHigh",
        TICKET,
        f"dreamd_process_resident_memory_bytes > {MEMORY_WARN_BYTES}\n"
        "or\ndreamd_process_open_fds / dreamd_process_max_fds > 0.8",
        "10m",
        "{{ $labels.instance }}: memory or descriptors run out",
    ),
)
ALERTS: Final = (*PAGES, *TICKETS)


def _rule(alert: Alert) -> str:
    expr = "\n".join(f"          {line}" for line in alert.expr.splitlines())
    return (
        f"      - alert: {alert.name}\n"
        f"        expr: |-\n{expr}\n"
        f"        for: {alert.held}\n"
        f"        labels:\n          severity: {alert.severity}\n"
        f"        annotations:\n"
        f'          summary: "{alert.says}"\n'
        f'          runbook: "deploy/runbooks/{alert.runbook}"\n'
    )


def rules() -> str:
    """The rules as Prometheus reads them."""
    head = (
        "# Made by `make boards` from deploy/grafana/boards/alerts.py; a test compares them.\n"
        "# Pages wake somebody; tickets wait. Each alert has its runbook in deploy/runbooks.\ngroups:\n"
    )
    groups = (("dreamd pages", PAGES), ("dreamd tickets", TICKETS))
    return head + "\n".join(
        f"  - name: {name}\n    rules:\n" + "".join(map(_rule, alerts)) for name, alerts in groups
    )
