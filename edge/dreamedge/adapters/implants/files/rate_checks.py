"""Checks of a recording's time that all readers share: its nominal rate, held rows, and leaps of its clock.

The judgement itself is `core.signal.sampling.rate_judgement`, which holds for live streams as well. A file of
many hours is judged by a few excerpts, so opening it reads little.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.replay import SHORTEST_S
from dreamedge.core.signal.quality import RATE
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.decimated import Recording
from dreamedge.core.signal.sampling.rate_judgement import HELD, RateJudgement, held_share
from dreamedge.ports.implant import ImplantError

LONGEST_GAP_S: Final = 24 * 3600.0
"""A night and a day. Stamps further apart come from a clock that was set."""
STAMPS: Final = "stamps"
"""The code of a note on repaired stamps, and the cause of a refusal for them."""
_EXCERPTS: Final = 4
_EXCERPT_ROWS: Final = 4096
_EXCERPT_S: Final = 1.0
_EXCERPT_LEAST_S: Final = 0.5
"""An excerpt of many channels is shorter, but longer than a stretch that stands still."""
_EXCERPT_VALUES: Final = 1 << 15
_EXCERPT_VALUES_MOST: Final = 1 << 19
"""Values of one excerpt over all channels, 4 MB."""


def check_nominal(
    nominal_hz: float, effective_hz: float, held: float, what: str, remedy: str = "correct the nominal rate"
) -> tuple[Note, ...]:
    """Return a note on held rows if there are many.

    held: their share 0..1, see `held_share`. remedy: the step that puts the nominal rate right.

    Raises:
        ImplantError: the effective rate is more than 2 % from the nominal one; its cause is `rate`.
    """
    judged = RateJudgement(nominal_hz, effective_hz, held)
    refusal = judged.refusal(what, remedy)
    if refusal:
        raise ImplantError(refusal, RATE)
    return (Note(HELD, f"{what} repeats samples: {judged.held_sentence}."),) if judged.held_sentence else ()


def held_in(recording: Recording, rate_hz: float, channels: int) -> float:
    """Return the share 0..1 of held rows, from a few excerpts spread over the recording.

    rate_hz: the effective slots per second.
    """
    columns = max(channels, 1)
    rows = min(
        max(_EXCERPT_ROWS, round(_EXCERPT_S * rate_hz)),
        max(_EXCERPT_VALUES // columns, round(_EXCERPT_LEAST_S * rate_hz)),
        _EXCERPT_VALUES_MOST // columns,
    )
    excerpts: list[NDArray[Any]] = []
    for begin, end in _excerpts(recording.runs, rows):
        excerpts += [recording.load(begin, end), np.full((1, channels), np.nan)]
    return held_share(np.concatenate(excerpts), rate_hz)


def _excerpts(runs: tuple[tuple[int, int], ...], rows: int) -> list[tuple[int, int]]:
    """Up to four stretches of `rows` filled slots at most, apart from one another."""
    counts = np.cumsum([0, *(end - begin for begin, end in runs)])
    found: list[tuple[int, int]] = []
    for part in range(_EXCERPTS):
        middle = int(counts[-1] * (2 * part + 1) // (2 * _EXCERPTS))
        run = int(np.searchsorted(counts, middle, side="right")) - 1
        begin, end = runs[run]
        since = max(begin, begin + middle - int(counts[run]) - rows // 2, found[-1][1] if found else 0)
        if since < min(since + rows, end):
            found.append((since, min(since + rows, end)))
    return found


def check_span(begins_s: Sequence[float], counts: Sequence[int], rate_hz: float, what: str) -> None:
    """Refuse runs of samples that leap ahead by more than a day, or that last longer than one.

    begins_s: the stamps at which the runs begin; counts: their samples.

    Raises:
        ImplantError: they do, with the place and the step that helps.
    """
    lasts_s = np.array(counts) / rate_hz
    begins = np.array(begins_s)
    far_s = begins[1:] - (begins[:-1] + lasts_s[:-1])
    for at in np.flatnonzero(~(far_s <= LONGEST_GAP_S))[:1].tolist():
        before = int(sum(counts[: at + 1]))
        raise leap(
            f"{what} after its sample {before} ({begins[at] + lasts_s[at] - begins[0]:.1f} s)",
            float(far_s[at]),
            before / rate_hz,
            float(lasts_s[at + 1 :].sum()),
        )
    span_s = float(begins[-1] + lasts_s[-1] - begins[0])
    if not span_s <= LONGEST_GAP_S:
        raise ImplantError(
            f"{what} lasts {span_s / 3600:.1f} h, and a replay takes {LONGEST_GAP_S / 3600:.0f} h at most; "
            "export a part of it."
        )


def check_slots(slots: NDArray[np.int64], rate_hz: float, what: str) -> None:
    """Refuse samples in slots int64[n], ascending, as `check_span` does runs.

    Raises:
        ImplantError: they leap by more than a day, or last longer than one.
    """
    if float(slots[-1] - slots[0]) < LONGEST_GAP_S * rate_hz:
        return
    begins = np.flatnonzero(np.diff(slots, prepend=slots[0] - 2) > 1)
    counts = np.diff(np.append(begins, len(slots)))
    check_span((slots[begins] / rate_hz).tolist(), counts.tolist(), rate_hz, what)


def leap(
    what: str, leaps_s: float, before_s: float, after_s: float, reason: str = "a clock was set"
) -> ImplantError:
    """Return the refusal of stamps that leap over more than a day, or back.

    what: the recording and the place, as a subject. leaps_s: by how much, below 0 if back. before_s, after_s:
    the seconds of signal on both sides of it.
    """
    far = f"{abs(leaps_s):.0f} s" if abs(leaps_s) < LONGEST_GAP_S else f"{abs(leaps_s) / 3600:.0f} h"
    says = f"{what} leaps {'ahead' if leaps_s > 0 else 'back'} by {far}: {reason}"
    if min(before_s, after_s) >= SHORTEST_S:
        return ImplantError(f"{says}; cut it there into two files.", STAMPS)
    if max(before_s, after_s) >= SHORTEST_S:
        side, long_s = ("before", before_s) if before_s > after_s else ("after", after_s)
        return ImplantError(
            f"{says}, and the {min(before_s, after_s):.1f} s on its other side are too short to play; "
            f"export the {long_s:.0f} s {side} it as a file of their own.",
            STAMPS,
        )
    return ImplantError(
        f"{says}, and neither the {before_s:.0f} s before it nor the {after_s:.0f} s after it last "
        f"{SHORTEST_S:.0f} s; choose another recording.",
        STAMPS,
    )
