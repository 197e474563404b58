"""The order in which several workers take the files: those that wait beside those that compute.

One worker takes a whole file (`--dist loadfile`). A long file that is taken last is waited for, and a file
that waits for real time leaves the cores to one that computes. So both kinds are taken evenly, the longest
first.

The seconds set the order and nothing else: a number that is out of date costs time and no test. A file
without a number counts as SHORT_S.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import Final

SHORT_S: Final = 1.2

WAITING: Final[Mapping[str, float]] = {
    "integration/test_up.py": 180.0,
    "integration/test_proxy.py": 130.0,
    "integration/test_edge_process.py": 80.0,
    "integration/test_plugs.py": 70.0,
    "edge/test_lsl.py": 60.0,
    "integration/test_top.py": 50.0,
    "integration/test_ward_refusals.py": 40.0,
    "integration/test_fleet_200.py": 40.0,
    "integration/test_console_page.py": 40.0,
    "integration/test_console_night.py": 30.0,
    "integration/test_console_scopes.py": 30.0,
    "integration/test_restarts.py": 30.0,
    "integration/test_devices_process.py": 25.0,
    "integration/test_daemon_process.py": 25.0,
    "integration/test_faces.py": 20.0,
    "integration/test_rehearse.py": 20.0,
    "integration/test_logs_process.py": 20.0,
    "integration/test_ward.py": 20.0,
    "integration/test_prometheus.py": 20.0,
    "integration/test_sessions.py": 20.0,
    "integration/test_service_manager.py": 15.0,
    "integration/test_siege.py": 15.0,
    "integration/test_restart.py": 15.0,
    "integration/test_recording_process.py": 15.0,
    "integration/test_bedside_process.py": 18.0,
    "integration/test_wheel.py": 15.0,
    "integration/test_recording_killed.py": 10.0,
    "lsl/test_lsl_streams.py": 8.0,
}
"""Seconds of the files with tests that wait for processes and clocks."""

COMPUTING: Final[Mapping[str, float]] = {
    "sim/test_stories.py": 40.0,
    "edge/test_recordings.py": 35.0,
    "fusion/test_crowd_loop.py": 20.0,
    "sim/test_fleet.py": 18.0,
    "house/test_house.py": 15.0,
    "sim/test_watch.py": 13.0,
    "sim/test_congestion.py": 13.0,
    "fusion/test_synchrony.py": 11.0,
    "edge/test_alpha_peak.py": 11.0,
    "sim/test_restarts.py": 11.0,
    "app/test_breakers.py": 10.0,
    "app/test_slot_keeping.py": 10.0,
    "sim/test_recording.py": 6.0,
    "house/test_alerts.py": 5.0,
}
"""Seconds of the longest files that compute."""


def ordered(files: Iterable[str]) -> list[str]:
    """The files in the order in which they are taken; a name is a path below `tests`."""
    there = dict.fromkeys(files)
    waiting = _longest_first((file for file in there if file in WAITING), WAITING)
    computing = _longest_first((file for file in there if file not in WAITING), COMPUTING)
    found: list[str] = []
    while waiting and computing:
        one = waiting if _left(waiting, WAITING, there) >= _left(computing, COMPUTING, there) else computing
        found.append(one.pop(0))
    return [*found, *waiting, *computing]


def _longest_first(files: Iterable[str], seconds: Mapping[str, float]) -> list[str]:
    return sorted(files, key=lambda file: -seconds.get(file, SHORT_S))


def _left(files: Sequence[str], seconds: Mapping[str, float], there: Iterable[str]) -> float:
    """The share of this kind's seconds that is not taken yet."""
    mine = [file for file in there if (file in WAITING) == (seconds is WAITING)]
    return _sum(files, seconds) / _sum(mine, seconds)


def _sum(files: Iterable[str], seconds: Mapping[str, float]) -> float:
    return fsum(seconds.get(file, SHORT_S) for file in files)
