"""Surrogates of a whole recording: chance is told from coupling, and parts add up."""

import json
import math
from functools import reduce
from itertools import permutations
from pathlib import Path

import pytest

from dreamd.adapters.recordings.surrogates import jobs_of, merge, results_of, sums_of_part
from dreamd.main import main
from fakes.recorded_phases import BANDS, recorded_phases
from fakes.recordings import Row


def test_coupled_phases_are_told_from_chance(tmp_path: Path) -> None:
    """Of people who share phases no draw reaches the PPC; of people who do not, many do, in every band."""
    together, apart = recorded_phases(tmp_path / "a", 0.6), recorded_phases(tmp_path / "b", 0.0)
    found = [
        results_of(reduce(merge, map(sums_of_part, jobs_of(one, 99, 1))), BANDS) for one in (together, apart)
    ]
    assert [one.band for one in found[0]] == BANDS
    assert all(one.windows == 6 for some in found for one in some)
    assert all(one.p == 0.01 and one.z > 4.0 for one in found[0])
    assert all(one.p > 0.05 and abs(one.z) < 3.0 for one in found[1])


def test_parts_add_up_in_any_order(tmp_path: Path) -> None:
    """The sums of parts merge to the same numbers in any order."""
    jobs = jobs_of(recorded_phases(tmp_path / "night", 0.3, part_ticks=80), 19, 7)
    sums = [sums_of_part(job) for job in jobs]
    for some in permutations(sums):
        assert reduce(merge, some).drawn == pytest.approx(reduce(merge, sums).drawn, rel=1e-12)


def test_what_the_fusion_left_out_is_a_gap(tmp_path: Path) -> None:
    """A frame that was not included, came late or has no phase is a gap; its neighbours still count."""

    def spoil(row: Row) -> None:
        place = int(str(row["step"])) % 40
        if place == 3:
            row["included"] = False
        elif place == 7:
            row["captured"] = int(str(row["instant"])) - 1
        if place in (3, 7):
            row["phasors"] = [1.0] * (4 * len(BANDS))
        elif place == 11:
            row["phasors"] = [float("nan")] * (4 * len(BANDS))

    def silence(row: Row) -> None:
        if int(str(row["step"])) % 40 in (3, 7, 11):
            row["phasors"] = [0.0] * (4 * len(BANDS))

    spoilt, silent = (
        recorded_phases(tmp_path / name, 0.4, change=change)
        for name, change in (("a", spoil), ("b", silence))
    )
    for one, other in zip(jobs_of(spoilt, 19, 3), jobs_of(silent, 19, 3), strict=True):
        left, right = sums_of_part(one), sums_of_part(other)
        assert left.windows.tolist() == [3] * len(BANDS)
        assert left.ppc.tobytes() == right.ppc.tobytes()
        assert left.drawn.tobytes() == right.drawn.tobytes()


def test_one_person_is_no_synchrony(tmp_path: Path) -> None:
    """Windows in which one person has phases are counted in no band, and the results are not known."""

    def alone(row: Row) -> None:
        row["included"] = row["subject"] == 1

    recording = recorded_phases(tmp_path / "night", 0.5, change=alone)
    [*found] = results_of(reduce(merge, map(sums_of_part, jobs_of(recording, 19, 1))), BANDS)
    assert all(one.windows == 0 and math.isnan(one.p) for one in found)


def test_the_verb_prints_each_band(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row a band, the same as JSON, and a number of draws out of range is refused with the range."""
    recorded_phases(tmp_path / "recordings" / "night", 0.6, ticks=80, part_ticks=40)
    verb = ["recording", "surrogates", "night", "--state-dir", str(tmp_path), "--draws", "19", "--seed", "2"]
    assert main(verb) == 0
    table = capsys.readouterr().out
    assert all(band in table for band in BANDS)
    assert "p is at least 0.05" in table
    assert main([*verb, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["recording"] == "night"
    assert [(one["band"], one["windows"]) for one in found["bands"]] == [(band, 2) for band in BANDS]
    assert main([*verb, "--draws", "3"]) == 1
    assert "3 draws, expected 19 to 100,000" in capsys.readouterr().err
