"""Each alert fires when it should and stays silent when it should: promtool plays Prometheus.

Values are written in Prometheus' own shorthand, one every five seconds, or every minute where hours pass:
`0x11 1` is twelve times 0, then 1; `0+24x100` is a counter that grows by 24.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from boards.alerts import ALERTS

RULES = Path(__file__).resolve().parents[2] / "deploy/prometheus/alerts.yml"
STEP_S, MINUTE_S = 5, 60

Played = dict[str, str]


@dataclass(frozen=True)
class Case:
    """At a time after the beginning, with which values an alert fires, and with which it is silent."""

    at: str
    fires: tuple[Played, ...]
    silent: tuple[Played, ...]
    step_s: int = STEP_S


def calls(code: str, values: str) -> Played:
    """Calls of one method that ended so."""
    return {
        f'grpc_server_handled_total{{instance="a",grpc_method="SeverDreamscape",grpc_code="{code}"}}': values
    }


def lag(quick: str, every: str) -> Played:
    """Turns of the event loop: so many within 0.1 s, so many at all."""
    name = 'dreamd_loop_lag_seconds_bucket{instance="a",le="%s"}'
    return {name % "0.1": quick, name % "0.25": every, name % "+Inf": every}


def accepted(part: str, values: str) -> Played:
    """Frames of six pods for ten minutes, and so many of this part of them."""
    return {"dreamd_frames_accepted_total": "0+120x140", f"dreamd_frames_{part}_total": values}


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
    "BrokerLost": Case(
        "1m",
        ({"dreamd_broker_connected": "1x4 0x9"},),
        ({"dreamd_broker_connected": "1x12"}, {"dreamd_broker_connected": "1x7 0x3 1x3"}),
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
    "LedgerSlow": Case(
        "1m",
        ({"dreamd_ledger_oldest_write_seconds": "0x8 2 4 6 8 10 12"},),
        (
            {"dreamd_ledger_oldest_write_seconds": "0.3x12"},
            {"dreamd_ledger_oldest_write_seconds": "0x9 3 0x3"},
        ),
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
    "CrowdHalved": Case(
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
    """The shorthand knows no repeated NaN: enough of them, one by one."""
    return " ".join(["NaN"] * 140) if values == "NaN" else values


def promtool() -> str:
    """Its path; skips where it is not installed."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (make system-packages)")
    return found


def played(alert: str, case: Case, series: Played, *, fires: bool) -> dict[str, object]:
    """One run of promtool: with these values, does this alert fire at that time?"""
    expr = f'count(count by (alertname) (ALERTS{{alertname="{alert}",alertstate="firing"}})) or vector(0)'
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


def judged(
    folder: Path, tests: list[dict[str, object]], step_s: int = STEP_S
) -> subprocess.CompletedProcess[str]:
    """What promtool says of these runs (JSON is YAML)."""
    told = {"rule_files": [str(RULES)], "evaluation_interval": f"{step_s}s", "tests": tests}
    (folder / "tests.yml").write_text(json.dumps(told))
    command = [promtool(), "test", "rules", str(folder / "tests.yml")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_rules_are_well_formed() -> None:
    """Nothing is wrong with them, and there are as many as alerts."""
    done = subprocess.run(
        [promtool(), "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_every_alert_is_tested_both_ways() -> None:
    """Each has values with which it fires and values with which it is silent."""
    assert CASES.keys() == {alert.name for alert in ALERTS}
    assert all(case.fires and case.silent for case in CASES.values())


@pytest.mark.parametrize("step_s", [STEP_S, MINUTE_S])
def test_each_fires_and_each_stays_silent(step_s: int, tmp_path: Path) -> None:
    """Every case of this pace, played at once."""
    tests = [run for alert, case in CASES.items() if case.step_s == step_s for run in runs(alert, case)]
    done = judged(tmp_path, tests, step_s)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_a_wrong_expectation_is_seen(tmp_path: Path) -> None:
    """That promtool finds all in order means something: told the contrary, it objects."""
    case = CASES["BreakerLocked"]
    assert judged(tmp_path, [played("BreakerLocked", case, case.silent[0], fires=True)]).returncode != 0
    assert judged(tmp_path, [played("BreakerLocked", case, case.fires[0], fires=False)]).returncode != 0
