"""The alerts that wait until morning."""

from typing import Final

from boards.alerting.pages import DREAMS
from boards.alerting.rules import NIGHT, NUMBER, SHARE, WHERE, Alert, counted, ticket
from boards.calls import FAULTS
from boards.links import JOB
from boards.process import MEMORY_WARN_BYTES
from boards.safety import CLOCK_LIMIT_S
from dreamd.core.limits import (
    DISPERSION_HALVE,
    LEDGER_SLOW_S,
    QUALITY_IN,
    RANK_HALVE,
    SYNCHRONY_Z_MOST,
)

NIGHT_S: Final = 8 * 3600
DAY_S: Final = 24 * 3600
SITE: Final = "site {{ $labels.site }}"


def _share(part: str, window: str) -> str:
    return f"rate({part}[{window}]) / rate(dreamd_frames_accepted_total[{window}])"


def _errors(window: str) -> str:
    """The share of calls that failed by our fault."""
    total = "sum by (job, instance) (rate(grpc_server_handled_total%s[%s]))"
    faulty = f'{{job="{JOB}", grpc_code=~"{FAULTS}"}}'
    every = f'{{job="{JOB}"}}'
    return f"{total % (faulty, window)} / {total % (every, window)}"


def _burns(times: float, long: str, short: str) -> str:
    """Both windows burn the budget of 99.9 % so many times too fast (the SRE workbook's pairs)."""
    most = f"{times * 0.001:g}"
    return f"{_errors(long)} > {most}\nand\n{_errors(short)} > {most}"


_WAY: Final = (
    ticket(
        "BrokerUnreachable",
        f"dreamd_broker_connected == 0\nunless {DREAMS}",
        "30s",
        "The broker is not reached; no Dreamscape dreams",
        f"{WHERE}: the daemon has not reached the broker for 30 s. No pod is heard and nothing can be "
        "merged.",
        "daemon",
    ),
    ticket(
        "BrokerReconnects",
        "increase(dreamd_broker_connections_total[15m]) > 2",
        "0s",
        "The connection to the broker breaks again and again",
        f"{WHERE}: the daemon connected to the broker {NUMBER} times in 15 minutes.",
        "daemon",
    ),
    ticket(
        "BedOffline",
        "dreamd_beds_offline > 0",
        "2m",
        "A bed with a sleeper in it is offline",
        f"{WHERE}: {counted('pod with a checked-in sleeper is', 'pods with checked-in sleepers are')} "
        "offline or silent for more than two minutes.",
        "fleet",
    ),
    ticket(
        "AuditContradicted",
        "dreamd_audit_contradicted > 0",
        "1m",
        "Beds keep another audit log than the daemon shows",
        f"{WHERE}: {counted('pod keeps', 'pods keep')} a checkpoint that the daemon's audit log contradicts.",
        "fleet",
    ),
    ticket(
        "CredentialsEnding",
        "dreamd_credentials_ending > 0",
        "10m",
        "The credential of a bed ends within a week: its agent does not renew it",
        f"{WHERE}: {counted('enrolled bed has', 'enrolled beds have')} a credential that ends within a week.",
        "fleet",
    ),
    ticket(
        "CertificateEnding",
        "dreamd_certificate_end_seconds - time() < 1209600",
        "10m",
        "A certificate of the site ends within two weeks",
        f"{WHERE}: the first certificate of the site ends in {{{{ $value | humanizeDuration }}}}.",
        "fleet",
    ),
    ticket(
        "FramesLate",
        f"{_share('dreamd_frames_late_total', '5m')} > 0.05",
        "5m",
        "Frames arrive after their tick",
        f"{WHERE}: {SHARE} of frames arrive after their tick has closed.",
    ),
    ticket(
        "FramesLost",
        f"{_share('dreamd_frames_lost_total', '5m')} > 0.02",
        "5m",
        "Frames are lost",
        f"{WHERE}: {SHARE} of frames are lost.",
    ),
)

_LEDGER: Final = (
    ticket(
        "LedgerNotWritable",
        "dreamd_ledger_writable == 0",
        "10s",
        "The ledger is not writable: nothing can be merged",
        f"{WHERE}: the ledger accepts no writes. After 5 s no coupling is granted; severs still act.",
        "daemon",
    ),
    ticket(
        "HouseLeaseOver",
        "dreamd_house_lease_seconds == 0",
        "10s",
        "The lease of a house is over: nothing can be merged",
        f"{WHERE}: no daemon renews the lease of the house. Nothing is granted; severs still act.",
        "daemon",
    ),
    ticket(
        "LedgerWriteFailures",
        "increase(dreamd_ledger_write_failures_total[15m]) > 0",
        "0s",
        "A write to the ledger has failed",
        f"{WHERE}: {counted('write to the ledger has', 'writes to the ledger have')} failed in 15 minutes.",
        "daemon",
    ),
    ticket(
        "LedgerSlow",
        f"dreamd_ledger_oldest_write_seconds > {LEDGER_SLOW_S:g}",
        "10s",
        "The ledger's disk is slow: no new sleeper is seated",
        f'{WHERE}: a write has waited {{{{ printf "%.1f" $value }}}} s for the disk. No new sleeper is '
        "seated; "
        "merged sleepers stay merged.",
        "daemon",
    ),
    ticket(
        "DiskFilling",
        "dreamd_disk_free_bytes / dreamd_disk_size_bytes < 0.05\n"
        "or\n(dreamd_disk_free_bytes / dreamd_disk_size_bytes < 0.4\n"
        f"and predict_linear(dreamd_disk_free_bytes[1h], {NIGHT_S}) < 0)",
        "10m",
        "The disk of the state directory is filling",
        f"{WHERE}: {SHARE} of the disk is free: less than 5 %, or at the last hour's pace full within a "
        "night. A full disk ends every merge.",
        "daemon",
    ),
)

_PEOPLE: Final = (
    ticket(
        "ConsentsUnwritten",
        "dreamd_consents_unwritten > 0",
        "1m",
        "A consent that has ended is not in the ledger",
        f"{WHERE}: {counted('consent has changed and is', 'consents have changed and are')} not in the "
        "ledger for more than a minute. They hold, and a crash would forget them.",
        "people",
    ),
    ticket(
        "GuidelinesLapse",
        f"dreamd_guidelines_lapse_seconds < {3 * DAY_S}",
        "0s",
        "The guidelines in force lapse within three days",
        f"{WHERE}: the revision in force is provisional and lapses in "
        "{{ $value | humanizeDuration }}. The revision before it holds again then.",
        "people",
    ),
    ticket(
        "MoratoriumLapses",
        f"dreamd_moratorium_lapse_seconds < {4 * 3600}",
        "0s",
        "A moratorium without a second lapses within four hours",
        f"{WHERE}: a moratorium that an advocate called has no second, and lapses in "
        "{{ $value | humanizeDuration }}. Its scope may merge again then.",
        "people",
    ),
    ticket(
        "LettersWaiting",
        "dreamd_letters_waiting > 0",
        "30m",
        "A night that is over has had no letter for half an hour",
        f"{WHERE}: {counted('night is', 'nights are')} over and without a letter for more than half an hour.",
        "people",
    ),
    ticket(
        "DosesNearLimit",
        "sum by (job, instance) (dreamd_doses_near_limit + dreamd_doses_at_limit)\n"
        '/ sum by (job, instance) (dreamd_consents{state="given"} > 0) > 0.25',
        "10m",
        "Many sleepers are near a limit of dose",
        f"{WHERE}: {SHARE} of the sleepers with a consent have merged 80 % or more of a limit of dose.",
        "people",
    ),
    ticket(
        "HarmAlarm",
        "dreamd_surveillance_alarm > 0",
        "0s",
        "A kind of harm comes more often than declared",
        f"{WHERE}: an alarm of the kind {{{{ $labels.kind }}}} stands. The cap of the guidelines is held to "
        "its share until a clinician and an advocate lift it.",
        "surveillance",
    ),
    ticket(
        "HarmRateAboveClause",
        "dreamd_surveillance_above_clause > 0",
        "1h",
        "The house's own rate of harm is above the declared one",
        f"{WHERE}: the own rate of the kind {{{{ $labels.kind }}}} is above the one of clause 6.1.",
        "surveillance",
    ),
)

_DREAMSCAPES: Final = (
    ticket(
        "StartOverdue",
        "dreamd_start_overdue_seconds > 300",
        "0s",
        "A Dreamscape still gathers after its start time",
        f"{WHERE}: {NIGHT} was to start {{{{ $value | humanizeDuration }}}} ago and still waits for "
        "sleepers.",
        "dreamscapes",
    ),
    ticket(
        "WakeOrderStands",
        f"dreamd_wake_order_oldest_seconds > {DAY_S}",
        "0s",
        "A wake order has stood for more than a day",
        f"{WHERE}: the oldest wake order was given {{{{ $value | humanizeDuration }}}} ago. The sleepers it "
        "reaches are admitted nowhere until it is lifted.",
        "fleet",
    ),
    ticket(
        "QualityLow",
        f"dreamd_site_quality < {QUALITY_IN}",
        "10m",
        "The signal quality of a site is low",
        f'{SITE}: mean signal quality is {{{{ printf "%.2f" $value }}}}; below {QUALITY_IN} a pod is not '
        "admitted.",
        "fleet",
    ),
    ticket(
        "ClocksUncertain",
        f"dreamd_site_clock_uncertainty_seconds > {CLOCK_LIMIT_S:.4f}\n"
        "or\ndreamd_site_clock_unsynced / dreamd_site_pods > 0.2",
        "10m",
        "The pod clocks of a site are too uncertain",
        f"{SITE}: clocks are too uncertain for the phases of the quickest band, or not synced.",
        "fleet",
    ),
    ticket(
        "CouplingHalved",
        "max_over_time(dreamd_halved[1m]) > 0",
        "0s",
        "Every coupling of a Dreamscape is halved",
        f"{WHERE}: the group of {NIGHT} ran away, and every coupling was halved. If it does not calm down "
        "the daemon severs it.",
        "dreamscapes",
    ),
    ticket(
        "SynchronyHigh",
        f"max by (job, instance, dreamscape) (dreamd_synchrony_z) > {SYNCHRONY_Z_MOST:g}",
        "20s",
        "Phases agree far beyond chance",
        f'{WHERE}: synchrony z of {NIGHT} is {{{{ printf "%.1f" $value }}}}, above {SYNCHRONY_Z_MOST:g}.',
        "dreamscapes",
    ),
    ticket(
        "IdentityFading",
        f"dreamd_dispersion_ratio < {DISPERSION_HALVE}\nor\ndreamd_rank_ratio < {RANK_HALVE}",
        "10s",
        "Sleepers of a Dreamscape grow alike",
        f'{WHERE}: spread or rank of {NIGHT} is {{{{ printf "%.2f" $value }}}} of its value at Start.',
        "dreamscapes",
    ),
)

_DAEMON: Final = (
    ticket(
        "StepsFailed",
        "increase(dreamd_steps_failed_total[15m]) > 0",
        "0s",
        "A step of the daemon has failed: a bug",
        f"{WHERE}: {counted('step of the daemon has', 'steps of the daemon have')} failed in 15 minutes. "
        "The sleepers concerned were set to zero first.",
        "daemon",
    ),
    ticket(
        "TicksSkipped",
        "increase(dreamd_ticks_skipped_total[5m]) > 12",
        "0s",
        "The daemon skips ticks",
        f"{WHERE}: {NUMBER} ticks were skipped in 5 minutes.",
        "daemon",
    ),
    ticket(
        "HousesParted",
        "increase(dreamd_house_ticks_alone_total[5m]) > 12",
        "0s",
        "This house does not hear the others of a shared Dreamscape",
        f"{WHERE}: {NUMBER} ticks in 5 minutes had no sums of the other houses. "
        "After two in a row the sleepers of this house are alone.",
        "daemon",
    ),
    ticket(
        "LoopLag",
        "histogram_quantile(0.99, "
        "sum by (job, instance, le) (rate(dreamd_loop_lag_seconds_bucket[5m]))) > 0.1",
        "5m",
        "The event loop lags",
        f'{WHERE}: one turn of the event loop in a hundred starts {{{{ printf "%.2f" $value }}}} s late or '
        "later.",
        "daemon",
    ),
    ticket(
        "GrpcErrorsFast",
        _burns(14.4, "1h", "5m"),
        "2m",
        "API calls fail by our fault, and still do",
        f"{WHERE}: {SHARE} of calls failed within the last hour.",
        "daemon",
    ),
    ticket(
        "GrpcErrorsSlow",
        _burns(6.0, "6h", "30m"),
        "15m",
        "API calls have failed by our fault for hours",
        f"{WHERE}: {SHARE} of calls failed within the last six hours.",
        "daemon",
    ),
    ticket(
        "MemoryHigh",
        f"dreamd_process_resident_memory_bytes > {MEMORY_WARN_BYTES}\n"
        "or\ndreamd_process_open_fds / dreamd_process_max_fds > 0.8",
        "10m",
        "The daemon's memory or file descriptors run out",
        f"{WHERE}: more than {MEMORY_WARN_BYTES >> 20} MiB of memory, or four fifths of the file "
        "descriptors, are in use.",
        "daemon",
    ),
)

TICKETS: Final[tuple[Alert, ...]] = (*_WAY, *_LEDGER, *_PEOPLE, *_DREAMSCAPES, *_DAEMON)
