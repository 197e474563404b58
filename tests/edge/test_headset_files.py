"""Text files of headset programs behind the implant port: recognised, repaired or refused."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.headset.dialect import head_of
from dreamedge.adapters.implants.files.headset.implant import HeadsetImplant, sleepers
from dreamedge.adapters.implants.files.headset.packet_counter import numbers_by_counter
from dreamedge.adapters.implants.files.headset.recognise import recognise
from dreamedge.adapters.implants.files.headset.rows import RowReader
from dreamedge.adapters.implants.files.headset.spool import Spool
from dreamedge.adapters.implants.inspection import examine, glance
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.blocks import Block
from dreamedge.ports.implant import ImplantError
from edge import headset_file as written_by
from edge.headset_file import CYTON_HZ, MUSE, MUSE_HZ, cyton_uv, muse_uv, written
from edge.signals import Doubles

S = 1_000_000_000
OPENBCI8 = RecordingOptions(montage=("openbci8",))
WORDS = (
    b"",
    b",",
    b";",
    b"\n",
    b'"',
    b"nan",
    b"1e999",
    b"%",
    b"\0",
    b"\xff",
    b"/muse/x",
    b"2025-07-01 ",
    b"99999999999",
)
EIGHT = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


SHORT = [
    text.encode()
    for text in (
        written_by.muse_lsl(muse_uv(1)),
        written_by.mind_monitor(muse_uv(1)),
        written_by.gui_5(cyton_uv(1)),
        written_by.gui_4(cyton_uv(1), comma=True),
    )
]


@pytest.fixture(scope="module")
def muse() -> Doubles:
    """31 s of a Muse."""
    return muse_uv()


@pytest.fixture(scope="module")
def cyton() -> Doubles:
    """31 s of a Cyton."""
    return cyton_uv()


def opened(path: Path, options: RecordingOptions = RecordingOptions()) -> HeadsetImplant:  # noqa: B008 - frozen
    """The file behind the port, by its spec."""
    implant = open_implant(f"csv:{path}", options=options)
    assert isinstance(implant, HeadsetImplant)
    return implant


def blocks(implant: HeadsetImplant) -> list[Block]:
    """All blocks, read four times a second."""

    def ready(now_ns: int) -> Iterator[Block]:
        while (block := implant.read(now_ns)) is not None:
            yield block

    return [block for k in range(int(4 * implant.seconds) + 8) for block in ready(S + k * S // 4)]


def played(implant: HeadsetImplant) -> Doubles:
    """All samples, float64[n, channels], uV."""
    return np.concatenate([block.uv for block in blocks(implant)])


def codes(implant: HeadsetImplant) -> set[str]:
    """The codes of its notes, without that of the program."""
    return {note.code for note in implant.notes} - {"dialect"}


def note(implant: HeadsetImplant, code: str) -> str:
    """The one sentence under a code."""
    (found,) = [one.sentence for one in implant.notes if one.code == code]
    return found


def refusal(path: Path, options: RecordingOptions = RecordingOptions()) -> ImplantError:  # noqa: B008 - frozen
    """The refusal of a file."""
    with pytest.raises(ImplantError) as found:
        opened(path, options)
    return found.value


# --- the programs -------------------------------------------------------------------------------


def test_muse_lsl_plays_sample_for_sample(tmp_path: Path, muse: Doubles) -> None:
    """muse-lsl's columns are four electrodes in uV at 256 Hz; the program is named, AUX plays not."""
    path = written(tmp_path / "a.csv", written_by.muse_lsl(muse))
    implant = opened(path)
    np.testing.assert_allclose(played(implant), muse, atol=1e-3)
    assert (implant.montage.names, implant.montage.rate_hz) == (MUSE, MUSE_HZ)
    assert implant.montage.full_scale_uv == 1000.0
    assert "muse-lsl" in note(implant, "dialect")
    assert codes(implant) == set()
    assert [(one.label, one.kind) for one in sleepers(path)[0][1]][-1] == ("Right AUX", "auxiliary")
    implant.close()
    implant.close()


def test_mind_monitor_plays_in_the_middle_of_its_range(tmp_path: Path, muse: Doubles) -> None:
    """RAW of 0 to 1682 uV is centred, so both rails are at 841 uV; contact follows HSI; events are marks."""
    text = written_by.mind_monitor(
        muse,
        hsi=(1, 2, 4, 1),
        events=((0, "/muse/event/connected Muse-5257"), (2560, "/muse/elements/blink"), (5120, "/Marker/1")),
    )
    implant = opened(written(tmp_path / "mindMonitor.csv", text))
    read = blocks(implant)
    np.testing.assert_allclose(np.concatenate([block.uv for block in read]), muse, atol=1e-3)
    assert implant.montage.full_scale_uv == 841.0
    assert [list(block.contact) for block in read if block.contact is not None][3] == [1.0, 0.5, 0.0, 1.0]
    assert [mark.text for mark in implant.marks] == ["connected Muse-5257", "blink", "Marker/1"]
    assert [mark.at_s for mark in implant.marks] == pytest.approx([0.0, 10.0, 20.0], abs=0.05)
    assert implant.montage.names == MUSE


def test_empty_columns_of_contact_are_no_indicator(tmp_path: Path, muse: Doubles) -> None:
    """Mind Monitor's HSI columns without a value in the whole file say nothing about contact."""
    text = written_by.mind_monitor(muse).replace(",1.0,1.0,1.0,1.0,14.31", ",,,,,14.31")
    (first, *_) = blocks(opened(written(tmp_path / "a.csv", text)))
    assert first.contact is None


def test_a_missing_report_repeats_the_last_one(tmp_path: Path, muse: Doubles) -> None:
    """Cells of HSI that are empty now and then cost no contact; a column that is always empty is told."""
    lines = written_by.mind_monitor(muse, hsi=(1, 1, 2, 4)).splitlines()
    full = ",1.0,1.0,2.0,4.0,14.31"
    sparse = [line if n % 7 == 2 else line.replace(full, ",,,2.0,,14.31") for n, line in enumerate(lines)]
    read = blocks(opened(written(tmp_path / "a.csv", "\n".join(sparse))))
    assert [list(block.contact) for block in read if block.contact is not None][3] == [1.0, 1.0, 0.5, 0.0]
    never = [line.replace(full, ",1.0,,1.0,1.0,14.31") for line in lines]
    implant = opened(written(tmp_path / "b.csv", "\n".join(never)))
    assert [list(block.contact) for block in blocks(implant) if block.contact is not None][3] == [1.0] * 4
    assert [note.sentence for note in implant.notes if note.code == "contact"] == [
        "The contact of AF7 is never reported, so it is not judged."
    ]


def test_a_muse_that_is_not_worn_has_no_contact(tmp_path: Path, muse: Doubles) -> None:
    """HeadBandOn of 0 is no contact at any electrode, whatever HSI says."""
    text = written_by.mind_monitor(muse).replace(",0.44,1,1.0", ",0.44,0,1.0")
    (first, *_) = blocks(opened(written(tmp_path / "a.csv", text)))
    assert first.contact is not None
    assert list(first.contact) == [0.0] * 4


@pytest.mark.parametrize("per", [1.0, 1e3])
def test_the_gui_of_today_plays_with_a_cap(tmp_path: Path, cyton: Doubles, per: float) -> None:
    """The GUI's named columns play by a cap's names, stamps in s or ms; markers are marks."""
    path = written(tmp_path / "OpenBCI-RAW.txt", written_by.gui_5(cyton, markers={500: 3.0}, per=per))
    implant = opened(path, OPENBCI8)
    np.testing.assert_allclose(played(implant), cyton, atol=1e-3)
    assert implant.montage.names == EIGHT
    assert implant.montage.full_scale_uv == 187_500.0
    assert [(mark.text, round(mark.at_s, 1)) for mark in implant.marks] == [("3", 2.0)]
    assert codes(implant) == set()
    without = refusal(path)
    assert "8 labels: EXG Channel 0" in str(without)
    assert "--montage" in str(without)
    zero = re.sub(r", [\d.]+, (\d.\d, 2025)", r", 0.0, \1", path.read_text()).replace("05.422", "05.430")
    assert "times of day" in note(opened(written(tmp_path / "b.txt", zero), OPENBCI8), "dialect")


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("times", [False, True])
def test_older_guis_play_by_the_places_of_their_columns(
    tmp_path: Path, cyton: Doubles, comma: bool, times: bool
) -> None:
    """Before version 5 no line names the columns; a decimal comma is told from a comma by its space."""
    path = written(tmp_path / "a.txt", written_by.gui_4(cyton, comma=comma, times=times))
    implant = opened(path, OPENBCI8)
    np.testing.assert_allclose(played(implant), cyton, atol=6e-3)
    assert codes(implant) == (set() if times else {"stamps"})
    assert ("decimal commas" in note(implant, "dialect")) is comma


def test_the_oldest_gui_states_no_channels(tmp_path: Path, cyton: Doubles) -> None:
    """Without a number of channels the width of the rows tells it, else the montage, else a refusal."""
    text = written_by.gui_4(cyton, times=False, head=("%",))
    assert opened(written(tmp_path / "a.txt", text), OPENBCI8).montage.names == EIGHT
    odd = "\n".join(line if line[0] == "%" else f"{line}, 1, 2, 3, 4" for line in text.splitlines()) + "\n"
    path = written(tmp_path / "b.txt", odd)
    assert "has 16 columns and states no number of channels" in str(refusal(path))
    assert opened(path, OPENBCI8).montage.names == EIGHT


def test_a_row_of_zeros_in_the_place_of_names_is_no_sample(tmp_path: Path, cyton: Doubles) -> None:
    """The GUI's own sample of version 5 has zeros where names belong; they are dropped."""
    zeros = ",".join(["0.0"] * 25)
    implant = opened(written(tmp_path / "a.txt", written_by.gui_5(cyton, names=zeros)), OPENBCI8)
    np.testing.assert_allclose(played(implant), cyton, atol=1e-3)
    assert codes(implant) == set()


def test_brainflow_plays_once_its_board_is_named(tmp_path: Path, cyton: Doubles) -> None:
    """A file without header cannot tell its board: `#cyton` names it, another width or board is refused."""
    data_filter = pytest.importorskip("brainflow.data_filter").DataFilter
    rows = np.zeros((24, len(cyton)))
    rows[0] = np.arange(len(cyton)) % 256
    rows[1:9] = cyton.T
    rows[22] = written_by.UNIX_S + written_by.bursts(len(cyton), CYTON_HZ)
    rows[23, 1000] = 7.0
    path = tmp_path / "a.csv"
    data_filter.write_file(rows, str(path), "w")
    implant = open_implant(f"csv:{path}#cyton")
    assert isinstance(implant, HeadsetImplant)
    np.testing.assert_allclose(played(implant), cyton, atol=1e-3)
    assert (implant.montage.names, implant.montage.full_scale_uv) == (EIGHT, 187_500.0)
    assert [(mark.text, round(mark.at_s, 1)) for mark in implant.marks] == [("7", 4.0)]
    assert "24 columns of numbers and no header" in str(refusal(path))
    old = written(tmp_path / "old.csv", path.read_text().replace("\t", ","))
    assert open_implant(f"csv:{old}#cyton").montage.names == EIGHT
    for board, why in (("muse_2", "a file of muse_2 has 8"), ("nothing", "is not a board")):
        with pytest.raises(ImplantError, match=why):
            open_implant(f"csv:{path}#{board}")
    muse = written(tmp_path / "muse.csv", written_by.muse_lsl(muse_uv(1)))
    with pytest.raises(ImplantError, match="needs no board; leave #cyton out"):
        open_implant(f"csv:{muse}#cyton")


def test_a_table_of_electrodes_plays_at_the_rate_of_its_stamps(tmp_path: Path) -> None:
    """Any program's columns named after electrodes play; without stamps the rate has to be given."""
    uv = cyton_uv(31, 2)
    lines = [f"{n / CYTON_HZ:.4f}\t{a / 1e3:.6f}\t{b / 1e3:.6f}" for n, (a, b) in enumerate(uv)]
    path = written(tmp_path / "a.tsv", "\n".join(["Time\tFp1 [mV]\tO1 [mV]", *lines]) + "\n")
    implant = opened(path)
    np.testing.assert_allclose(played(implant), uv, atol=1e-2)
    assert (implant.montage.names, implant.montage.rate_hz) == (("Fp1", "O1"), CYTON_HZ)
    bare = [",".join(line.split("\t")[1:]) for line in lines]
    path = written(tmp_path / "b.csv", "\n".join(["Fp1,O1", *bare]) + "\n")
    assert "--rate" in str(refusal(path))
    implant = opened(path, RecordingOptions(rate_hz=CYTON_HZ, unit="mV"))
    np.testing.assert_allclose(played(implant), uv, atol=1e-2)


def test_a_table_of_whole_numbers_has_no_decimal_commas(tmp_path: Path) -> None:
    """Two columns of whole numbers are two columns; EmotivPRO's line above the names is passed over."""
    uv = np.round(cyton_uv(31, 2))
    rows = "".join(f"{a:.0f},{b:.0f}\n" for a, b in uv)
    implant = opened(written(tmp_path / "a.csv", f"Fp1,O1\n{rows}"), RecordingOptions(rate_hz=CYTON_HZ))
    np.testing.assert_allclose(played(implant), uv)
    rows = "".join(f"{n / 128:.6f},{n % 128},{4200 + a:.6f},{4200 + b:.6f}\n" for n, (a, b) in enumerate(uv))
    above = "title:foo, start timestamp:1623658701.49, headset type:EPOCX, sampling rate:128\n"
    text = f"{above}Timestamp,EEG.Counter,EEG.AF3,EEG.T7\n{rows}"
    implant = opened(written(tmp_path / "b.csv", text))
    assert (implant.montage.names, implant.montage.rate_hz) == (("AF3", "T7"), 128.0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("name,age\nx,3\n", "which is no header of muse-lsl"),
        ("timestamps,PPG1,PPG2,PPG3\n1,2,3,4\n", "holds PPG"),
        ("%OpenBCI Raw Aux Data\n%Sample Rate = 250 Hz\n1, 2\n", "holds auxiliary data and no EEG"),
        ("%OpenBCI Raw EEG Data\n", "holds no row"),
        ("timestamps,TP9,AF7,AF8,TP10\n", "holds no samples"),
        ("timestamps,TP9,AF7,AF8,TP10\n1,2,3,4,5\n2,3,4,5,6\n", "delivers 1.00 Hz"),
        ("timestamps,TP9,AF7,AF8,TP10\n1,2,3,4,5\n1.004,3,4,5,6\n", "needs at least 30 s"),
        ("a\0b", "byte 1 is zero"),
        ("00,FFB453,04D2AB,FF1234,000001,000002\n", "SD card, in hexadecimal"),
        ("1,2,3,4,5\n", "begins with '1,2,3,4,5'"),
    ],
)
def test_other_texts_are_refused_with_what_they_are(tmp_path: Path, text: str, why: str) -> None:
    """A file that is none of these recordings is refused with what stands in it."""
    assert why in str(refusal(written(tmp_path / "a.csv", text)))


@pytest.mark.parametrize("program", [0, 1, 2, 3])
@settings(max_examples=7, deadline=None)
@given(data=st.data())
def test_no_byte_of_a_text_can_do_more_than_refuse(program: int, data: st.DataObject) -> None:
    """Whatever is written, cut out or repeated anywhere in a file: it plays, or is refused in a sentence."""
    text = bytearray(SHORT[program])
    at = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.sampled_from([0, 1, 7, 900]))
    text[at : at + length] = data.draw(st.sampled_from(WORDS)) or bytes(text[:length])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_bytes(bytes(text))
        with suppress(ImplantError):
            sleepers(path, None, OPENBCI8)
        with suppress(ImplantError):
            implant = opened(path, OPENBCI8 if program > 1 else RecordingOptions())
            blocks(implant)
            implant.close()


# --- how it is written --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "change"),
    [
        ("utf-8-sig", lambda text: text),
        ("utf-16", lambda text: text),
        ("utf-8", lambda text: text.replace("\n", "\r\n")),
        ("utf-8", lambda text: re.sub(r"[^,\n]+", r'"\g<0>"', text)),
        ("utf-8", lambda text: "# a comment\n\n" + text.replace("\n", "\n\n", 3)),
        ("utf-8", lambda text: text.replace(",", ";").replace(".", ",")),
        ("utf-8", lambda text: text.replace(",", "\t")),
        ("latin-1", lambda text: text.replace("Right AUX", "Rechte Öse")),
    ],
)
def test_the_ways_of_writing_a_table_read_the_same(tmp_path: Path, encoding: str, change: object) -> None:
    """A byte order mark, UTF-16, CRLF, quotes, comments, semicolons with decimal commas, tabs: one signal."""
    assert callable(change)
    uv = muse_uv(31)
    path = written(tmp_path / "a.csv", change(written_by.muse_lsl(uv)), encoding=encoding)
    np.testing.assert_allclose(played(opened(path)), uv, atol=1e-3)


def test_an_empty_cell_is_no_number_and_an_empty_row_is_a_gap(tmp_path: Path, muse: Doubles) -> None:
    """An empty cell, NaN or null spoils its channel alone; a row without samples is a gap of its length."""
    lines = written_by.muse_lsl(muse).splitlines()
    for row, word in ((1000, ""), (1001, "NaN"), (1002, "null")):
        cells = lines[1 + row].split(",")
        lines[1 + row] = ",".join([*cells[:2], word, *cells[3:]])
    for row in range(2000, 2100):
        lines[1 + row] = lines[1 + row].split(",")[0] + ",,,,,"
    uv = played(opened(written(tmp_path / "a.csv", "\n".join(lines) + "\n")))
    assert len(uv) == len(muse) - 100
    assert np.argwhere(np.isnan(uv)).tolist() == [[1000, 1], [1001, 1], [1002, 1]]
    np.testing.assert_allclose(uv[2000:], muse[2100:], atol=1e-3)


@pytest.mark.parametrize(
    "end", ["1751381999.1,-12.4", "\0" * 9000, "1751381999.1,-12\0\0\0", "1751381999.1,1.0,2.0,3.0,4.0,0.0"]
)
def test_the_last_line_of_a_killed_recorder_is_left_out(tmp_path: Path, muse: Doubles, end: str) -> None:
    """A last line without its end may be short of digits: it is left out and told, and the rest plays."""
    implant = opened(written(tmp_path / "a.csv", written_by.muse_lsl(muse) + end))
    assert len(played(implant)) == len(muse)
    assert f"within line {len(muse) + 2}" in note(implant, "torn")


def test_a_row_that_cannot_be_read_is_told_by_line_and_column(tmp_path: Path, muse: Doubles) -> None:
    """One bad row is a missing sample with its place; more than one in a hundred refuse the file."""
    lines = written_by.muse_lsl(muse).splitlines()
    lines[4001] = lines[4001].replace(",", ",x", 2)
    implant = opened(written(tmp_path / "a.csv", "\n".join(lines) + "\n"))
    assert "1 rows that cannot be read, first line 4002, column 2" in note(implant, "rows")
    assert len(played(implant)) == len(muse) - 1
    lines[101:201] = ["1751381765.5,1.0"] * 100
    assert "the first in line 102, column 3" in str(
        refusal(written(tmp_path / "b.csv", "\n".join(lines) + "\n"))
    )


def test_a_spreadsheet_that_took_the_date_is_refused(tmp_path: Path, muse: Doubles) -> None:
    """A spreadsheet program saves 56:05.4 for a date and a time; it is refused with line and column."""
    text = re.sub(r"2025-07-01 14:(\d\d:\d\d\.\d)\d\d", r"\1", written_by.mind_monitor(muse))
    assert "line 3, column 1: '56:05." in str(refusal(written(tmp_path / "a.csv", text)))


def test_a_full_disk_is_told_with_the_place_that_is_full(tmp_path: Path) -> None:
    """Rows that cannot be kept are a refusal that names TMPDIR; rows that were never kept are no samples."""
    spool = Spool(2, np.float32, tmp_path / "a.csv")
    spool.append(np.ones((3, 2)))
    assert spool.between(1, 3).tolist() == [[1.0, 1.0]] * 2
    with pytest.raises(ValueError, match="not among 3"):
        spool.between(2, 4)
    spool.close()
    with pytest.raises(ImplantError, match=r"a\.csv needs room in .*set TMPDIR"):
        spool.append(np.ones((1, 2)))


def test_the_reading_of_a_large_file_shows_how_far_it_is(tmp_path: Path, muse: Doubles) -> None:
    """The share that was read rises to 1, piece by piece."""
    path = written(tmp_path / "a.csv", written_by.mind_monitor(muse))
    shares: list[float] = []
    reader = RowReader(path, recognise(head_of(path), None, (), "a"), shares.append)
    assert sum(len(piece.samples) for piece in reader.pieces()) == len(muse)
    assert (shares, shares[-1], len(shares) > 1) == (sorted(shares), 1.0, True)


# --- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 12, 60])
def test_stamps_in_bursts_are_one_rate(tmp_path: Path, muse: Doubles, size: int) -> None:
    """Rows that arrive up to 60 at a time make no gap, no rate and no lost sample."""
    text = written_by.mind_monitor(muse, written_by.bursts(len(muse), MUSE_HZ, size))
    implant = opened(written(tmp_path / "a.csv", text))
    assert len(blocks(implant)) <= 4 * 31 + 4
    assert implant.seconds == pytest.approx(31.0, abs=0.1)


def test_lost_packets_are_gaps_of_their_length(tmp_path: Path) -> None:
    """Losses of 1 and of 10 packets across the wrap at 256, and of 2 s, more than a turn of the counter."""
    cyton = cyton_uv(34)
    kept = np.ones(len(cyton), dtype=bool)
    kept[[500]] = kept[1275:1285] = kept[3000:3500] = False
    numbers = np.flatnonzero(kept)
    stamps_s = written_by.bursts(len(cyton), CYTON_HZ, 8)[kept]
    text = written_by.gui_5(cyton[kept], numbers=numbers.astype(float), stamps_s=stamps_s)
    implant = opened(written(tmp_path / "a.txt", text), OPENBCI8)
    read = blocks(implant)
    at = np.concatenate([
        np.round((block.last_ns - S) * CYTON_HZ / S) - len(block.uv) + np.arange(len(block.uv))
        for block in read
    ])  # fmt: skip
    assert np.abs(at - numbers).max() <= 2
    assert np.abs(at[:2000] - numbers[:2000]).max() == 0
    assert "by its packet counter" in note(implant, "lost")


@pytest.mark.parametrize("leap_s", [0.5, 3.5, 12.0])
def test_a_leap_that_the_packet_counter_denies_is_no_gap(tmp_path: Path, leap_s: float) -> None:
    """The clock is set ahead while the counter goes on: every sample follows the last, and it is told."""
    uv = cyton_uv(32)
    stamps_s = written_by.bursts(len(uv), CYTON_HZ, 8)
    stamps_s = stamps_s + leap_s * (np.arange(len(uv)) >= 3000)
    implant = opened(written(tmp_path / "a.txt", written_by.gui_5(uv, stamps_s=stamps_s)), OPENBCI8)
    assert implant.seconds == pytest.approx(32.0, abs=0.05)
    assert len(played(implant)) == len(uv)
    assert f"leaps ahead {leap_s:.1f} s at 12.0 s while its packet counter goes on" in note(
        implant, "alignment"
    )


@pytest.mark.parametrize("counted", [False, True])
def test_a_clock_that_is_set_back_loses_no_sample(tmp_path: Path, muse: Doubles, counted: bool) -> None:
    """Stamps that go back 5 s leave the signal whole, with a counter and without, and are told."""
    uv = cyton_uv(32) if counted else muse
    back_s = 5.0 * (np.arange(len(uv)) >= 3000)
    if counted:
        text = written_by.gui_5(uv, stamps_s=written_by.bursts(len(uv), CYTON_HZ, 8) - back_s)
    else:
        text = written_by.mind_monitor(uv, written_by.bursts(len(uv), MUSE_HZ) - back_s)
    implant = opened(written(tmp_path / "a.txt", text), OPENBCI8 if counted else RecordingOptions())
    np.testing.assert_allclose(played(implant), uv, atol=1e-3)
    at_s = 3000 / (CYTON_HZ if counted else MUSE_HZ)
    assert f"leaps back 5.0 s at {at_s:.1f} s while its signal goes on" in note(implant, "alignment")


@pytest.mark.parametrize("restart_at", [0.5, 2.0, 40.0])
def test_a_device_that_was_started_again_is_placed_by_its_stamps(tmp_path: Path, restart_at: float) -> None:
    """A counter that begins anew after a pause: the pause has the length of the stamps."""
    uv = cyton_uv(32)
    numbers = np.concatenate([np.arange(4000), np.arange(len(uv) - 4000)])
    stamps_s = written_by.bursts(len(uv), CYTON_HZ, 8) + restart_at * (np.arange(len(uv)) >= 4000)
    text = written_by.gui_5(uv, numbers=numbers.astype(float), stamps_s=stamps_s)
    implant = opened(written(tmp_path / "a.txt", text), OPENBCI8)
    assert implant.seconds == pytest.approx(32.0 + restart_at, abs=0.05)
    assert len(played(implant)) == len(uv)


@pytest.mark.parametrize("stall_s", [1.5, 6.0])
def test_a_stall_of_seconds_is_no_gap(tmp_path: Path, muse: Doubles, stall_s: float) -> None:
    """A radio that stalls and then delivers all of it leaves a whole signal, with a counter and without."""
    uv = cyton_uv(32)
    for hz, name in ((CYTON_HZ, "a.txt"), (MUSE_HZ, "b.csv")):
        stamps_s = written_by.bursts(round(32 * hz) if hz == CYTON_HZ else len(muse), hz, 8)
        first, last = 3000, 3000 + round(stall_s * hz)
        stamps_s[first:last] = stamps_s[last]
        is_cyton = hz == CYTON_HZ
        text = (
            written_by.gui_5(uv, stamps_s=stamps_s) if is_cyton else written_by.mind_monitor(muse, stamps_s)
        )
        implant = opened(written(tmp_path / name, text), OPENBCI8 if is_cyton else RecordingOptions())
        assert implant.seconds == pytest.approx(32.0 if is_cyton else 31.0, abs=0.05)
        np.testing.assert_allclose(played(implant), uv if is_cyton else muse, atol=1e-3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 2, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1], [0, 1, 2, 4, 5, 6, 7, *range(8, 18)]),
        ([2, 4, 6, 8, 10, 12, 14, 0, 2, 4, 6, 10, 12, 14, 0, 2], [*range(11), *range(12, 17)]),
        ([7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 5, 6, 7, 8, 1], [*range(13), *range(14, 19)]),
        ([1, 1, 2, 2, 3, 3, 5, 5, 6, 6, 7, 7, 8, 8, 1, 1, 2, 2], [*range(6), *range(8, 20)]),
        ([0, 1, np.nan, 3, 4, 5, np.nan, 8, 9, 10, 11, 12], [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]),
        ([0, 1, 2, 1e12, 4, 5, 6, 7, 0, 1, -1e300, 3], [*range(12)]),
        ([5] * 20, None),
        ([3, 9, 1, 7, 2, 8, 0, 5, 4, 6, 1, 9], None),
    ],
)
def test_a_counter_counts_by_its_own_step_and_turn(values: list[float], expected: list[int] | None) -> None:
    """Counters from 0, from 1, by twos, and of two samples a packet; one that does not count is not used."""
    found = numbers_by_counter(np.array(values, dtype=np.float64))
    assert (None if found is None else found.numbers.tolist()) == expected


def test_a_wrong_rate_is_refused_with_its_cause(tmp_path: Path, cyton: Doubles, muse: Doubles) -> None:
    """250 Hz in the header and 160 by the stamps is `rate`; so is a Mind Monitor file of one row a second."""
    slow = written_by.gui_5(cyton, stamps_s=np.arange(len(cyton)) / 160.0)
    found = refusal(written(tmp_path / "a.txt", slow), OPENBCI8)
    assert (found.cause, "nominal rate of 250 Hz and delivers 160" in str(found)) == ("rate", True)
    assert "correct its '%Sample Rate', or record" in str(found)
    found = refusal(written(tmp_path / "c.csv", written_by.muse_lsl(muse, np.arange(len(muse)) / 240.0)))
    assert (found.cause, "give --rate 240, or record" in str(found)) == ("rate", True)
    text = written_by.mind_monitor(muse[:600], np.arange(600.0))
    found = refusal(written(tmp_path / "b.csv", text))
    assert (found.cause, "recording interval set to constant" in str(found)) == ("rate", True)


def test_a_muse_of_2014_has_its_own_rate(tmp_path: Path, muse: Doubles) -> None:
    """Mind Monitor's files of the first Muse are at 220 Hz, and play at it."""
    text = written_by.mind_monitor(muse, written_by.bursts(len(muse), 220.0))
    assert opened(written(tmp_path / "a.csv", text)).montage.rate_hz == 220.0


def test_a_clock_that_was_set_by_years_is_refused_with_its_place(tmp_path: Path, muse: Doubles) -> None:
    """Stamps that leap over more than a day: the sample, the size, and which side is long enough to play."""
    stamps_s = np.arange(len(muse)) / MUSE_HZ
    stamps_s = stamps_s + 1e8 * (stamps_s >= 0.5)
    found = str(refusal(written(tmp_path / "a.csv", written_by.muse_lsl(muse, stamps_s))))
    assert "after its sample 128 (0.5 s) leaps ahead by 277" in found
    assert "export the 30 s after it" in found


def test_copies_are_told(tmp_path: Path, cyton: Doubles) -> None:
    """A sender that repeats rows is told with the rate that it measured."""
    twice = np.repeat(cyton[: len(cyton) // 2], 2, axis=0)
    implant = opened(written(tmp_path / "a.txt", written_by.gui_5(twice)), OPENBCI8)
    assert "a 125" in note(implant, "held")


@pytest.mark.parametrize("hours", [1, -1])
def test_summer_time_is_no_gap(tmp_path: Path, muse: Doubles, hours: int) -> None:
    """A wall clock that leaps an hour at a full hour leaves the signal whole, and is told."""
    begun = datetime(2025, 3, 30, 1, 59, 50, tzinfo=UTC)
    stamps_s = written_by.bursts(len(muse), MUSE_HZ)
    stamps_s = stamps_s + 3600.0 * hours * (stamps_s >= 10.0)
    implant = opened(written(tmp_path / "a.csv", written_by.mind_monitor(muse, stamps_s, begun=begun)))
    assert len(played(implant)) == len(muse)
    assert implant.seconds == pytest.approx(31.0, abs=0.1)
    assert f"leaps {'ahead' if hours > 0 else 'back'} an hour" in note(implant, "stamps")


def test_midnight_is_no_gap(tmp_path: Path, muse: Doubles) -> None:
    """A date that turns is no event; a time of day without a date goes on over midnight, and is told."""
    begun = datetime(2025, 7, 1, 23, 59, 50, tzinfo=UTC)
    text = written_by.mind_monitor(muse, begun=begun)
    assert codes(opened(written(tmp_path / "a.csv", text))) == set()
    implant = opened(written(tmp_path / "b.csv", re.sub(r"2025-07-0\d ", "", text)))
    assert implant.seconds == pytest.approx(31.0, abs=0.1)
    assert "over midnight" in note(implant, "stamps")


def test_a_leap_that_the_samples_deny_makes_the_alignment_doubtful(tmp_path: Path, muse: Doubles) -> None:
    """The stamps leap 12 s while the signal goes on: told under `alignment`, as in XDF."""
    stamps_s = np.arange(len(muse)) / MUSE_HZ
    stamps_s = stamps_s + 12.0 * (stamps_s >= 20.0)
    implant = opened(written(tmp_path / "a.csv", written_by.muse_lsl(muse, stamps_s)))
    assert "leaps ahead 12.0 s at 20.0 s" in note(implant, "alignment")


def test_an_appended_recording_plays_behind_the_first(tmp_path: Path, muse: Doubles) -> None:
    """A second header begins a second recording; other columns there are refused with the line."""
    later = np.arange(len(muse)) / MUSE_HZ + 60.0
    first = written_by.muse_lsl(muse)
    implant = opened(written(tmp_path / "a.csv", first + written_by.muse_lsl(muse, later)))
    assert len(played(implant)) == 2 * len(muse)
    assert implant.seconds == pytest.approx(91.0, abs=0.1)
    assert "holds 2 recordings" in note(implant, "appended")
    other = written_by.muse_lsl(muse, later).replace("AF7,AF8", "AF8,AF7")
    found = refusal(written(tmp_path / "b.csv", first + other))
    assert f"other columns in line {len(muse) + 2}" in str(found)


def test_markers_behind_a_header_that_does_not_name_them(tmp_path: Path, muse: Doubles) -> None:
    """muse-lsl appends a column of markers to later rows; they are marks, and --from takes one."""
    lines = written_by.muse_lsl(muse).splitlines()
    lines[1001:] = [f"{line},{('Lights off' if n == 1560 else '0')}" for n, line in enumerate(lines[1001:])]
    path = written(tmp_path / "a.csv", "\n".join(lines) + "\n")
    (mark,) = opened(path).marks
    assert (mark.text, round(mark.at_s, 1)) == ("Lights off", 10.0)
    implant = opened(path, RecordingOptions(begin="Lights off"))
    assert np.abs(played(implant)[0] - muse[2559:2562]).max(axis=1).min() < 1e-3


def test_a_rail_is_found_in_the_samples(tmp_path: Path, muse: Doubles) -> None:
    """Two channels that stand at 1682 uV for a second show the limit of 841 uV about the middle."""
    uv = muse.copy()
    uv[2000:2256, :2] = 841.0
    implant = opened(written(tmp_path / "a.csv", written_by.mind_monitor(uv)))
    assert implant.montage.full_scale_uv == pytest.approx(841.0, abs=0.01)


# --- inspect ------------------------------------------------------------------------------------


def test_inspect_seats_a_muse_and_names_its_program(tmp_path: Path, muse: Doubles) -> None:
    """`inspect` takes a .csv by its ending and says usable, the program, and an alpha of 10 Hz."""
    path = written(tmp_path / "a.csv", written_by.muse_lsl(muse))
    (found,) = examine(str(path))
    assert (found.found.seated, found.spec) == (True, f"csv:{path}")
    assert found.found.alpha_hz == pytest.approx(10.0, abs=0.1)
    assert any("muse-lsl" in one.sentence for one in found.notes)
    (seen,) = glance(f"csv:{path}")
    assert (seen.why, seen.electrodes) == ("", MUSE)
