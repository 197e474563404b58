"""A bed as a witness of the daemon's audit log."""

from pathlib import Path

from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.pod_disk import PodDisk
from dreamedge.core.audit_witness import AuditWitness, Witnessed
from dreamedge.ports.link import Connected, Heard
from dreamwire.checkpoint import Checkpoint, signed_note
from dreamwire.messages import DaemonPresence, Versions
from dreamwire.signing import SigningKey
from fakes.bed import bed_alone

S = 1_000_000_000
KEY = SigningKey.from_seed(bytes(32))


def shown(n: int, at_ms: int, head: str = "ab") -> Witnessed:
    """A checkpoint as a presence shows it."""
    return Witnessed(signed_note(Checkpoint(n, head * 32), KEY.public.raw, KEY.sign), at_ms)


def test_a_smaller_number_or_another_head_is_told_of_once_and_never_kept() -> None:
    """A log that shrank, or whose record changed, contradicts the newest checkpoint, which stays.

    The newest contradiction is told on, though the other log has grown past the kept number since.
    """
    witness = AuditWitness()
    assert [witness.see(shown(n, at_ms)) for n, at_ms in ((5, 1), (9, 2), (9, 3))] == ["", "", ""]
    assert witness.see(shown(4, 4)) == "the audit log had 9 records and now has 4"
    assert witness.see(shown(4, 5)) == ""
    assert witness.see(shown(9, 6, "cd")) == "record 9 of the audit log is not the one it was"
    assert witness.kept == shown(9, 2)
    assert witness.see(shown(10, 7, "cd")) == ""
    assert witness.kept == shown(10, 7, "cd")
    assert witness.contradiction == "record 9 of the audit log is not the one it was"


def test_an_old_presence_that_is_replayed_accuses_nobody() -> None:
    """A checkpoint from before the kept one is not judged, and one that cannot be read is not kept."""
    witness = AuditWitness(shown(9, 100))
    assert witness.see(shown(4, 99)) == ""
    assert witness.see(Witnessed("no note", 200)) == ""
    assert witness.kept == shown(9, 100)


def test_a_contradiction_stands_in_the_status_of_the_bed() -> None:
    """Every status after the contradiction has its sentence; none before has one; the journal has it once."""
    now = [S]
    bed, alone = bed_alone(SimulatedImplant(3), None, lambda: now[0])
    for n in (9, 4, 4):
        note, at_ms = shown(n, now[0]).note, now[0] // 1_000_000
        here = DaemonPresence("d-1", online=True, versions=Versions("0", 1), at_ms=at_ms, checkpoint=note)
        bed.hear([Heard(here, now[0]), Connected(now[0])])
        now[0] += S
        bed.pulse(now[0])
    why = "the audit log had 9 records and now has 4"
    said = [status.log_contradiction for status in alone.statuses]
    assert (said[0], said[-1]) == ("", why)
    assert set(said) == {"", why}
    assert [kind for kind, _ in alone.notes].count("audit-contradicted") == 1
    bed.close()


def test_a_witness_outlives_a_reboot(tmp_path: Path) -> None:
    """The newest checkpoint is on the bed's disk; a torn file is forgotten."""
    disk = PodDisk(tmp_path, 1)
    assert disk.kept.witnessed is None
    disk.witness(shown(9, 100))
    assert disk.close()
    again = PodDisk(tmp_path, 2)
    assert again.kept.witnessed == shown(9, 100)
    again.close()
    (tmp_path / "witness.json").write_text("{")
    torn = PodDisk(tmp_path, 3)
    assert torn.kept.witnessed is None
    torn.close()
