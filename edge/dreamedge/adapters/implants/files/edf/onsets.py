"""The onsets of an EDF's data records turned into slots: their pace, their gaps, their faults.

Rules
- Records that follow one another within 2 % of their duration are continuous, at the pace of the clock that
  stamped them. A longer step is a gap.
- A steady step further off is a wrong rate. Beyond 10 % longer it is a pause after every record, unless the
  signal goes on over the borders of the records.
- A stray onset, or a handful in succession, follows from those around it. It is told.
- Records that go back in time, or leap by more than a day, come from a clock that was set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.edf.file import EdfError, EdfFile, Signal
from dreamedge.adapters.implants.files.rate_checks import LONGEST_GAP_S, STAMPS, check_nominal, leap
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sample_buffer import GAP_S
from dreamedge.core.signal.sampling.rate_judgement import RATE_OUT
from dreamedge.ports.implant import ImplantError

Doubles = NDArray[np.float64]

_PAUSES: Final = 0.1
"""A steady step longer than a record by more than this share may be a pause after every record."""
_PACE_OVER_S: Final = 2.0
"""Onsets are rounded, up and down by turns: a pace is taken over so many seconds."""
_HANDFUL: Final = 8
_BORDERS: Final = 256
_BORDER_CHANNELS: Final = 8
_GOES_ON: Final = 1.4
"""A signal goes on over borders if its median step there is below so many times the one beside them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Records in slots: the filled ones as [begin, end), the slots per second, and notes."""

    runs: tuple[tuple[int, int], ...]
    period_hz: float
    notes: tuple[Note, ...]


def placed(file: EdfFile, played: Sequence[Signal], path: Path) -> Placed:
    """Place the records of `file` by their onsets; `played`: its signals of one rate, at least one.

    Raises:
        ImplantError: the onsets contradict the header's rate, or a clock was set.
    """
    try:
        onsets_s = file.onsets_s()
    except EdfError as error:
        raise ImplantError(
            f"{path} is an EDF+D with gaps, and {error}; export it again with an onset in every record."
        ) from None
    rate_hz, samples = played[0].rate_hz, played[0].samples
    onsets_s, notes = _without_stray(onsets_s, file.record_s, str(path))
    period_hz = rate_hz / _pace(file, played, onsets_s, path)
    found: list[tuple[int, int]] = []
    for begin in np.round(onsets_s * period_hz).astype(int).tolist():
        if found and begin - found[-1][1] <= GAP_S * period_hz:
            found[-1] = (found[-1][0], found[-1][1] + samples)
        else:
            found.append((begin, begin + samples))
    return Placed(tuple(found), period_hz, notes)


def _slack_s(record_s: float) -> float:
    """How far a step between two continuous records may be from their duration."""
    return RATE_OUT * record_s + GAP_S


def _steady(onsets_s: Doubles, record_s: float) -> float:
    """The usual step between two records, relative to their duration."""
    lag = max(2, round(_PACE_OVER_S / record_s))
    lag = min(lag, max(1, len(onsets_s) // 4))
    steps_s = onsets_s[lag:] - onsets_s[:-lag]
    return float(np.median(steps_s)) / (lag * record_s) if len(steps_s) else 1.0


def _pace(file: EdfFile, played: Sequence[Signal], onsets_s: Doubles, path: Path) -> float:
    """The duration of consecutive records, relative to the duration in the header."""
    record_s, nominal_hz = file.record_s, played[0].rate_hz
    steady = _steady(onsets_s, record_s)
    pauses = steady > 1 + _PAUSES and not _goes_on(file, played, onsets_s)
    if not pauses:
        check_nominal(
            nominal_hz,
            nominal_hz / steady if steady > 0 else 0.0,
            0.0,
            f"{path}, whose data records of {record_s:g} s begin every {steady * record_s:.4g} s,",
            "correct the duration in its header (byte 244)",
        )
    steps_s = np.diff(onsets_s)
    slack_s = _slack_s(record_s)
    wrong = np.flatnonzero((steps_s < record_s - slack_s) | (steps_s > LONGEST_GAP_S))
    if len(wrong):
        at = int(wrong[0])
        often = f", the first of {len(wrong)} leaps," if len(wrong) > 1 else ""
        raise leap(
            f"{path} after its data record {at + 1} (from {onsets_s[at]:.0f} s to {onsets_s[at + 1]:.0f} s)"
            f"{often}",
            float(steps_s[at] - record_s),
            (at + 1) * record_s,
            (len(steps_s) - at) * record_s,
        )
    following = steps_s[steps_s <= record_s + slack_s]
    return float(following.mean()) / record_s if len(following) else 1.0


def _goes_on(file: EdfFile, played: Sequence[Signal], onsets_s: Doubles) -> bool:
    """Whether the signal goes on over long steps between records: at most 256, in 8 channels."""
    far = np.flatnonzero(np.diff(onsets_s) > file.record_s + _slack_s(file.record_s)) + 1
    borders = far[:: max(1, len(far) // _BORDERS)][:_BORDERS]
    over: list[float] = []
    beside: list[float] = []
    for signal in played[:_BORDER_CHANNELS]:
        half = signal.samples // 2
        for border in borders.tolist() if half else ():
            at = border * signal.samples
            steps = np.abs(np.diff(file.read(signal, at - half, at + half)))
            over.append(float(steps[half - 1]))
            beside.append(float(np.median(steps)))
    usual = float(np.median(beside)) if beside else 0.0
    return usual > 0 and float(np.median(over)) <= _GOES_ON * usual


def _without_stray(onsets_s: Doubles, record_s: float, what: str) -> tuple[Doubles, tuple[Note, ...]]:
    """The onsets, seconds from the first, with the stray ones placed by their neighbours, and a note."""
    numbers = np.arange(len(onsets_s))
    steady = _steady(onsets_s, record_s)
    steady = steady if abs(steady - 1) <= RATE_OUT else 1.0
    late_s = onsets_s - numbers * steady * record_s
    slack_s = _slack_s(record_s)
    edges = [0, *(np.flatnonzero(np.abs(np.diff(late_s)) > slack_s) + 1).tolist(), len(late_s)]
    stray = np.zeros(len(late_s), dtype=np.bool_)
    for begin, end in _stray(list(pairwise(edges)), late_s, slack_s):
        stray[begin:end] = True
    if not stray.any() or stray.all():
        return onsets_s, ()
    first = int(np.flatnonzero(stray)[0])
    told_s = float(onsets_s[first])
    late_s[stray] = np.interp(numbers[stray], numbers[~stray], late_s[~stray])
    onsets_s = late_s + numbers * steady * record_s
    onsets_s = onsets_s - onsets_s[0]
    return onsets_s, (
        Note(
            STAMPS,
            f"{what} has stray onsets on {int(stray.sum())} of its {len(onsets_s)} data records (the first "
            f"on record {first + 1}, {told_s:.0f} s); their neighbours place these records.",
        ),
    )


def _stray(pieces: list[tuple[int, int]], late_s: Doubles, slack_s: float) -> list[tuple[int, int]]:
    """The pieces of a handful of records after which the onsets are where they would be without them.

    A gap only ever raises the lateness, so an onset that is followed by a return is no gap. At either end
    there is no return, and only an impossible leap is stray.
    """
    found: list[tuple[int, int]] = []
    sound = pieces[:1]
    place = 1
    while place < len(pieces):
        end, before_s = sound[-1][1], late_s[sound[-1][1] - 1]
        near = [piece for piece in pieces[place : place + _HANDFUL + 1] if piece[0] - end <= _HANDFUL]
        back = next((n for n, piece in enumerate(near) if abs(late_s[piece[0]] - before_s) <= slack_s), 0)
        found += near[:back]
        sound.append(pieces[place + back])
        place += back + 1
    if len(sound) > 1:
        first_s = late_s[sound[1][0]] - late_s[sound[0][1] - 1]
        last_s = late_s[sound[-1][0]] - late_s[sound[-2][1] - 1]
        found += [
            piece
            for piece, step_s in ((sound[0], first_s), (sound[-1], last_s))
            if piece[1] - piece[0] <= _HANDFUL and not -slack_s <= step_s <= LONGEST_GAP_S
        ]
    return found
