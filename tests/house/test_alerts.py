"""Each alert fires when it should and stays silent when it should: promtool plays Prometheus.

Values are in Prometheus' own shorthand, one every five seconds, or every minute where hours pass: `0x11 1` is
twelve times 0, then 1; `0+24x100` is a counter that grows by 24.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from boards.alerting.pages import PAGES
from boards.alerting.rules import PREFIX
from boards.alerting.tickets import TICKETS

RULES = Path(__file__).resolve().parents[2] / "deploy/prometheus/alerts.yml"
ALERTS = (*PAGES, *TICKETS)
STEP_S, MINUTE_S = 5, 60
OF_A = 'job="dreamd",instance="a"'

Played = dict[str, str]


@dataclass(frozen=True)
class Case:
    """Values with which an alert fires at a time, and values with which it stays silent."""

    at: str
    fires: tuple[Played, ...]
    silent: tuple[Played, ...]
    step_s: int = STEP_S


def calls(code: str, values: str) -> Played:
    """Calls of one service with this result."""
    labels = f'{OF_A},grpc_service="dreamapi.v1.Dreamscapes",grpc_code="{code}"'
    return {f"grpc_server_handled_total{{{labels}}}": values}


def lag(quick: str, every: str) -> Played:
    """Turns of the event loop: so many within 0.1 s, of so many."""
    name = 'dreamd_loop_lag_seconds_bucket{instance="a",le="%s"}'
    return {name % "0.1": quick, name % "0.25": every, name % "+Inf": every}


def accepted(part: str, values: str) -> Played:
    """Frames of six pods for ten minutes, with this part of them accepted."""
    return {"dreamd_frames_accepted_total": "0+120x140", f"dreamd_frames_{part}_total": values}


def disk(free: str) -> Played:
    """A disk of 100 GB with so many bytes free."""
    return {"dreamd_disk_free_bytes": free, "dreamd_disk_size_bytes": "100000000000x140"}


def doses(near: str, at: str, given: str) -> Played:
    """Sleepers near a limit of dose, at one, and with a consent."""
    consents = 'dreamd_consents{instance="a",state="given"}'
    return {
        'dreamd_doses_near_limit{instance="a"}': near,
        'dreamd_doses_at_limit{instance="a"}': at,
        consents: given,
    }


ALARM = 'dreamd_surveillance_alarm{kind="distress"}'
ABOVE = 'dreamd_surveillance_above_clause{kind="identity"}'
ALONE = 'dreamd_alone_while_dreaming{dreamscape="night"}'
GONE = 'dreamd_unreachable_while_dreaming{dreamscape="night"}'
DREAMING = 'dreamd_dreamscapes{state="dreaming"}'

CASES = {
    "CoupledAboveGranted": Case(
        "1m",
        (
            {"dreamd_coupled_above_granted": "0x11 1", "dreamd_frames_above_granted_total": "0x12"},
            {"dreamd_coupled_above_granted": "0x4 1 0x8", "dreamd_frames_above_granted_total": "0x12"},
            {"dreamd_coupled_above_granted": "0x12", "dreamd_frames_above_granted_total": "0x6 2x6"},
        ),
        ({"dreamd_coupled_above_granted": "0x12", "dreamd_frames_above_granted_total": "5x12"},),
    ),
    "SeversUnconfirmed": Case(
        "1m",
        ({"dreamd_unconfirmed_severs": "0x9 1x4"},),
        ({"dreamd_unconfirmed_severs": "0x12"}, {"dreamd_unconfirmed_severs": "0x9 1 0x3"}),
    ),
    "BreakerLocked": Case(
        "1m",
        ({'dreamd_breakers_locked{concerns="device"}': "0x11 1"},),
        ({'dreamd_breakers_locked{concerns="device"}': "0x12"},),
    ),
    "MassFailure": Case(
        "1m",
        ({"dreamd_mass_failures_total": "0x5 1x8"},),
        ({"dreamd_mass_failures_total": "1x12"},),
    ),
    "TickNearLease": Case(
        "1m",
        ({"dreamd_tick_age_seconds": "0.1x9 0.8x4"},),
        (
            {"dreamd_tick_age_seconds": "0.24x12"},
            {"dreamd_tick_age_seconds": "0.1x9 0.9 0.1x3"},
        ),
    ),
    "NothingScraped": Case(
        "1m",
        ({'up{job="dreamd"}': "1x4 0x10"}, {'up{job="other"}': "1x12"}),
        ({'up{job="dreamd"}': "1x12"}, {'up{job="dreamd"}': "1x9 0 1x3"}),
    ),
    "FramesLate": Case(
        "11m",
        (accepted("late", "0+12x140"),),
        (accepted("late", "0+4x140"), {**accepted("late", "0x140"), "dreamd_frames_accepted_total": "0x140"}),
    ),
    "FramesLost": Case("11m", (accepted("lost", "0+6x140"),), (accepted("lost", "0+1x140"),)),
    "EveryoneAlone": Case(
        "2m",
        ({ALONE: "0x3 1x21"},),
        (
            {ALONE: "0x24"},
            {ALONE: "0x14 1x6 0 1x3"},
        ),
    ),
    "SleeperUnreachable": Case(
        "2m",
        ({GONE: "0x3 2x21"},),
        ({GONE: "0x24"}, {GONE: "0x14 1x6 0 1x3"}),
    ),
    "BrokerLost": Case(
        "1m",
        ({"dreamd_broker_connected": "1x4 0x9", DREAMING: "1x13"},),
        (
            {"dreamd_broker_connected": "1x12", DREAMING: "1x12"},
            {"dreamd_broker_connected": "1x7 0x3 1x3", DREAMING: "1x13"},
            {"dreamd_broker_connected": "1x4 0x9", DREAMING: "0x13"},
        ),
    ),
    "BrokerUnreachable": Case(
        "1m",
        (
            {"dreamd_broker_connected": "1x4 0x9", DREAMING: "0x13"},
            {"dreamd_broker_connected": "1x4 0x9"},
        ),
        (
            {"dreamd_broker_connected": "1x12", DREAMING: "0x12"},
            {"dreamd_broker_connected": "1x4 0x9", DREAMING: "1x13"},
        ),
    ),
    "BedOffline": Case(
        "4m",
        ({"dreamd_beds_offline": "0x10 1x40"},),
        ({"dreamd_beds_offline": "0x50"}, {"dreamd_beds_offline": "0x10 1x20 0x20"}),
    ),
    "ConsentsUnwritten": Case(
        "3m",
        ({"dreamd_consents_unwritten": "0x10 2x40"},),
        ({"dreamd_consents_unwritten": "0x50"}, {"dreamd_consents_unwritten": "0x10 2x5 0x40"}),
    ),
    "GuidelinesLapse": Case(
        "1m",
        ({"dreamd_guidelines_lapse_seconds": "259000x12"},),
        (
            {"dreamd_guidelines_lapse_seconds": " ".join(["NaN"] * 13)},
            {"dreamd_guidelines_lapse_seconds": "700000x12"},
        ),
    ),
    "CaseUnanswered": Case(
        "6m",
        ({"dreamd_cases_unanswered": "0x20 1x60"},),
        ({"dreamd_cases_unanswered": "0x80"}, {"dreamd_cases_unanswered": "0x10 1x4 0x60"}),
    ),
    "MoratoriumLapses": Case(
        "1m",
        ({"dreamd_moratorium_lapse_seconds": "14000x12"},),
        (
            {"dreamd_moratorium_lapse_seconds": " ".join(["NaN"] * 13)},
            {"dreamd_moratorium_lapse_seconds": "80000x12"},
        ),
    ),
    "LettersWaiting": Case(
        "40m",
        ({"dreamd_letters_waiting": "0x5 3x60"},),
        ({"dreamd_letters_waiting": "0x60"}, {"dreamd_letters_waiting": "0x5 3x20 0 2x40"}),
        MINUTE_S,
    ),
    "DosesNearLimit": Case(
        "12m",
        (doses(near="2x150", at="1x150", given="10x150"),),
        (
            doses(near="2x150", at="0x150", given="10x150"),
            doses(near="3x100 0x50", at="1x100 0x50", given="10x150"),
            doses(near="0x150", at="0x150", given="0x150"),
        ),
    ),
    "HarmAlarm": Case(
        "3m",
        ({ALARM: "0x10 1x40"},),
        ({ALARM: "0x50"}, {ALARM: "0x10 1x2 0x40"}),
    ),
    "HarmRateAboveClause": Case(
        "70m",
        ({ABOVE: "0x5 1x150"},),
        ({ABOVE: "0x150"}, {ABOVE: "0x5 1x30 0 1x100"}),
        MINUTE_S,
    ),
    "AuditContradicted": Case(
        "3m",
        ({"dreamd_audit_contradicted": "0x10 1x40"},),
        ({"dreamd_audit_contradicted": "0x50"}, {"dreamd_audit_contradicted": "0x10 1x2 0x40"}),
    ),
    "CredentialsEnding": Case(
        "15m",
        ({"dreamd_credentials_ending": "0x10 1x170"},),
        ({"dreamd_credentials_ending": "0x180"}, {"dreamd_credentials_ending": "0x10 1x30 0x140"}),
    ),
    "CertificateEnding": Case(
        "15m",
        ({"dreamd_certificate_end_seconds": "1300000x10 1200000x170"},),
        ({"dreamd_certificate_end_seconds": "1300000x180"},),
    ),
    "LedgerWriteFailures": Case(
        "5m",
        ({"dreamd_ledger_write_failures_total": "0x20 1x40"},),
        (
            {"dreamd_ledger_write_failures_total": "0x60"},
            {"dreamd_ledger_write_failures_total": "3x60"},
        ),
    ),
    "DiskFilling": Case(
        "90m",
        (
            disk("4000000000x100"),
            disk("35000000000-100000000x100"),
        ),
        (
            disk("50000000000x100"),
            disk("35000000000-1000000x100"),
            disk("35000000000+100000000x100"),
            disk("NaN"),
        ),
        MINUTE_S,
    ),
    "StepsFailed": Case(
        "5m",
        ({"dreamd_steps_failed_total": "0x20 1x40"},),
        ({"dreamd_steps_failed_total": "0x60"}, {"dreamd_steps_failed_total": "2x60"}),
    ),
    "StartOverdue": Case(
        "10m",
        ({'dreamd_start_overdue_seconds{dreamscape="night"}': "0+5x125"},),
        (
            {'dreamd_start_overdue_seconds{dreamscape="night"}': "0x125"},
            {'dreamd_start_overdue_seconds{dreamscape="night"}': "0+5x50 0x75"},
        ),
    ),
    "WakeOrderStands": Case(
        "25h",
        ({"dreamd_wake_order_oldest_seconds": "0+60x1600"},),
        (
            {"dreamd_wake_order_oldest_seconds": "0x1600"},
            {"dreamd_wake_order_oldest_seconds": "0+60x1400 0+60x200"},
        ),
        MINUTE_S,
    ),
    "BrokerReconnects": Case(
        "15m",
        ({"dreamd_broker_connections_total": "1x60 2x20 3x20 4x100"},),
        ({"dreamd_broker_connections_total": "1x60 2x140"},),
    ),
    "LedgerNotWritable": Case(
        "1m",
        ({"dreamd_ledger_writable": "1x8 0x5"},),
        ({"dreamd_ledger_writable": "1x12"}, {"dreamd_ledger_writable": "1x9 0 1x3"}),
    ),
    "HouseLeaseOver": Case(
        "1m",
        ({"dreamd_house_lease_seconds": "6x8 0x5"},),
        (
            {"dreamd_house_lease_seconds": "4x12"},
            {"dreamd_house_lease_seconds": "4x9 0 4x3"},
            {"dreamd_house_lease_seconds": "NaN NaN NaN NaN NaN NaN NaN NaN"},
        ),
    ),
    "LedgerSlow": Case(
        "1m",
        ({"dreamd_ledger_oldest_write_seconds": "0x8 2 4 6 8 10 12"},),
        (
            {"dreamd_ledger_oldest_write_seconds": "0.3x12"},
            {"dreamd_ledger_oldest_write_seconds": "0x9 3 0x3"},
        ),
    ),
    "HousesParted": Case(
        "10m",
        ({"dreamd_house_ticks_alone_total": "0+1x130"},),
        ({"dreamd_house_ticks_alone_total": "0x100 1x30"},),
    ),
    "TicksSkipped": Case(
        "10m",
        ({"dreamd_ticks_skipped_total": "0+1x130"},),
        ({"dreamd_ticks_skipped_total": "0x100 5x30"},),
    ),
    "LoopLag": Case("11m", (lag("0+45x140", "0+50x140"),), (lag("0+50x140", "0+50x140"),)),
    "QualityLow": Case(
        "11m",
        ({'dreamd_site_quality{site="north"}': "0.4x140"},),
        (
            {'dreamd_site_quality{site="north"}': "0.8x140"},
            {'dreamd_site_quality{site="north"}': "NaN"},
            {'dreamd_site_quality{site="north"}': "0.4x100 0.8x40"},
        ),
    ),
    "ClocksUncertain": Case(
        "11m",
        (
            {'dreamd_site_clock_uncertainty_seconds{site="north"}': "0.003x140"},
            {
                'dreamd_site_clock_unsynced{site="north"}': "3x140",
                'dreamd_site_pods{site="north"}': "10x140",
            },
        ),
        (
            {
                'dreamd_site_clock_uncertainty_seconds{site="north"}': "0.0005x140",
                'dreamd_site_clock_unsynced{site="north"}': "1x140",
                'dreamd_site_pods{site="north"}': "10x140",
            },
            {
                'dreamd_site_clock_uncertainty_seconds{site="north"}': "NaN",
                'dreamd_site_clock_unsynced{site="north"}': "0x140",
                'dreamd_site_pods{site="north"}': "0x140",
            },
        ),
    ),
    "CouplingHalved": Case(
        "1m",
        ({'dreamd_halved{dreamscape="night"}': "0x5 1 0x6"},),
        ({'dreamd_halved{dreamscape="night"}': "0x12"},),
    ),
    "SynchronyHigh": Case(
        "1m",
        ({'dreamd_synchrony_z{dreamscape="night",band="alpha"}': "1x5 5x8"},),
        (
            {'dreamd_synchrony_z{dreamscape="night",band="alpha"}': "1x9 5x2 1x3"},
            {'dreamd_synchrony_z{dreamscape="night",band="alpha"}': "NaN"},
        ),
    ),
    "IdentityFading": Case(
        "1m",
        (
            {'dreamd_dispersion_ratio{dreamscape="night"}': "0.15x12"},
            {'dreamd_rank_ratio{dreamscape="night"}': "0.8x12"},
        ),
        (
            {
                'dreamd_dispersion_ratio{dreamscape="night"}': "0.6x12",
                'dreamd_rank_ratio{dreamscape="night"}': "0.92x12",
            },
            {
                'dreamd_dispersion_ratio{dreamscape="night"}': "NaN",
                'dreamd_rank_ratio{dreamscape="night"}': "NaN",
            },
        ),
    ),
    "GrpcErrorsFast": Case(
        "70m",
        ({**calls("Internal", "0+2x75"), **calls("OK", "0+98x75")},),
        (
            {**calls("NotFound", "0+50x75"), **calls("OK", "0+50x75")},
            {**calls("Internal", "0+2x50 100x25"), **calls("OK", "0+98x75")},
        ),
        MINUTE_S,
    ),
    "GrpcErrorsSlow": Case(
        "390m",
        ({**calls("Unavailable", "0+1x400"), **calls("OK", "0+99x400")},),
        ({**calls("Unavailable", "0+1x400"), **calls("OK", "0+299x400")},),
        MINUTE_S,
    ),
    "MemoryHigh": Case(
        "11m",
        (
            {"dreamd_process_resident_memory_bytes": "500000000x140"},
            {"dreamd_process_open_fds": "900x140", "dreamd_process_max_fds": "1000x140"},
        ),
        (
            {
                "dreamd_process_resident_memory_bytes": "90000000x140",
                "dreamd_process_open_fds": "30x140",
                "dreamd_process_max_fds": "1000x140",
            },
        ),
    ),
}


def spelt(values: str) -> str:
    """Enough NaN values, one by one: the shorthand cannot repeat them."""
    return " ".join(["NaN"] * 140) if values == "NaN" else values


def promtool() -> str:
    """Its path; skips where it is not installed."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (make system-packages)")
    return found


def played(alert: str, case: Case, series: Played, *, fires: bool) -> dict[str, object]:
    """One run of promtool: with these values, does this alert fire at that time?"""
    firing = f'ALERTS{{alertname="{PREFIX}{alert}",alertstate="firing"}}'
    expr = f"count(count by (alertname) ({firing})) or vector(0)"
    asked = {
        "expr": expr,
        "eval_time": case.at,
        "exp_samples": [{"labels": "{}", "value": float(fires)}],
    }
    return {
        "name": f"{alert} {'fires' if fires else 'is silent'}",
        "interval": f"{case.step_s}s",
        "input_series": [{"series": name, "values": spelt(values)} for name, values in series.items()],
        "promql_expr_test": [asked],
    }


def runs(alert: str, case: Case) -> list[dict[str, object]]:
    """Every run of a case."""
    return [
        *(played(alert, case, series, fires=True) for series in case.fires),
        *(played(alert, case, series, fires=False) for series in case.silent),
    ]


@cache
def shipped() -> dict[str, dict[str, object]]:
    """Every rule as it is shipped, by the alert's name."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def judged(
    folder: Path, alert: str, tests: list[dict[str, object]], step_s: int = STEP_S
) -> subprocess.CompletedProcess[str]:
    """Promtool's verdict on these runs of one rule, which is a tenth of the work of all (JSON is YAML)."""
    rules = {"groups": [{"name": alert, "rules": [shipped()[PREFIX + alert]]}]}
    (folder / "rules.yml").write_text(json.dumps(rules))
    told = {"rule_files": [str(folder / "rules.yml")], "evaluation_interval": f"{step_s}s", "tests": tests}
    (folder / "tests.yml").write_text(json.dumps(told))
    command = [promtool(), "test", "rules", str(folder / "tests.yml")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_rules_are_well_formed() -> None:
    """The rules are valid, and there are as many as alerts."""
    done = subprocess.run(
        [promtool(), "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_every_alert_is_tested_both_ways() -> None:
    """Each alert has values with which it fires and values with which it is silent."""
    assert CASES.keys() == {alert.name.removeprefix(PREFIX) for alert in ALERTS}
    assert all(case.fires and case.silent for case in CASES.values())


@pytest.mark.parametrize("alert", CASES)
def test_each_fires_and_each_stays_silent(alert: str, tmp_path: Path) -> None:
    """Every case of this alert, played at once."""
    case = CASES[alert]
    done = judged(tmp_path, alert, runs(alert, case), case.step_s)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_a_wrong_expectation_is_seen(tmp_path: Path) -> None:
    """Promtool rejects a wrong expectation, so its approval means something."""
    case = CASES["BreakerLocked"]
    wrong = played("BreakerLocked", case, case.silent[0], fires=True)
    assert judged(tmp_path, "BreakerLocked", [wrong]).returncode != 0
    other = played("BreakerLocked", case, case.fires[0], fires=False)
    assert judged(tmp_path, "BreakerLocked", [other]).returncode != 0


@dataclass(frozen=True)
class Wording:
    """At a time, with these values, an alert's description."""

    alert: str
    at: str
    series: Played
    labels: dict[str, str]
    says: str


A = {"job": "dreamd", "instance": "a"}
WORDINGS = [
    Wording(
        "SeversUnconfirmed",
        "1m",
        {f"dreamd_unconfirmed_severs{{{OF_A}}}": "0x6 1x6"},
        A,
        "a: 1 severed pod has not confirmed coupling zero within 1.5 s.",
    ),
    Wording(
        "SeversUnconfirmed",
        "1m",
        {f"dreamd_unconfirmed_severs{{{OF_A}}}": "0x6 3x6"},
        A,
        "a: 3 severed pods have not confirmed coupling zero within 1.5 s.",
    ),
    Wording(
        "BreakerLocked",
        "1m",
        {f'dreamd_breakers_locked{{{OF_A},concerns="device"}}': "2x12"},
        {**A, "concerns": "device"},
        "a: 2 breakers are locked and wait for a person (concerns: device).",
    ),
    Wording(
        "SleeperUnreachable",
        "2m",
        {f'dreamd_unreachable_while_dreaming{{{OF_A},dreamscape="night"}}': "1x24"},
        {**A, "dreamscape": "night"},
        "a: 1 sleeper of night has not been heard for more than a minute. "
        "By its own tether each of these pods is alone.",
    ),
    Wording(
        "BedOffline",
        "4m",
        {f"dreamd_beds_offline{{{OF_A}}}": "2x48"},
        A,
        "a: 2 pods with checked-in sleepers are offline or silent for more than two minutes.",
    ),
    Wording(
        "BrokerReconnects",
        "15m",
        {f"dreamd_broker_connections_total{{{OF_A}}}": "1x60 2x20 3x20 4x100"},
        A,
        "a: the daemon connected to the broker 3 times in 15 minutes.",
    ),
    Wording(
        "StartOverdue",
        "10m",
        {f'dreamd_start_overdue_seconds{{{OF_A},dreamscape="night"}}': "600x125"},
        {**A, "dreamscape": "night"},
        "a: night was to start 10m 0s ago and still waits for sleepers.",
    ),
    Wording(
        "NothingScraped",
        "1m",
        {'up{job="other"}': "1x12"},
        {"job": "dreamd"},
        "Prometheus gets no metrics from any daemon. No other alert can fire until it does.",
    ),
]


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda one: f"{one.alert} {one.says[:14]}")
def test_a_number_in_a_description_is_a_sentence(wording: Wording, tmp_path: Path) -> None:
    """One pod has and three pods have; counts are whole numbers, durations are words."""
    [alert] = [one for one in ALERTS if one.name == PREFIX + wording.alert]
    annotations = alert.annotations
    instance = wording.labels.get("instance", "")
    fired = {
        "exp_labels": {"severity": alert.severity, **wording.labels},
        "exp_annotations": {
            **annotations,
            "description": wording.says,
            "dashboard_url": annotations["dashboard_url"].replace("{{ $labels.instance }}", instance),
        },
    }
    test: dict[str, object] = {
        "interval": f"{STEP_S}s",
        "input_series": [{"series": name, "values": values} for name, values in wording.series.items()],
        "alert_rule_test": [{"eval_time": wording.at, "alertname": alert.name, "exp_alerts": [fired]}],
    }
    done = judged(tmp_path, wording.alert, [test])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
