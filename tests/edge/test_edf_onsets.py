"""The onsets of an EDF's records against its header: the rate, pauses, stray onsets, clocks that were set."""

import re
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants.files.edf.implant import EdfImplant
from dreamedge.adapters.implants.inspection import examine
from dreamedge.ports.implant import ImplantError
from edge.edf_written import RECORD, discontinuous
from edge.signals import pink

COUNT = 70
EVEN = [float(k) for k in range(COUNT)]


WRONG = [
    ("EDF+D", 0.8),
    ("EDF+D", 0.95),
    ("EDF+D", 0.975),
    ("EDF+D", 1.025),
    ("EDF+D", 1.05),
    ("EDF+D", 1.28),
]


@pytest.mark.parametrize(("kind", "step_s"), [*WRONG, ("EDF+C", 1.28), ("BDF+D", 0.8)])
def test_onsets_that_contradict_the_rate_are_refused(tmp_path: Path, kind: str, step_s: float) -> None:
    """More than 2 % off by the onsets is refused as `rate`, with both rates and the byte to correct."""
    onsets_s = [step_s * k for k in range(COUNT)]
    path = discontinuous(tmp_path / "a.edf", onsets_s, kind, pink(COUNT, RECORD, 2))
    says = f"128 Hz and delivers {RECORD / step_s:.2f} Hz.*byte 244"
    with pytest.raises(ImplantError, match=says) as refusal:
        EdfImplant(path)
    assert refusal.value.cause == "rate"


@pytest.mark.parametrize("step_s", [0.982, 0.99, 1.01, 1.018])
def test_onsets_within_two_per_cent_are_followed(tmp_path: Path, step_s: float) -> None:
    """Up to 2 % off plays at the pace of the onsets, without a gap."""
    implant = EdfImplant(discontinuous(tmp_path / "a.edf", [step_s * k for k in range(COUNT)]))
    assert implant.seconds == pytest.approx(COUNT * step_s, abs=0.01)
    assert not np.isnan(implant.enrolment().uv).any()


def test_a_pause_after_every_record_is_no_wrong_rate(tmp_path: Path) -> None:
    """Records of a second every 1.5 s whose signal does not go on are recorded with pauses, and play so."""
    whole = pink(1.5 * COUNT, RECORD, 2).reshape(COUNT, -1, 2)
    onsets_s = [1.5 * k for k in range(COUNT)]
    path = discontinuous(tmp_path / "a.edf", onsets_s, uv=whole[:, :RECORD].reshape(-1, 2))
    implant = EdfImplant(path)
    assert implant.seconds == pytest.approx(1.5 * COUNT - 0.5)
    assert np.isnan(implant.enrolment().uv).any(axis=1).mean() == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({30: 5.0}, "on 1 of its 70 data records (the first on record 31, 5 s)"),
        ({30: 9e6, 31: 9e6, 33: 0.0}, "on 3 of its 70 data records (the first on record 31, 9000000 s)"),
        ({COUNT - 1: 9e6}, "on 1 of its 70 data records (the first on record 70, 9000000 s)"),
        ({COUNT - 2: 3.0, COUNT - 1: 4.0}, "on 2 of its 70 data records (the first on record 69, 3 s)"),
        ({0: 9e6}, "on 1 of its 70 data records (the first on record 1, 0 s)"),
    ],
)
def test_a_handful_of_stray_onsets_is_told(tmp_path: Path, wrong: dict[int, float], told: str) -> None:
    """A few false onsets change neither the rate nor the duration, and a note says where."""
    path = discontinuous(tmp_path / "a.edf", [wrong.get(k, onset_s) for k, onset_s in enumerate(EVEN)])
    implant = EdfImplant(path)
    assert implant.seconds == pytest.approx(COUNT, abs=0.01)
    (note,) = implant.notes
    assert note.code == "stamps"
    assert told in note.sentence


def test_a_single_gap_is_not_stray(tmp_path: Path) -> None:
    """One record alone between two gaps stays where its onset says."""
    onsets_s = [*EVEN[:30], 40.0, *(50.0 + k for k in range(35))]
    implant = EdfImplant(discontinuous(tmp_path / "a.edf", onsets_s))
    assert implant.seconds == 85.0
    assert not implant.notes


@pytest.mark.parametrize(
    ("onsets_s", "says"),
    [
        ([*range(40), *range(10, 50)], "record 40 .from 39 s to 10 s. leaps back by 30 s.*two files"),
        ([*range(40), *range(200_000, 200_040)], "leaps ahead by 56 h: a clock was set; cut it .* two files"),
        ([*range(20), *range(200_000, 200_040)], "the 20.0 s on its other side are too short.*40 s after it"),
        ([*range(40), *range(20)], "the 20.0 s on its other side are too short.*the 40 s before it"),
        ([*range(20), *range(9, 30)], "neither the 20 s before it nor the 21 s after it last 30 s; choose"),
        ([*range(40), *range(20, 60), *range(40, 80)], "the first of 2 leaps"),
    ],
)
def test_a_clock_that_was_set_is_refused_with_what_can_be_done(
    tmp_path: Path, onsets_s: list[float], says: str
) -> None:
    """A leap back or over days is refused; to cut is advised only where both parts can be played."""
    with pytest.raises(ImplantError, match=says):
        EdfImplant(discontinuous(tmp_path / "a.edf", onsets_s))


@pytest.mark.parametrize(("kind", "times"), [("EDF+D", 2), ("EDF+C", 4), ("BDF+D", 4)])
def test_held_rows_are_told(tmp_path: Path, kind: str, times: int) -> None:
    """Rows that only repeat the row before are counted, in EDF and in BDF, and the device's rate is told."""
    uv = np.repeat(pink(COUNT / times, RECORD, 2), times, axis=0)[: COUNT * RECORD]
    (note,) = EdfImplant(discontinuous(tmp_path / "a.edf", EVEN, kind, uv)).notes
    assert note.code == "held"
    told = re.search(r"128 Hz of which (\d+) % are copies is a ([\d.]+) Hz stream", note.sentence)
    assert told is not None
    assert int(told[1]) == 100 - 100 // times
    assert float(told[2]) == pytest.approx(RECORD / times, rel=0.005)


def test_a_wrong_rate_is_a_cause_of_its_own(tmp_path: Path) -> None:
    """`inspect` shows the refusal under the cause `rate`, as it does for a live device."""
    path = discontinuous(tmp_path / "a.edf", [0.8 * k for k in range(COUNT)])
    (one,) = examine(str(path))
    assert (one.found.seated, one.found.cause) == (False, "rate")
