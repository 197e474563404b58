"""The audit chain: what each kind of damage is called, wherever it lies; and a checkpoint's note."""

import json

import pytest

from dreamd.core.audit.records import Act, Head, has_text, head_of, line_after, record_of, salted
from dreamd.core.audit.verification import FINDINGS_MAX, ChainCheck, Fault, Verdict
from dreamwire.checkpoint import Checkpoint, checkpoint_of, note_holds, signed_note
from dreamwire.signing import SigningKey

KEY = SigningKey.from_seed(bytes(32))
N = 12


def log(n: int = N, word: str = "done") -> list[str]:
    """A log of so many records."""
    lines, head = list[str](), Head()
    for number in range(1, n + 1):
        act = Act(float(number), "anna", "", "OrderSever", "fleet", "frees", word, "why", salt=f"s{number}")
        lines.append(line_after(head, act))
        head = head_of(number, lines[-1])
    return lines


def at(lines: list[str], n: int) -> Checkpoint:
    """The checkpoint of record n."""
    return Checkpoint(n, head_of(n, lines[n - 1]).digest)


def verdict(lines: list[str], own: list[Checkpoint], seen: tuple[Checkpoint, ...] = ()) -> Verdict:
    """Judge these lines."""
    check = ChainCheck(own, seen)
    for line in lines:
        check.take_line(line.encode())
    return check.verdict()


def faults(lines: list[str], own: list[Checkpoint], *seen: Checkpoint) -> list[tuple[Fault, int]]:
    """The faults of these lines, with the record of each."""
    return [(one.fault, one.n) for one in verdict(lines, own, seen).findings]


def test_a_whole_log_has_no_finding() -> None:
    """With its checkpoint and a witness of any earlier record, a log is whole; its head is the newest's."""
    lines = log()
    told = verdict(lines, [at(lines, 4), at(lines, N)], (at(lines, 1), at(lines, 7)))
    assert (told.findings, told.n, told.head) == ((), N, at(lines, N).head)


@pytest.mark.parametrize("n", [1, 5, N - 1])
def test_an_edited_record_is_named_by_the_one_behind_it(n: int) -> None:
    """A record that was edited is found where it stands, whatever else agrees."""
    lines = log()
    edited = [*lines[: n - 1], lines[n - 1].replace("anna", "anne"), *lines[n:]]
    assert faults(edited, [at(lines, N)]) == [(Fault.EDITED, n)]


def test_an_edited_last_record_and_a_log_written_anew_are_found_by_the_checkpoint() -> None:
    """A whole chain that the checkpoint was not signed for is an edit, told at the first that differs."""
    lines = log()
    assert faults([*lines[:-1], lines[-1].replace("anna", "anne")], [at(lines, N)]) == [(Fault.EDITED, N)]
    anew = log(word="refused")
    assert faults(anew, [at(lines, 3), at(lines, N)], at(lines, 8)) == [(Fault.EDITED, 3)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1, 4), (5, 5), (6, N - 1)])
def test_deleted_records_are_named_by_their_numbers(first: int, last: int) -> None:
    """A gap is a deletion, at the beginning and within."""
    lines = log()
    assert faults([*lines[: first - 1], *lines[last:]], [at(lines, N)]) == [(Fault.DELETED, first)]


@pytest.mark.parametrize("left", [0, 1, N - 1])
def test_a_cut_log_is_found_by_its_own_checkpoint(left: int) -> None:
    """A log that ends before its checkpoint was cut, also where nothing is left, also with a witness."""
    lines = log()
    assert faults(lines[:left], [at(lines, N)], at(lines, N)) == [(Fault.TRUNCATED, left)]


def test_a_restored_log_is_found_by_a_witness_alone() -> None:
    """An older copy agrees with its own checkpoint; a bed has seen more, or another record of a number."""
    lines = log()
    older = lines[:6]
    assert faults(older, [at(lines, 6)]) == []
    assert faults(older, [at(lines, 6)], at(lines, 9)) == [(Fault.RESTORED, 6)]
    act = Act(99.0, "eve", "", "OrderSever", "fleet", "frees", "done")
    written_on = [*older, line_after(head_of(6, older[-1]), act)]
    assert faults(written_on, [at(written_on, 7)], at(lines, 7)) == [(Fault.RESTORED, 7)]
    assert faults(written_on, [at(written_on, 7)], at(lines, 6)) == []


def test_lines_that_are_no_records_are_told_and_bounded() -> None:
    """Foreign lines, repeated and swapped records are unreadable, and a hopeless file is told briefly."""
    lines = log()
    assert (Fault.UNREADABLE, 4) in faults([*lines[:3], "{}", *lines[3:]], [at(lines, N)])
    assert (Fault.UNREADABLE, 3) in faults([*lines[:3], lines[2], *lines[3:]], [at(lines, N)])
    assert len(verdict(["x"] * 1000, []).findings) == FINDINGS_MAX


def test_a_record_holds_no_reason_and_no_sleeper_and_any_text_in_one_line() -> None:
    """Reason and sleeper are salted hashes; line breaks, surrogates and quotes stay in a line of ASCII."""
    odd = 'a\n"\ud800\u2028,'
    act = Act(1.5, odd, odd, "OrderSever", odd, "frees", "done", "secret reason", "ash", "salt")
    line = line_after(Head(), act)
    assert line.isascii()
    assert "\n" not in line
    assert "ash" not in line
    assert "secret" not in line
    record = record_of(line)
    assert (record.principal, record.at_ms, record.reason) == (odd, 1500, salted("salt", "secret reason"))
    for bad in ("{}", "[]", json.dumps(["a", "b", 3]), "x"):
        with pytest.raises(ValueError, match="no record"):
            record_of(bad)


def test_an_act_by_a_sleepers_own_login_names_neither_login_nor_told_name() -> None:
    """The login is a salted hash, a told name is left out; the name that is kept apart is the sleeper's."""
    act = Act(1.0, "ash-login", "ash", "GrantConsent", "", "binds", "done", salt="s", own="ash")
    record = record_of(line_after(Head(), act))
    assert record.principal == f"~{salted('s', 'ash-login')[:16]}"
    assert (record.on_behalf_of, act.about, act.has_text, has_text(record)) == ("", "ash", True, True)
    assert "ash" not in line_after(Head(), act)


def test_a_note_holds_for_its_key_and_text_alone() -> None:
    """A signed note is read back; another key, number, head or a torn end does not hold."""
    stated = Checkpoint(7, "ab" * 32)
    note = signed_note(stated, KEY.public.raw, KEY.sign)
    assert checkpoint_of(note) == stated
    assert note_holds(note, KEY.public.raw, KEY.public.verify)
    other = SigningKey.from_seed(bytes(31) + b"1").public
    assert not note_holds(note, other.raw, other.verify)
    for damaged in (note.replace("\n7\n", "\n8\n"), note[:-8], note + "x", note.replace("v1", "v2")):
        assert not note_holds(damaged, KEY.public.raw, KEY.public.verify)
    for text in ("", "x", "dreamd.audit.v1\n0\n\n\n", "dreamd.audit.v1\n7\nAAAA\n\n", note * 9):
        assert checkpoint_of(text) is None
