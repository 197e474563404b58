"""Every metric of the daemon, in one table: the source of the series and of docs/reference.md's table.

Names follow Prometheus: base units, `_total` on counters. A gauge that is not known now (a ratio without
sleepers, a synchrony of too few) is NaN: it stays a series, no comparison with it is true, so no alert fires
on an unknown value. No label ever names a pod or a sleeper; `labels` is every label there is.
"""

from dataclasses import dataclass
from typing import Final, Literal

FAST_S: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
LATE_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
ZERO_S: Final = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5)
CONFIRM_S: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0)
COMMIT_S: Final = (0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0)
CALL_S: Final = (0.005, 0.05, 0.5)
_OF_SERVICE: Final = ("grpc_type", "grpc_service")
_CALL: Final = (*_OF_SERVICE, "grpc_method")
_OF: Final = ("dreamscape",)
_AT: Final = ("site",)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. unit: of its value; `1` is a bare number or a share. buckets: of a histogram."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(name, "counter", unit, meaning, labels)


def _gauge(name: str, unit: str, meaning: str, *labels: str) -> Metric:
    return Metric(name, "gauge", unit, meaning, labels)


def _histogram(name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name, "histogram", "seconds", meaning, labels, buckets)


CATALOGUE: Final = (
    _gauge(
        "dreamd_coupled_above_granted",
        "pods",
        "render more than was granted in the last lease and fade: 0; NaN: none with a slot is heard",
    ),
    _counter("dreamd_frames_above_granted_total", "frames", "that reported more coupling than was granted"),
    _gauge("dreamd_unconfirmed_severs", "pods", "severed over 1.5 s ago without a confirmed zero"),
    _histogram("dreamd_sever_confirmed_seconds", "from a sever to the pod's report of zero", CONFIRM_S),
    _histogram("dreamd_evidence_to_zero_seconds", "from evidence to zero, by the pods' stamps", ZERO_S),
    _counter("dreamd_severed_total", "sleepers", "severed, by cause", "cause"),
    _counter("dreamd_mass_failures_total", "Dreamscapes", "severed because many failed at once"),
    _gauge("dreamd_breakers", "pods", "by the state of their breaker", "state"),
    _gauge(
        "dreamd_breakers_locked",
        "pods",
        "locked until a person resets them, by the subject of the cause",
        "concerns",
    ),
    _gauge("dreamd_consents", "sleepers", "by the state of their consent", "state"),
    _gauge("dreamd_consents_unwritten", "consents", "that have taken effect and wait for the ledger"),
    _counter("dreamd_consent_changes_total", "changes", "of consents, by kind", "change"),
    _gauge("dreamd_doses_near_limit", "sleepers", "from 80 % of a limit of dose on, below it"),
    _gauge("dreamd_doses_at_limit", "sleepers", "that have merged a limit of dose"),
    _gauge("dreamd_letters_waiting", "nights", "that are over and have no letter yet"),
    _gauge("dreamd_cases", "cases", "of the clinic that have not ended, by level", "level"),
    _gauge("dreamd_cases_unanswered", "cases", "of level 1 that nobody has answered in 15 minutes"),
    _gauge("dreamd_guidelines_revision", "1", "number of the revision in force"),
    _gauge(
        "dreamd_guidelines_lapse_seconds", "seconds", "until it lapses, where provisional; NaN: it is not"
    ),
    _gauge("dreamd_surveillance_evidence", "1", "that harm is above its rate; NaN: blind", "kind"),
    _gauge("dreamd_surveillance_threshold", "1", "evidence of an alarm"),
    _gauge("dreamd_surveillance_rate", "1/night", "cases a sleeper-night, as judged; NaN: blind", "kind"),
    _gauge("dreamd_surveillance_blind", "1", "1 while no rate is known: no night is judged", "kind"),
    _gauge("dreamd_surveillance_alarm", "1", "1 while an alarm stands: the cap is held to its share", "kind"),
    _gauge("dreamd_surveillance_above_clause", "1", "1 while the own rate is above the clause's", "kind"),
    _gauge("dreamd_surveillance_sleeper_nights", "nights", "of which the own rate is made", "kind"),
    _counter("dreamd_guideline_refusals_total", "refusals", "of calls and seats, by clause", "clause"),
    _gauge("dreamd_moratoria", "moratoria", "that act: called, without a second; standing", "state"),
    _gauge("dreamd_moratorium_lapse_seconds", "seconds", "until one without a second lapses; NaN: none"),
    _gauge("dreamd_rounds", "rounds", "of the exchange that are under way"),
    _gauge("dreamd_wake_orders", "orders", "that stand"),
    _gauge("dreamd_wake_order_oldest_seconds", "seconds", "age of the oldest standing order; 0: none"),
    _gauge("dreamd_dreamscapes", "Dreamscapes", "by state, those that ended left out", "state"),
    _gauge("dreamd_sleepers", "sleepers", "with a slot: merged, alone, severed, unreachable", *_OF, "state"),
    _gauge(
        "dreamd_alone_while_dreaming", "1", "1 while it is DREAMING with slots held and none merged", *_OF
    ),
    _gauge(
        "dreamd_unreachable_while_dreaming", "sleepers", "unreachable while the Dreamscape is DREAMING", *_OF
    ),
    _gauge("dreamd_start_overdue_seconds", "seconds", "gathering past the start of its plan; 0: not", *_OF),
    _gauge("dreamd_coupling_level", "1", "coupling granted to each included sleeper, 0 to 1", *_OF),
    _gauge("dreamd_halved", "1", "1 while every coupling is halved", *_OF),
    _gauge("dreamd_synchrony_z", "1", "agreement of phases against chance, last 10 s", *_OF, "band"),
    _gauge("dreamd_synchrony_ppc", "1", "the same as PPC, the band where it is highest", *_OF),
    _gauge("dreamd_dispersion_ratio", "1", "spread of people over its value at Start", *_OF),
    _gauge("dreamd_rank_ratio", "1", "effective rank over its value at Start", *_OF),
    _gauge("dreamd_identifiability", "1", "I_diff: likeness to oneself less that to others", *_OF),
    _gauge("dreamd_energy", "1", "of the crowd in own z, mean of 4 s", *_OF),
    _gauge("dreamd_energy_limit", "1", "above which the loop runs away", *_OF),
    _counter("dreamd_frames_accepted_total", "frames", "taken in"),
    _counter("dreamd_frames_late_total", "frames", "of those, after their tick had closed"),
    _counter("dreamd_frames_lost_total", "frames", "gaps still open after 2 s"),
    _counter("dreamd_frames_refused_total", "frames", "refused, by reason", "reason"),
    _counter("dreamd_malformed_total", "payloads", "that could not be read, by topic's kind", "kind"),
    _counter("dreamd_steps_failed_total", "failures", "bugs in a step of the daemon: zero first"),
    _counter("dreamd_house_ticks_alone_total", "ticks", "of shared Dreamscapes, without the other houses"),
    _gauge("dreamd_pods_online", "pods", "connected by their presence, and heard within 1.5 s"),
    _gauge("dreamd_pods_unheard", "pods", "connected by their presence, and not heard for 1.5 s"),
    _gauge("dreamd_pods_known", "pods", "ever seen"),
    _gauge("dreamd_beds_offline", "pods", "with a checked-in sleeper, offline or not heard for 1.5 s"),
    _gauge("dreamd_audit_contradicted", "pods", "that keep another audit log than the daemon shows"),
    _gauge("dreamd_pods_off_gateway", "pods", "that have left a gateway of which nothing is heard"),
    _gauge("dreamd_credentials_ending", "pods", "enrolled, with a credential that ends within a week"),
    _gauge("dreamd_site_pods", "pods", "online with a recent report", *_AT),
    _gauge("dreamd_site_quality", "1", "mean signal quality, 0 to 1", *_AT),
    _gauge("dreamd_site_quality_low", "pods", "with too low a quality for admission", *_AT),
    _gauge("dreamd_site_clock_unsynced", "pods", "without a synced clock", *_AT),
    _gauge("dreamd_site_clock_uncertainty_seconds", "seconds", "mean over synced clocks", *_AT),
    _gauge("dreamd_broker_connected", "1", "1 while the broker is reached; of several, each"),
    _counter(
        "dreamd_broker_connections_total",
        "connections",
        "times the broker was reached; of several, all together",
    ),
    _counter("dreamd_link_dropped_total", "messages", "dropped from a full queue", "what"),
    _gauge("dreamd_ledger_writable", "1", "1 while the ledger accepts writes"),
    _histogram("dreamd_ledger_commit_seconds", "from a write's submission until it is durable", COMMIT_S),
    _gauge("dreamd_ledger_oldest_write_seconds", "seconds", "the oldest write has waited; 0: none waits"),
    _gauge("dreamd_house_lease_seconds", "seconds", "left of the house's lease; NaN: the ledger is a file"),
    _gauge(
        "dreamd_certificate_end_seconds", "Unix time", "at which the first of the site's ends; NaN: no site"
    ),
    _counter("dreamd_ledger_write_failures_total", "writes", "that the disk refused"),
    _counter("dreamd_recording_dropped_total", "ticks, events", "left out of a recording: a slow disk"),
    _counter("dreamd_recordings_stopped_total", "recordings", "ended before their Dreamscape: disk or bug"),
    _gauge("dreamd_disk_free_bytes", "bytes", "free on the state directory's file system; NaN: no answer"),
    _gauge("dreamd_disk_size_bytes", "bytes", "of that file system; NaN: no answer"),
    _gauge("dreamd_tick_age_seconds", "seconds", "since the last tick was over, at the scrape"),
    _histogram("dreamd_tick_seconds", "work of one tick", FAST_S),
    _histogram("dreamd_tick_lateness_seconds", "from when a tick was due to when it began", LATE_S),
    _counter("dreamd_ticks_skipped_total", "ticks", "missed, never made up"),
    _histogram("dreamd_loop_lag_seconds", "delay of the event loop's turns", LATE_S),
    _counter("dreamd_refused_total", "calls", "of the API refused, by code", "code"),
    Metric("grpc_server_started_total", "counter", "calls", "that arrived", _CALL),
    Metric("grpc_server_handled_total", "counter", "calls", "that ended", (*_OF_SERVICE, "grpc_code")),
    Metric("grpc_server_handling_seconds", "histogram", "seconds", "unary calls", ("grpc_type",), CALL_S),
    _gauge("dreamd_build_info", "1", "what runs", "version", "python", "wire"),
    _gauge("dreamd_settings_info", "1", "a digest of the settings in force", "settings"),
    _counter("dreamd_process_cpu_seconds_total", "seconds", "of processor"),
    _gauge("dreamd_process_start_time_seconds", "Unix time", "when the process began"),
    _gauge("dreamd_process_resident_memory_bytes", "bytes", "in memory"),
    _gauge("dreamd_process_virtual_memory_bytes", "bytes", "of address space"),
    _gauge("dreamd_process_open_fds", "descriptors", "open"),
    _gauge("dreamd_process_max_fds", "descriptors", "that may be open"),
)

BY_NAME: Final = {metric.name: metric for metric in CATALOGUE}


def markdown() -> str:
    """Return the table as Markdown, for the documentation."""
    rows = [
        f"| `{m.name}` | {m.kind} | {m.unit} | {' '.join(m.labels) or '-'} | {m.meaning} |" for m in CATALOGUE
    ]
    return "\n".join(("| metric | type | unit | labels | meaning |", "|---|---|---|---|---|", *rows)) + "\n"
