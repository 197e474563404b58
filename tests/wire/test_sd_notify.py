"""Notices to a service manager, without waiting for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamwire.sd_notify import BEAT_S, BEATS_PER_LIMIT, STARTING_MORE_S, ServiceManager
from fakes.service_manager import FakeManager


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[FakeManager]:
    """A manager that keeps its notices."""
    one = FakeManager(tmp_path / "notify")
    yield one
    one.close()


def test_ready_is_sent_once_and_status_on_change(listener: FakeManager) -> None:
    """READY is sent once, an unchanged status is not repeated, and STOPPING comes at the end."""
    manager = ServiceManager(str(listener.path))
    manager.ready("ready")
    manager.ready("ready again")
    manager.status("ready")
    manager.status("8 of 8 merged")
    manager.stopping("everyone to zero")
    manager.close()
    manager.close()
    manager.status("unheard")
    assert listener.listen() == [
        "READY=1\nSTATUS=ready",
        "STATUS=8 of 8 merged",
        "STOPPING=1\nSTATUS=everyone to zero",
    ]


def test_beats_leave_room_for_one_that_is_lost(listener: FakeManager) -> None:
    """Heartbeats are at most one a second and at least four within the watchdog's limit."""
    manager = ServiceManager.of({"NOTIFY_SOCKET": str(listener.path), "WATCHDOG_USEC": "2000000"}, 7)
    manager.ready("")
    for step in range(320):
        manager.alive(100.0 + step * 0.0625)
        listener.listen()
    manager.close()
    beats = listener.lines("WATCHDOG")
    assert 2.0 / BEATS_PER_LIMIT < BEAT_S
    assert len(beats) == 40


def test_while_it_starts_each_beat_asks_for_more_time(listener: FakeManager) -> None:
    """During the start each heartbeat asks for more time; once ready none does."""
    manager = ServiceManager(str(listener.path))
    manager.alive(1.0)
    manager.ready("")
    manager.alive(5.0)
    manager.close()
    more = f"EXTEND_TIMEOUT_USEC={STARTING_MORE_S * 1e6:.0f}"
    assert listener.listen() == [f"WATCHDOG=1\n{more}", "READY=1\nSTATUS=", "WATCHDOG=1"]


def test_a_word_is_one_line(listener: FakeManager) -> None:
    """A status with a line break cannot send READY."""
    manager = ServiceManager(str(listener.path))
    manager.status("the broker said no\nREADY=1")
    manager.close()
    assert listener.listen() == ["STATUS=the broker said no READY=1"]


def test_a_manager_that_does_not_read_blocks_nothing(tmp_path: Path) -> None:
    """A full queue loses notices and blocks nothing; so does a manager that is gone."""
    listener = FakeManager(tmp_path / "notify", deep=False)
    manager = ServiceManager(str(listener.path))
    for step in range(10_000):
        manager.alive(float(step))
    assert 0 < len(listener.listen()) < 10_000
    listener.close()
    manager.alive(20_000.0)
    manager.close()


@pytest.mark.parametrize(
    ("environment", "limit_s"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "2000000"}, 2.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"}, 2.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"}, 0.0),
        ({"WATCHDOG_USEC": "five"}, 0.0),
    ],
)
def test_the_watchdog_is_the_one_over_this_process(environment: dict[str, str], limit_s: float) -> None:
    """A limit for another process, or no number, is none; then heartbeats come once a second."""
    every_s = min(BEAT_S, limit_s / BEATS_PER_LIMIT) if limit_s else BEAT_S
    assert ServiceManager.of(environment, 7)._every_s == every_s


def test_without_notify_socket_nothing_is_sent() -> None:
    """Without NOTIFY_SOCKET nothing is sent, and no socket is opened."""
    manager = ServiceManager.of({}, 7)
    manager.ready("ready")
    manager.alive(1.0)
    manager.stopping("")
    assert manager._socket is None


def test_an_abstract_address_is_understood() -> None:
    """`@` stands for the zero byte that begins an abstract address."""
    manager = ServiceManager("@notify")
    manager.close()
    assert manager._address == "\0notify"
