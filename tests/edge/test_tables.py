"""Tables of samples behind the implant port: NPZ and ARFF play, or are refused with the remedy."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.tables import TableImplant, sleepers
from dreamedge.adapters.implants.files.xdf.implant import XdfImplant
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.inspection import inspect
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.schema import BANDS6X2
from edge import recorded
from edge.signals import pink
from edge.test_xdf import GROUP

S = 1_000_000_000
RATE_HZ = 250.0
NAMES = ("Fp1", "C3", "O1")
EIGHT = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


def _uv(seconds: float = 40.0) -> recorded.Doubles:
    return pink(seconds, RATE_HZ, len(NAMES))


def _npz(path: Path, **arrays: Any) -> Path:  # noqa: ANN401 - whatever somebody saves
    np.savez(path, **arrays)
    return path


def _arff(path: Path, uv: recorded.Doubles, names: tuple[str, ...] = NAMES, extra: str = "") -> Path:
    head = "".join(f"@ATTRIBUTE {name} NUMERIC\n" for name in names)
    rows = "\n".join(",".join(f"{value:.3f}" for value in row) + ",0" for row in uv)
    path.write_text(f"% a table\n@RELATION eeg\n\n{head}@ATTRIBUTE eyes {{0,1}}\n\n@DATA\n{extra}{rows}\n")
    return path


def _blocks(implant: Implant, seconds: float) -> list[Block]:
    """All blocks, read four times a second."""
    return [block for k in range(int(4 * seconds) + 2) for block in _ready(implant, S + k * S // 4)]


def _ready(implant: Implant, now_ns: int) -> Iterator[Block]:
    while (block := implant.read(now_ns)) is not None:
        yield block


# --- NPZ ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize(("key", "per_uv"), [("data_uV", 1.0), ("data_mV", 1e-3), ("data_V", 1e-6)])
def test_an_array_plays_either_way_up(tmp_path: Path, upright: bool, key: str, per_uv: float) -> None:
    """Channels x samples or samples x channels, in uV, mV or V: the same samples arrive, in uV."""
    uv = _uv()
    data = (uv if upright else uv.T) * per_uv
    path = _npz(tmp_path / "a.npz", **{key: data}, fs=RATE_HZ, ch_names=np.array(NAMES))
    implant = open_implant(f"npz:{path}")
    played = np.concatenate([block.uv for block in _blocks(implant, 40)])
    np.testing.assert_allclose(played, uv, atol=1e-6)
    assert (implant.montage.names, implant.montage.rate_hz, implant.device.model) == (NAMES, RATE_HZ, "a.npz")
    assert implant.ended


def test_a_counter_tells_what_is_missing(tmp_path: Path) -> None:
    """A wrapping one-byte counter is no gap; 10 lost samples are 10, and 100 across the wrap 100."""
    uv = _uv()
    kept = np.concatenate([np.arange(1000), np.arange(1010, 5050), np.arange(5150, len(uv))])
    path = _npz(
        tmp_path / "a.npz", data_uV=uv[kept].T, fs=RATE_HZ, ch_names=np.array(NAMES), sample_index=kept % 256
    )
    blocks = _blocks(TableImplant(path), 41)
    lasts = [round((block.last_ns - S) * RATE_HZ / S) for block in blocks]
    assert {1000, 5050} < set(lasts), "a read ends at a gap"
    for block, last in zip(blocks, lasts, strict=True):
        np.testing.assert_array_equal(block.uv, uv[last - len(block.uv) : last])
    assert sum(len(block.uv) for block in blocks) == len(kept)


def test_a_counter_may_count_in_twos(tmp_path: Path) -> None:
    """A counter of 0, 2, 4 loses nothing."""
    counter = 2 * np.arange(len(_uv())) % 256
    path = _npz(tmp_path / "a.npz", data_uV=_uv(), fs=RATE_HZ, ch_names=np.array(NAMES), sample_index=counter)
    assert TableImplant(path).seconds == 40.0


def test_rows_without_a_number_are_a_gap(tmp_path: Path) -> None:
    """A row without a number in any EEG channel is a gap; in one channel it is that channel's fault."""
    uv = _uv()
    uv[2000:2500] = np.nan
    uv[3000:3100, 0] = np.nan
    path = _npz(tmp_path / "a.npz", data_uV=uv, fs=RATE_HZ, ch_names=np.array(NAMES))
    blocks = _blocks(TableImplant(path), 40)
    played = np.concatenate([block.uv for block in blocks])
    assert len(played) == len(uv) - 500
    assert int(np.isnan(played).sum()) == 100
    enrolled = TableImplant(path).enrolment().uv
    assert np.isnan(enrolled[2000:2500]).all()


def test_the_limit_is_what_the_file_or_the_user_says(tmp_path: Path) -> None:
    """The amplifier's limit is the user's, else the file's, else found in the samples, else unknown."""
    plain = _npz(tmp_path / "a.npz", data_uV=_uv(), fs=RATE_HZ, ch_names=np.array(NAMES))
    told = _npz(tmp_path / "b.npz", data_uV=_uv(), fs=RATE_HZ, ch_names=np.array(NAMES), full_scale_uv=5e3)
    limits = [
        open_implant(f"npz:{path}", options=RecordingOptions(full_scale_uv=flag)).montage.full_scale_uv
        for path, flag in ((plain, 0.0), (told, 0.0), (plain, 2e3), (told, 2e3))
    ]
    assert limits == [0.0, 5e3, 2e3, 2e3]


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"data_uV": _uv(), "fs": RATE_HZ}, "names no electrode .* --montage"),
        ({"data_uV": _uv(), "ch_names": np.array(NAMES)}, "names no sampling rate; give it"),
        ({"data_uV": _uv(), "fs": -1.0, "ch_names": np.array(NAMES)}, "fs that is not one number above 0"),
        ({"data_uV": _uv(), "fs": np.nan, "ch_names": np.array(NAMES)}, "fs that is not one number above 0"),
        ({"data_uV": _uv(), "fs": RATE_HZ, "ch_names": np.array(["C3", "O1"])}, "correct its ch_names"),
        ({"data_uV": _uv(), "fs": RATE_HZ, "ch_names": np.array(NAMES), "sample_index": np.ones(9)}, "one"),
        ({"data_uV": _uv(10.0), "fs": RATE_HZ, "ch_names": np.array(NAMES)}, "longer recording"),
        ({"data_uV": _uv(), "fs": 0.25, "ch_names": np.array(NAMES)}, "a thousandth .* is in kHz"),
        ({"data_uV": _uv(), "fs": 25_000.0, "ch_names": np.array(NAMES)}, "resample it"),
        ({"X": _uv(), "fs": RATE_HZ}, "no table of samples by its keys .X, fs.; save data_uV"),
        ({"data_uV": np.array([{}], dtype=object)}, "not a readable NPZ file .*pickle"),
        ({"A_uV": np.zeros((5, 3, 250)), "fs": RATE_HZ}, "5 epochs of 1.0 s of 1 person and no contin"),
    ],
)  # fmt: skip
def test_an_array_that_cannot_be_played_is_refused(tmp_path: Path, arrays: dict[str, Any], says: str) -> None:
    """An unplayable NPZ file is refused with the file, the fault and the remedy."""
    with pytest.raises(ImplantError, match=says) as refusal:
        TableImplant(_npz(tmp_path / "bad.npz", **arrays))
    assert "bad.npz" in str(refusal.value)


def test_a_cap_that_counts_its_contacts_needs_a_montage(tmp_path: Path) -> None:
    """C3 of a cap with contacts A1 to D32 is no electrode C3; a montage names it."""
    labels = np.array(["A1", "A2", "A3", "A4", "B1", "B2", "C3", "C4"])
    uv = pink(40, RATE_HZ, len(labels))
    path = _npz(tmp_path / "a.npz", data_uV=uv, fs=RATE_HZ, ch_names=labels)
    with pytest.raises(ImplantError, match=r"names no electrode .its 8 labels: A1, A2"):
        TableImplant(path)
    assert TableImplant(path, options=RecordingOptions(montage=EIGHT)).montage.names == EIGHT


def test_a_counter_that_leaps_by_days_is_refused(tmp_path: Path) -> None:
    """A gap longer than a day is refused; to cut is advised only where both parts can be played."""
    for at, says in ((5000, "neither the 20 s before it nor the 20 s"), (8000, "export the 32 s before it")):
        counter = np.arange(10_000)
        counter[at:] += 100_000_000
        arrays = {"data_uV": _uv(), "fs": RATE_HZ, "ch_names": np.array(NAMES), "sample_index": counter}
        found = f"sample {at} .from sample_index {at - 1} to .* ahead by 111 h: its counter was set, .*{says}"
        with pytest.raises(ImplantError, match=found):
            TableImplant(_npz(tmp_path / "a.npz", **arrays))


# --- ARFF ---------------------------------------------------------------------------------------


def test_a_table_plays_with_a_rate(tmp_path: Path) -> None:
    """Numeric attributes named as electrodes play at the given rate; others do not."""
    uv = np.round(_uv(), 3)
    path = _arff(tmp_path / "a.arff", uv, extra="% a remark\n\n")
    implant = open_implant(f"arff:{path}", options=RecordingOptions(rate_hz=RATE_HZ))
    np.testing.assert_allclose(np.concatenate([block.uv for block in _blocks(implant, 40)]), uv, atol=1e-9)
    assert implant.montage.names == NAMES
    assert [(one.label, one.kind, one.unit) for one in sleepers(path)[0][1]] == [
        *((name, "EEG", "uV") for name in NAMES),
        ("eyes", "no numbers", ""),
    ]


def test_a_value_that_is_missing_is_no_number(tmp_path: Path) -> None:
    """Weka's ? is a missing value."""
    path = _arff(tmp_path / "a.arff", _uv())
    path.write_text(path.read_text().replace("@DATA\n", "@DATA\n?,?,1.5,0\n", 1))
    first = TableImplant(path, options=RecordingOptions(rate_hz=RATE_HZ)).enrolment().uv[0]
    np.testing.assert_array_equal(first, [np.nan, np.nan, 1.5])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,Fp1,O1\n0,1,2\n", "not an ARFF table"),
        ("@relation x\n@attribute Fp1 numeric\n@data\n", "no rows"),
        ("@relation x\n@attribute Fp1 numeric\n@data\n{0 3.5}\n", "sparse ARFF"),
        (
            "@relation x\n@attribute Fp1 numeric\n@attribute O1 real\n@data\n1,2\n3\n",
            "a row that cannot be read",
        ),
        ("@relation x\n@attribute a numeric\n@data\n1\n", "names no electrode"),
    ],
)
def test_a_table_that_cannot_be_played_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """An unplayable table is refused with the file, the fault and the remedy."""
    (tmp_path / "bad.arff").write_text(text)
    with pytest.raises(ImplantError, match=says) as refusal:
        TableImplant(tmp_path / "bad.arff", options=RecordingOptions(rate_hz=RATE_HZ))
    assert "bad.arff" in str(refusal.value)


def test_a_table_needs_a_given_rate(tmp_path: Path) -> None:
    """ARFF names no rate, so one must be given."""
    with pytest.raises(ImplantError, match="names no sampling rate; give it with --rate"):
        open_implant(f"arff:{_arff(tmp_path / 'a.arff', _uv())}")


@pytest.mark.parametrize("spec", ["npz:{}/none.npz", "arff:{}/none.arff", "npz:{}"])
def test_what_is_not_there_is_refused(tmp_path: Path, spec: str) -> None:
    """A missing file and a directory are each refused in a sentence."""
    with pytest.raises(ImplantError, match=r"check the path|name one file"):
        open_implant(spec.format(tmp_path))


# --- real ones ----------------------------------------------------------------------------------


@recorded.needed
def test_the_rails_of_a_real_amplifier_are_found() -> None:
    """The recording that saturates shows its limit and is railed there; the other shows none."""
    railing = TableImplant(
        recorded.path("artefact/openbci_focus_railing_8ch_250Hz.npz"), options=RecordingOptions(montage=EIGHT)
    )
    clean = recorded.path("artefact/openbci_blinks_jawclench_alpha_DC_8ch_250Hz.npz")
    assert railing.montage.full_scale_uv == pytest.approx(187_500.0, rel=1e-6)
    assert TableImplant(clean, options=RecordingOptions(montage=EIGHT)).montage.full_scale_uv == 0.0
    hops = [(S + k * S // 4, tuple(_ready(railing, S + k * S // 4 + S // 50))) for k in range(496)]
    found = inspect(BANDS6X2, railing.montage, railing.enrolment(), hops, railing.source)
    seen = [zip(found.names, moment.channels, strict=True) for moment in found.moments]
    railed = {name for moment in seen for name, (_, cause) in moment if cause == "railed"}
    assert railed >= {"Fp1", "Fp2", "C3", "P7", "P8", "O2"}


@recorded.needed
def test_lost_packets_of_a_real_board_are_gaps() -> None:
    """The board's counter leaps six times: seven runs, 365 samples missing."""
    implant = TableImplant(
        recorded.path("artefact/openbci_focus_railing_8ch_250Hz.npz"), options=RecordingOptions(montage=EIGHT)
    )
    blocks = _blocks(implant, 130)
    played = sum(len(block.uv) for block in blocks)
    assert played == 30_647
    assert round(implant.seconds * RATE_HZ) - played == 365


@recorded.needed
def test_a_real_table_plays_at_its_rate() -> None:
    """The UCI's table of eye states is two minutes of 14 channels at 128 Hz."""
    implant = open_implant(
        f"arff:{recorded.path('artefact/emotiv_eyestate_4glitches_14ch_128Hz.arff')}",
        options=RecordingOptions(rate_hz=128.0),
    )
    block = implant.enrolment()
    assert block is not None
    assert len(implant.montage.names) == 14
    assert 3000.0 < float(np.nanmedian(block.uv)) < 5000.0
    np.testing.assert_array_equal(block.uv[0, :2], [4329.23, 4009.23])


@recorded.needed
def test_epochs_of_two_people_are_refused_as_what_they_are() -> None:
    """Fourteen epochs of a second of two people are refused as epochs."""
    with pytest.raises(ImplantError, match=r"14 epochs of 1.0 s of 2 people and no continuous"):
        TableImplant(recorded.path("group/hypyp_pair_aligned_open.npz"))


@recorded.needed
def test_the_limit_can_be_given_for_every_recording() -> None:
    """`--full-scale` applies to XDF and EDF too, which have no limit of their own."""
    group = recorded.path(GROUP)
    name = "Orange"
    assert XdfImplant(group, name).montage.full_scale_uv == 0.0
    assert (
        open_implant(
            f"xdf:{group}#{name}", options=RecordingOptions(full_scale_uv=850.0)
        ).montage.full_scale_uv
        == 850.0
    )
    muse = recorded.path("waking/muse_P300_subject1_4ch_256Hz.edf")
    assert (
        open_implant(f"edf:{muse}", options=RecordingOptions(full_scale_uv=850.0)).montage.full_scale_uv
        == 850.0
    )


def test_a_torn_npz_header_is_refused_with_its_file(tmp_path: Path) -> None:
    """An invalid NPZ header is refused with the file's name, not a traceback of the tokenizer."""
    whole = _npz(tmp_path / "whole.npz", data_uV=_uv(), fs=RATE_HZ, ch_names=np.array(NAMES))
    torn = tmp_path / "torn.npz"
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(torn, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b"'shape': (", b"'shape': \"("))
    with pytest.raises(ImplantError, match=r"torn\.npz is not a readable NPZ file"):
        TableImplant(torn)


def test_an_archive_that_unpacks_to_a_thousand_times_its_size_is_refused(tmp_path: Path) -> None:
    """An archive of a few hundred kB that unpacks to 300 MB is refused before unpacking."""
    bomb = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("data_uV.npy", "w") as member,
    ):
        for _ in range(300):
            member.write(bytes(1 << 20))
    with pytest.raises(ImplantError, match=r"bomb\.npz has 0\.3 MB and unpacks to 315 MB"):
        TableImplant(bomb)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_byte_of_an_npz_can_do_more_than_refuse(data: st.DataObject) -> None:
    """A file with any few bytes changed is read or refused; nothing else is raised."""
    with tempfile.TemporaryDirectory() as folder:
        path = _npz(Path(folder) / "a.npz", data_uV=_uv(), fs=RATE_HZ, ch_names=np.array(NAMES))
        held = bytearray(path.read_bytes())
        for place in data.draw(st.lists(st.integers(0, min(len(held), 600) - 1), min_size=1, max_size=8)):
            held[place] = data.draw(st.integers(0, 255))
        path.write_bytes(held)
        with suppress(ImplantError):
            TableImplant(path)
