"""The exports in the tools of an analysis: MNE, with channels, units, rate, annotations and values.

MNE has no reader of XDF: it takes what pyxdf read, as its own documentation does.
"""

import csv
import warnings
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import mne
import numpy as np
import pytest
import pyxdf
from numpy.typing import NDArray

from dreamd.adapters.recordings.exports.export import export
from dreamd.adapters.recordings.reader import Recording, matrix
from fakes.recordings import BEGAN_INSTANT, manifest_of, part_rows, write_recording, write_rows

BEGAN_S = BEGAN_INSTANT * 0.25
HOLE = (20.0, 6.25)
"""Onset and seconds."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """50 s of three sleepers at 4 Hz; the ticks from 20 s to 26.25 s are missing."""
    path = tmp_path_factory.mktemp("recordings") / "night"
    write_recording(path, ticks=80)
    write_rows(path, 1, manifest_of("night", 200), part_rows(range(106, 201), 3, Random(2)))
    return path


def recorded(night: Path, *columns: str) -> NDArray[np.float64]:
    """These columns of the ticks, a row for each number, NaN where a tick is missing."""
    ticks = Recording.from_directory(night).table("ticks")
    at = ticks.column("instant").to_numpy() - BEGAN_INSTANT
    rows = []
    for name in columns:
        column = ticks.column(name)
        rows.append(matrix(column).T if name in LISTS else column.to_numpy()[np.newaxis])
    found = np.concatenate(rows)
    values = np.full((len(found), 200), np.nan)
    values[:, at] = found
    return values


LISTS = ("m", "synchrony_z", "synchrony_ppc")
COLLECTIVE = ("m", "mean_distance", "level", "included", "merged")


def read_edf(path: Path) -> Any:  # noqa: ANN401 - MNE ships no types
    """The file as MNE reads it, without a word of warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return mne.io.read_raw_edf(path, preload=True, verbose="WARNING")


def test_mne_reads_edf_as_it_was_recorded(night: Path, tmp_path: Path) -> None:
    """Names, 4 Hz, the time of the first tick, every known number within a step, and the events.

    The hole is an annotation that begins with BAD, so MNE leaves it out; no number there is known.
    """
    raw = read_edf(export(night, "edf+", tmp_path / "night.edf", progress=lambda _: None))
    names = Recording.from_directory(night).manifest.features.names
    bands = ("delta", "theta", "alpha", "sigma", "beta")
    synchrony = [f"{kind}.{band}" for kind in ("z", "ppc") for band in bands]
    assert raw.ch_names == [*names, "dispersion", "level", "included", "merged", *synchrony]
    assert raw.info["sfreq"] == 4.0
    assert raw.info["meas_date"] == datetime.fromtimestamp(BEGAN_S, UTC)
    expected = recorded(night, *COLLECTIVE, "synchrony_z", "synchrony_ppc")
    known = np.isfinite(expected)
    found = raw.get_data()
    spans = np.nanmax(expected, axis=1) - np.nanmin(expected, axis=1)
    steps = np.maximum(spans, 1e-3 * np.nanmax(np.abs(expected), axis=1)) / 60_000
    assert (np.abs(found - expected)[known] <= np.repeat(steps, known.sum(axis=1))).all()
    bad = [one for one in raw.annotations if one["description"].startswith("BAD")]
    assert [(one["onset"], one["duration"]) for one in bad] == [HOLE]
    events = [one for one in raw.annotations if one not in bad]
    assert [(one["onset"], one["description"]) for one in events] == [
        (pytest.approx(9.85), "severed/contact/2"),
        (pytest.approx(19.85), "severed/contact/3"),
        (pytest.approx(29.85), "severed/contact/1"),
        (pytest.approx(39.85), "severed/contact/2"),
        (pytest.approx(49.85), "severed/contact/3"),
    ]
    left, times = raw.get_data(reject_by_annotation="omit", return_times=True)
    assert left.shape[1] == known[0].sum()
    assert not ((times >= HOLE[0]) & (times < sum(HOLE))).any()


def test_bids_tables_say_of_the_file_what_mne_reads(night: Path, tmp_path: Path) -> None:
    """channels.tsv has MNE's channels in order with units, events.tsv MNE's annotations in seconds."""
    out = export(night, "bids", tmp_path / "out", progress=lambda _: None)
    stem = out / "sub-group" / "eeg" / "sub-group_task-dreamscape"
    raw = read_edf(Path(f"{stem}_eeg.edf"))
    with Path(f"{stem}_channels.tsv").open(newline="") as file:
        channels = list(csv.DictReader(file, delimiter="\t"))
    assert [one["name"] for one in channels] == raw.ch_names
    units = {one["description"]: one["units"] for one in channels}
    assert units == {
        "centre": "sd", "mean distance": "sd", "coupling": "0..1", "count": "sleepers", "z": "z", "ppc": "1"
    }  # fmt: skip
    with Path(f"{stem}_events.tsv").open(newline="") as file:
        events = list(csv.DictReader(file, delimiter="\t"))
    told = [(float(one["onset"]), one["trial_type"]) for one in events]
    assert told == [(pytest.approx(one["onset"]), one["description"]) for one in raw.annotations]
    assert [float(one["duration"]) for one in events if one["duration"] != "n/a"] == [HOLE[1]]


def test_mne_takes_the_streams_of_xdf(night: Path, tmp_path: Path) -> None:
    """A RawArray of each numeric stream has its labels, units, rate and every number; markers fit it."""
    streams, _ = pyxdf.load_xdf(export(night, "xdf", tmp_path / "night.xdf", progress=lambda _: None))
    by_name = {one["info"]["name"][0]: one for one in streams}
    markers = by_name.pop("dreamd-markers")
    wanted = {
        "dreamd-collective": (COLLECTIVE, ["sd"] * 13 + ["0..1", "sleepers", "sleepers"]),
        "dreamd-synchrony": (("synchrony_z", "synchrony_ppc"), ["z"] * 5 + ["1"] * 5),
    }
    for name, (columns, units) in wanted.items():
        stream = by_name[name]
        described = stream["info"]["desc"][0]["channels"][0]["channel"]
        rate_hz = float(stream["info"]["nominal_srate"][0])
        labels = [one["label"][0] for one in described]
        raw = mne.io.RawArray(
            stream["time_series"].T, mne.create_info(labels, rate_hz, "misc"), verbose="ERROR"
        )
        began_s = stream["time_stamps"][0]
        onsets = np.asarray(markers["time_stamps"]) - began_s
        texts = [row[0] for row in markers["time_series"]]
        raw.set_annotations(mne.Annotations(onsets, 0.0, texts))
        assert (rate_hz, began_s) == (4.0, pytest.approx(BEGAN_S, abs=1e-3))
        assert [one["unit"][0] for one in described] == units
        assert np.array_equal(raw.get_data(), recorded(night, *columns), equal_nan=True)
        assert raw.annotations.onset == pytest.approx([9.85, 19.85, 29.85, 39.85, 49.85], abs=1e-3)
        assert raw.annotations.description[0] == "severed/contact/2"
