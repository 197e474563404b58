"""The pod's disk: safety state survives a reboot, and no content keeps a sleeper from leaving."""

import threading
from pathlib import Path

import pytest

from dreamedge.adapters.background_writer import BackgroundWriter
from dreamedge.adapters.pod_disk import UNREADABLE, InUseError, PodDisk, unlatch, unlatch_heard
from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.ports.pod_store import Kept
from dreamwire.messages import PodEvent, PodEventKind, StoredSever

SEVER = StoredSever("night-1", 1700, 42, "railed")


def _event(number: int, kind: PodEventKind = PodEventKind.SEVERED) -> PodEvent:
    return PodEvent(id=number.to_bytes(16, "big"), pod="bed-1", incarnation=7, kind=kind, cause="railed")


def _reboot(directory: Path) -> Kept:
    disk = PodDisk(directory, unix_ms=1000)
    assert disk.close()
    return disk.kept


def test_latch_sever_and_events_survive_a_reboot(tmp_path: Path) -> None:
    """Latch, sever and unacknowledged events come back as they were."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    disk.latch("wake")
    disk.sever(SEVER)
    disk.event(_event(1))
    disk.event(_event(2, PodEventKind.ALONE))
    assert disk.close()
    kept = _reboot(tmp_path / "bed-1")
    assert (kept.latched, kept.severed, kept.damage) == ("wake", SEVER, "")
    assert kept.events == (_event(1), _event(2, PodEventKind.ALONE))


def test_clearing_survives_a_reboot_too(tmp_path: Path) -> None:
    """A cleared latch, a cleared sever and acknowledged events stay cleared."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    disk.latch("wake"), disk.sever(SEVER), disk.event(_event(1)), disk.event(_event(2))
    disk.close()
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    disk.latch(""), disk.sever(None), disk.forget((_event(1).id, b"unknown"))
    disk.close()
    kept = _reboot(tmp_path / "bed-1")
    assert (kept.latched, kept.severed, kept.events) == ("", None, (_event(2),))


def test_incarnations_only_grow(tmp_path: Path) -> None:
    """Each incarnation is above the last, whatever the wall clock does; a good clock carries it on."""
    numbers = []
    for unix_ms in (1000, 500, 0, 9000):
        disk = PodDisk(tmp_path / "bed-1", unix_ms=unix_ms)
        numbers.append(disk.kept.incarnation)
        disk.close()
    assert numbers == [1000, 1001, 1002, 9000]


@pytest.mark.parametrize("content", [b"", b"   \n", b"\xff\xfe\x00", b"a\x00b"])
def test_a_latch_that_cannot_be_read_is_a_latch(tmp_path: Path, content: bytes) -> None:
    """Any content of a latch file keeps the sleeper latched."""
    (tmp_path / "bed-1").mkdir()
    (tmp_path / "bed-1" / "latch").write_bytes(content)
    assert _reboot(tmp_path / "bed-1").latched == UNREADABLE


def test_a_torn_outbox_loses_its_torn_line_alone(tmp_path: Path) -> None:
    """A last line cut off by a crash is skipped and reported; the others come back."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    for number in range(3):
        disk.event(_event(number))
    disk.close()
    outbox = tmp_path / "bed-1" / "outbox.jsonl"
    outbox.write_bytes(outbox.read_bytes()[:-25])
    kept = _reboot(tmp_path / "bed-1")
    assert kept.events == (_event(0), _event(1))
    assert "outbox.jsonl" in kept.damage


def test_a_torn_sever_is_reported(tmp_path: Path) -> None:
    """An unreadable stored sever is reported, not guessed."""
    (tmp_path / "bed-1").mkdir()
    (tmp_path / "bed-1" / "sever.json").write_text('{"dreamscape": "a"')
    kept = _reboot(tmp_path / "bed-1")
    assert kept.severed is None
    assert "sever.json" in kept.damage


def test_safety_events_are_never_dropped(tmp_path: Path) -> None:
    """Every safety event is kept, whatever else waits; of the others the newest 256 are."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    for number in range(400):
        disk.event(_event(2 * number, PodEventKind.MERGED))
        if number % 10 == 0:
            disk.event(_event(2 * number + 1, PodEventKind.SEVERED))
    disk.close()
    kinds = [event.kind for event in _reboot(tmp_path / "bed-1").events]
    assert kinds.count(PodEventKind.SEVERED) == 40
    assert kinds.count(PodEventKind.MERGED) == 256


def test_one_agent_a_pod(tmp_path: Path) -> None:
    """A second agent for the same bed is refused in a sentence, and may start once the first has ended."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    with pytest.raises(InUseError, match="already runs bed-1"):
        PodDisk(tmp_path / "bed-1", unix_ms=1000)
    disk.close()
    _reboot(tmp_path / "bed-1")


def test_unlatching_without_an_agent_clears_the_latch(tmp_path: Path) -> None:
    """The sleeper's unlatch works without a running agent."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    disk.latch("wake")
    disk.close()
    assert unlatch(tmp_path / "bed-1")
    assert _reboot(tmp_path / "bed-1").latched == ""


def test_unlatching_asks_the_running_agent_once(tmp_path: Path) -> None:
    """A running agent gets the unlatch exactly once, decides, and clears the latch itself."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    assert not disk.unlatch_asked()
    assert not unlatch(tmp_path / "bed-1")
    assert not unlatch_heard(tmp_path / "bed-1")
    assert disk.unlatch_asked()
    assert unlatch_heard(tmp_path / "bed-1")
    assert not disk.unlatch_asked()
    disk.close()


def test_an_old_unlatch_is_void(tmp_path: Path) -> None:
    """An unlatch from before this start is void."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    unlatch(tmp_path / "bed-1")
    disk.close()
    again = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    assert not again.unlatch_asked()
    again.close()


HELD = (HeldConsent("ash-ash-ash-ash-", 8, withdrawn=True), HeldConsent("bea-bea-bea-bea-", 2**64 - 1))


def test_consents_survive_a_reboot_in_their_order(tmp_path: Path) -> None:
    """Subjects, revisions, withdrawals and the order of the subjects come back as they were."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    disk.consents(HELD[1:], 1)
    disk.consents(HELD, 2)
    assert disk.close()
    assert disk.consents_kept == 2
    assert _reboot(tmp_path / "bed-1").consents == HELD


def test_a_consent_counts_as_kept_after_the_write_alone(tmp_path: Path) -> None:
    """Where the directory takes no file the number stays, `failed` says why, and the disk can be closed."""
    disk = PodDisk(tmp_path / "bed-1", unix_ms=1000)
    (tmp_path / "bed-1" / "consents.json").mkdir()
    (tmp_path / "bed-1" / "consents.json" / "in the way").touch()
    disk.consents(HELD, 1)
    assert not disk.close()
    assert disk.consents_kept == 0
    assert disk.failed


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b"[]", b"\xff", b'{"held": [["a"]]}', b'{"held": [["a", 0, false]]}', b'{"held": 7}'),
        *(b'{"held": [["", 1, false]]}', b'{"held": [["a", "1", false]]}', b'{"held": [["a", 1.5, false]]}'),
        *(b'{"held": [["a", 1, false]', b'{"held": [["a", NaN, false]]}', b'{"held": null}'),
    ],
)
def test_consents_that_cannot_be_read_are_none_and_reported(tmp_path: Path, content: bytes) -> None:
    """Any other content of the file reads as None, which binds no sleeper; the latch is read still."""
    (tmp_path / "bed-1").mkdir()
    (tmp_path / "bed-1" / "consents.json").write_bytes(content)
    (tmp_path / "bed-1" / "latch").write_text("wake")
    kept = _reboot(tmp_path / "bed-1")
    assert (kept.consents, kept.latched) == (None, "wake")
    assert "consents.json" in kept.damage
    assert "remove" in kept.damage


def test_a_queue_behind_a_stuck_disk_drops_its_oldest_and_never_waits() -> None:
    """While the worker is stuck `put` returns, keeps the newest, and counts the dropped."""
    stuck, done = threading.Event(), []

    def work(item: int) -> None:
        stuck.wait(5.0)
        done.append(item)

    offload = BackgroundWriter("stuck", work, limit=3)
    offload.put(0)
    while offload._waiting:  # until the worker has taken the first
        pass
    for item in range(1, 10):
        offload.put(item)
    assert offload.dropped == 6
    stuck.set()
    assert offload.close(5.0)
    assert done == [0, 7, 8, 9]


def test_a_full_disk_is_reported_and_stops_nothing() -> None:
    """A disk error is kept as `failed`; later work is dropped and counted, never raised."""

    def work(_item: int) -> None:
        raise OSError(28, "No space left on device")

    offload = BackgroundWriter("full", work, limit=3)
    offload.put(1)
    assert not offload.close(5.0)
    offload.put(2)
    assert "No space left" in offload.failed
    assert offload.dropped == 1
