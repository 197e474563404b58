"""Tables with a column of times: the stated rate against it, gaps, units, held rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.files.rate_checks import check_slots, check_span
from dreamedge.adapters.implants.files.tables import TableImplant
from dreamedge.adapters.implants.files.xdf.timeline import least_ahead
from dreamedge.adapters.implants.inspection import examine
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.ports.implant import ImplantError
from edge.recorded import Doubles
from edge.signals import pink

HZ = 160.0
COUNT = 6400
TIMES = np.arange(COUNT) / HZ
UV = pink(COUNT / HZ, HZ, 2)
UNIX_S = 1_790_000_000


def _npz(folder: Path, uv: Doubles = UV, **arrays: Any) -> Path:  # noqa: ANN401 - NumPy's
    path = folder / "a.npz"
    np.savez(path, data_uV=uv, ch_names=np.array(["Fp1", "O1"]), **arrays)
    return path


def _arff(folder: Path, times: Doubles, name: str = "time") -> Path:
    path = folder / "a.arff"
    rows = "\n".join(f"{at:.4f},{a:.3f},{b:.3f}" for at, (a, b) in zip(times, UV, strict=True))
    head = "".join(f"@attribute {label} numeric\n" for label in (f"'{name}'", "Fp1", "O1"))
    path.write_text(f"@relation x\n{head}@data\n{rows}\n")
    return path


@pytest.mark.parametrize(("stated_hz", "ok"), [(128.0, False), (156.0, False), (158.0, True), (164.0, False)])
def test_a_rate_that_the_times_deny_is_refused(tmp_path: Path, stated_hz: float, ok: bool) -> None:
    """A stated rate more than 2 % from that of the times is refused as `rate`; else the times are kept."""
    path = _npz(tmp_path, fs=stated_hz, times=TIMES)
    if ok:
        assert TableImplant(path).seconds == pytest.approx(COUNT / HZ, abs=0.01)
        return
    with pytest.raises(
        ImplantError, match=f"nominal rate of {stated_hz:g} Hz and delivers 160.00 Hz.*its fs"
    ) as no:
        TableImplant(path)
    assert no.value.cause == "rate"
    (one,) = examine(str(path))
    assert one.found.cause == "rate"


def test_a_given_rate_that_the_times_deny_is_refused(tmp_path: Path) -> None:
    """An ARFF with times needs no --rate; a false one is refused with the right one."""
    path = _arff(tmp_path, TIMES)
    assert TableImplant(path).montage.rate_hz == pytest.approx(HZ, abs=0.01)
    with pytest.raises(ImplantError, match=r"delivers 160.00 Hz.*give --rate 160"):
        open_implant(f"arff:{path}", options=RecordingOptions(rate_hz=128.0))


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("time", TIMES),
        ("timestamps", TIMES + UNIX_S),
        ("t", TIMES * 1e3),
        ("time_ms", TIMES * 1e3),
        ("unix_time", ((TIMES + UNIX_S) * 1e3).round().astype(np.int64)),
        ("Timestamp (us)", (TIMES * 1e6).round().astype(np.int64)),
        ("time_ns", (TIMES * 1e9).round().astype(np.int64) + UNIX_S * 1_000_000_000),
        ("time_s", TIMES * 1e3),
    ],
)
@pytest.mark.parametrize("stated_hz", [0.0, HZ])
def test_times_are_read_in_any_unit(tmp_path: Path, name: str, times: Any, stated_hz: float) -> None:  # noqa: ANN401 - NumPy's
    """Seconds, milli-, micro- and nanoseconds give the rate, from any origin and under a false unit."""
    stated = {"fs": stated_hz} if stated_hz else {}
    implant = TableImplant(_npz(tmp_path, **{name: times}, **stated))
    assert implant.montage.rate_hz == pytest.approx(HZ, abs=0.01)
    assert implant.seconds == pytest.approx(COUNT / HZ, abs=0.01)
    assert implant.notes == ()


def test_times_show_gaps_and_stray_stamps(tmp_path: Path) -> None:
    """Five seconds missing are a gap; a stamp 200,000 s off changes nothing and is told."""
    times = TIMES.copy()
    times[3000:] += 5.0
    times[1000] = 200_000.0
    uv = UV + np.where(np.arange(COUNT) < 3000, 0.0, 900.0)[:, None]
    implant = TableImplant(_npz(tmp_path, uv, fs=HZ, times=times))
    assert implant.seconds == pytest.approx(COUNT / HZ + 5.0, abs=0.02)
    assert [note.code for note in implant.notes] == ["stamps"]
    missing = np.isnan(implant.enrolment().uv).all(axis=1)
    assert np.flatnonzero(missing).tolist() == list(range(3000, 3200))


@pytest.mark.parametrize("reach", [1, 2, 7, 100, 640])
def test_the_least_lateness_ahead_is_that_of_the_window(reach: int) -> None:
    """Lengths that fill a block, exceed it or are one: the two passes give the minimum of each window."""
    for count in (1, reach, reach + 1, 501):
        late = np.random.default_rng(count).normal(size=count)
        naive = [late[at : at + reach].min() for at in range(count)]
        np.testing.assert_array_equal(least_ahead(late, reach), naive)


def test_a_counter_places_and_the_times_judge(tmp_path: Path) -> None:
    """With a counter the counter shows the gaps, and the times alone still deny a false rate."""
    kept = np.concatenate([np.arange(2000), np.arange(2200, COUNT)])
    arrays = {"times": TIMES[kept], "sample_index": kept % 256}
    assert TableImplant(_npz(tmp_path, UV[kept], fs=HZ, **arrays)).notes == ()
    with pytest.raises(ImplantError, match=r"delivers 160\.00"):
        TableImplant(_npz(tmp_path, UV[kept], fs=200.0, **arrays))


def test_times_that_count_are_a_counter(tmp_path: Path) -> None:
    """A column `t` of 0, 1, 2 numbers the samples; at 1,000 Hz it is milliseconds, and both play alike."""
    assert TableImplant(_npz(tmp_path, fs=HZ, t=np.arange(COUNT))).seconds == COUNT / HZ
    thousand = _npz(tmp_path, pink(40, 1000.0, 2), fs=1000.0, t=np.arange(40_000))
    assert TableImplant(thousand).seconds == pytest.approx(40.0)


def test_useless_times_are_left_out(tmp_path: Path) -> None:
    """Times that stand still or run at random are not used, and a note says so."""
    for times in (np.zeros(COUNT), np.full(COUNT, np.nan), np.random.default_rng(1).normal(size=COUNT)):
        (note,) = TableImplant(_npz(tmp_path, fs=HZ, times=times)).notes
        assert note.sentence.endswith("has times ('times') that do not run on: left out.")
    with pytest.raises(ImplantError, match="names no sampling rate; give it with --rate"):
        TableImplant(_npz(tmp_path, times=np.zeros(COUNT)))


@pytest.mark.parametrize(
    ("at", "says"),
    [(3200, "neither the 20 s before it nor the 20 s after it"), (1000, "export the 34 s after it")],
)
def test_a_leap_of_a_year_says_what_can_be_done(tmp_path: Path, at: int, says: str) -> None:
    """Times that leap by a year are refused with the place, and nothing is to be cut where nothing can be."""
    times = TIMES.copy()
    times[at:] += 365 * 86_400.0
    with pytest.raises(
        ImplantError, match=f"after its sample {at} .*leaps ahead by 8760 h.*{says}"
    ) as refusal:
        TableImplant(_npz(tmp_path, fs=HZ, times=times))
    assert "cut it" not in str(refusal.value)


def test_held_rows_of_a_table_are_told(tmp_path: Path) -> None:
    """A table polled at 922 Hz from a headset of 256 Hz is told to be oversampled, with or without times."""
    rows = (np.arange(40 * 922) * 256 / 922).astype(int)
    uv = pink(40, 256.0, 2)[rows]
    for more in ({}, {"times": np.arange(len(uv)) / 922}):
        (note,) = TableImplant(_npz(tmp_path, uv, fs=922.0, **more)).notes
        assert note.code == "held"
        assert "922 Hz of which 72 % are copies is a 25" in note.sentence
    with pytest.raises(ImplantError, match=r"72 % are copies .* record it again with each sample sent once"):
        TableImplant(_npz(tmp_path, uv, fs=256.0, times=np.arange(len(uv)) / 922))


def test_a_recording_longer_than_a_day_is_not_blamed_on_a_clock() -> None:
    """Thirty hours without a leap are refused for their length, at any number of gaps."""
    for begins_s, counts in (((0.0,), (30 * 3600,)), ((0.0, 20 * 3600.0), (3600, 10 * 3600))):
        with pytest.raises(ImplantError, match=r"lasts 30\.0 h, and a replay takes 24 h at most; export"):
            check_span(begins_s, counts, 1.0, "X")
    check_span((0.0, 20 * 3600.0), (3600, 3600), 1.0, "X")
    slots = np.concatenate([np.arange(60), 90_000 + np.arange(20)])
    with pytest.raises(ImplantError, match=r"sample 60 \(60.0 s\) leaps ahead by 25 h.*the 60 s before"):
        check_slots(slots, 1.0, "X")
