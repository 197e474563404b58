"""Damage in the contact reports beside EEG costs no EEG, is told, and hides no report of no contact."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants.files.stream_channels import held_reports
from dreamedge.adapters.implants.files.xdf.implant import XdfImplant
from dreamedge.adapters.implants.inspection import examine
from dreamedge.ports.implant import ImplantError
from edge.signals import pink
from edge.xdf_file import Doubles, Told, write

SECONDS = 32
REPORTS = 10 * SECONDS
AT_S = 50.0 + np.arange(REPORTS) / 10
GOOD = np.ones((REPORTS, 4))
OFF = np.where(np.arange(REPORTS)[:, None] < 8 * SECONDS, 1.0, 4.0) * GOOD
"""The headset is taken off after four fifths of the recording."""
EEG = Told(
    "Ann: EEG",
    pink(SECONDS, 256, 4),
    50.0 + np.arange(256 * SECONDS) / 256,
    256.0,
    labels=("TP9", "AF7", "AF8", "TP10"),
)


def hsi(values: Doubles, stamps_s: Doubles = AT_S, nominal_hz: float = 10.0) -> Told:
    """The contact stream of the same headset."""
    return Told("Ann: HSI", values, stamps_s, nominal_hz, kind="HSI", labels=("a", "b", "c", "d"))


def opened(path: Path, *streams: Told) -> XdfImplant:
    """The implant of the only sleeper of these streams; it plays from one second on."""
    implant = XdfImplant(write(path / "a.xdf", *streams))
    implant.play_from(10**9)
    return implant


def contact(implant: XdfImplant, at_s: float) -> list[float] | None:
    """The contact of each channel at an instant of the recording; instants only grow."""
    for now_s in (at_s - 0.2, at_s):
        block = implant.read(int((1 + now_s) * 1e9))
    assert block is not None
    return None if block.contact is None else list(block.contact)


def told(implant: XdfImplant) -> str:
    """The notes on contact, joined."""
    return " ".join(note.sentence for note in implant.notes if note.code == "contact")


def with_nan(values: Doubles, *places: slice | int) -> Doubles:
    """A copy with NaN there."""
    copy = values.copy()
    copy[places] = np.nan
    return copy


@pytest.mark.parametrize(
    ("values", "stamps_s", "says"),
    [
        (with_nan(GOOD, slice(None, None, 3)), AT_S, ""),
        (with_nan(GOOD, slice(None), 2), AT_S, "The contact of AF8 is never reported"),
        (GOOD * np.nan, AT_S, "holds no number, so contact is not judged"),
        (GOOD[:0], AT_S[:0], "holds no reports, so contact is not judged"),
        (GOOD, AT_S + 1.7e9, "lies at 1700000050 s, and the EEG at 50 to 82 s"),
        (GOOD[:100], AT_S[:100], "not reported for 22 s, from 10 s on"),
    ],
)
def test_damaged_reports_cost_no_eeg(tmp_path: Path, values: Doubles, stamps_s: Doubles, says: str) -> None:
    """Reports that are missing, no numbers, or of another clock leave the EEG usable, with a sentence."""
    implant = opened(tmp_path, EEG, hsi(values, stamps_s))
    assert told(implant) == "" if not says else says in told(implant)
    assert contact(implant, 31.0) in ([1.0] * 4, None)


def _stray() -> Doubles:
    stamps_s = AT_S.copy()
    stamps_s[100] += 200_000.0
    return stamps_s


def _swapped(rows: Doubles) -> Doubles:
    return np.concatenate([rows[:150], rows[250:], rows[150:250]])


@pytest.mark.parametrize(
    ("values", "stamps_s"),
    [
        (OFF, AT_S),
        (with_nan(OFF, slice(None, None, 3)), AT_S),
        (OFF, _stray()),
        (_swapped(OFF), _swapped(AT_S)),
        (OFF, with_nan(AT_S, 77)),
    ],
)
def test_a_headset_taken_off_is_seen_through_damage(
    tmp_path: Path, values: Doubles, stamps_s: Doubles
) -> None:
    """Reports of no contact count although others are NaN, stray, swapped or without a stamp."""
    implant = opened(tmp_path, EEG, hsi(values, stamps_s))
    for at_s, worth in ((5.0, 1.0), (10.2, 1.0), (25.0, 1.0), (26.5, 0.0), (31.5, 0.0)):
        assert contact(implant, at_s) == [worth] * 4


def _channels(path: Path, stream: str, count: bytes) -> None:
    """Let the header of a stream of four channels state another count."""
    data = bytearray(path.read_bytes())
    at = data.index(b"<channel_count>4", data.index(f"<name>{stream}".encode())) + len("<channel_count>")
    data[at : at + 1] = count
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("count", [b"2", b"7"])
def test_samples_that_are_not_of_their_header_are_left_out(tmp_path: Path, count: bytes) -> None:
    """A contact stream whose rows are not of its channels is named with its byte, and the EEG plays."""
    path = write(tmp_path / "a.xdf", EEG, hsi(GOOD))
    _channels(path, "Ann: HSI", count)
    (one,) = examine(str(path))
    assert one.found.seated
    (sentence,) = [note.sentence for note in one.notes if note.code == "left-out"]
    assert "Stream 2 ('Ann: HSI') is left out: its samples, at byte " in sentence
    assert f"not rows of the {count.decode()} channels of 8 bytes" in sentence


def test_eeg_that_is_not_of_its_header_is_refused_for_that(tmp_path: Path) -> None:
    """The only EEG stream with a wrong count of channels is refused for that, not for its stamps."""
    path = write(tmp_path / "a.xdf", EEG)
    _channels(path, "Ann: EEG", b"3")
    with pytest.raises(
        ImplantError, match=r"'Ann: EEG'\) is left out: .* not rows of the 3 channels of 8 bytes"
    ):
        examine(str(path))


def test_rows_without_a_number_are_gaps(tmp_path: Path) -> None:
    """Lost packets written as NaN in all channels are gaps and told; NaN in one channel stays its own."""
    uv = with_nan(with_nan(EEG.samples, slice(2560, 2600)), slice(5000, 5012), 1)
    implant = opened(tmp_path, replace(EEG, samples=uv))
    read = [block for k in range(SECONDS) if (block := implant.read((k + 1) * 10**9)) is not None]
    read += [block for _ in range(2) if (block := implant.read((SECONDS + 2) * 10**9)) is not None]
    played = np.concatenate([block.uv for block in read])
    assert len(played) == len(uv) - 40
    assert np.isnan(played).sum(axis=0).tolist() == [0, 12, 0, 0]
    (note,) = [note.sentence for note in implant.notes if note.code == "lost"]
    assert "has 40 rows without a number (0.5 %); they are gaps" in note


def losing(every: int, packet: int = 12) -> Told:
    """The EEG without every so many-th packet of samples."""
    kept = np.arange(len(EEG.samples)) // packet % every != every - 1
    return replace(EEG, samples=EEG.samples[kept], stamps_s=EEG.stamps_s[kept])


def test_lost_packets_are_told_and_not_called_a_wrong_rate(tmp_path: Path) -> None:
    """One packet in 100 is a note; one in 20 is refused with the share, not with advice about the rate."""
    (note,) = [note.sentence for note in opened(tmp_path, losing(100)).notes if note.code == "lost"]
    assert "72 samples (0.9 %) in packets of up to 47 ms" in note
    with pytest.raises(
        ImplantError, match=r"packets of up to 47 ms.*a replay takes 2 %.*the receiver nearer"
    ) as told:
        opened(tmp_path, losing(20))
    assert told.value.cause == "rate"
    assert "nominal" not in str(told.value)


def test_stamps_of_arrival_show_no_loss(tmp_path: Path) -> None:
    """Jittered stamps, a pause of two seconds, and a whole stream have no note on lost packets."""
    rng = np.random.default_rng(1)
    late = replace(EEG, stamps_s=EEG.stamps_s + rng.exponential(0.002, len(EEG.stamps_s)))
    pause = replace(EEG, stamps_s=EEG.stamps_s + np.where(np.arange(len(EEG.stamps_s)) > 4000, 2.0013, 0.0))
    for told_ in (EEG, late, pause):
        assert not [note for note in opened(tmp_path, told_).notes if note.code == "lost"]


def test_reports_are_held_across_pieces() -> None:
    """The last number holds, also from the piece before; a channel without one stays unknown."""
    nan = np.nan
    first = held_reports(np.array([[nan, nan], [1.0, nan], [nan, nan]]), np.array([nan, nan]))
    np.testing.assert_array_equal(first, [[1.0, nan], [1.0, nan], [1.0, nan]])
    then = held_reports(np.array([[nan, 4.0], [2.0, nan]]), first[-1])
    np.testing.assert_array_equal(then, [[1.0, 4.0], [2.0, 4.0]])
