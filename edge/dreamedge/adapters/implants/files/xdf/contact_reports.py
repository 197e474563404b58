"""The contact that a headset reports in a stream beside its EEG: put in order, its damage told.

Damage in the reports costs no EEG: only a report of no contact does.

Rules
- Reports stand at their own stamps, in order of time. A value that is not a number repeats the last report of
  its channel. A channel without any report counts as in contact, and is named.
- Reports that lie beside the EEG in time say nothing about it. They are not used, and a note says so.
- A report holds until the next. One that holds for more than ten seconds is told.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.stream_channels import contact_of_hsi, held_reports
from dreamedge.adapters.implants.files.xdf.streams import Content
from dreamedge.core.signal.recording_facts import Note

Doubles = NDArray[np.float64]

CONTACT: Final = "contact"
_HELD_TOLD_S: Final = 10.0


def contact_reports(
    reports: Content | None, eeg_s: Doubles, columns: tuple[int, ...], names: tuple[str, ...]
) -> tuple[tuple[Doubles, Doubles] | None, tuple[Note, ...]]:
    """Return stamps float64[n] and contact 0..1 float64[n, channels], or None; and the notes.

    eeg_s: the stamps of the EEG, in order. columns: of its channels that play, named by `names`.
    """
    if reports is None or reports.samples.ndim != 2 or not len(reports.stamps_s):  # noqa: PLR2004 - rows
        return None, () if reports is None else (_unused("holds no reports"),)
    usable = np.isfinite(reports.stamps_s)
    order = np.argsort(reports.stamps_s[usable], kind="stable")
    stamps_s = reports.stamps_s[usable][order]
    values = np.asarray(reports.samples[usable][order], dtype=np.float64)
    inside = (stamps_s >= eeg_s[0] - _HELD_TOLD_S) & (stamps_s <= eeg_s[-1] + _HELD_TOLD_S)
    if not np.isfinite(values).any():
        return None, (_unused("holds no number"),)
    if not inside.any():
        where = "holds no stamp" if not len(stamps_s) else f"lies at {stamps_s[0]:.0f} s"
        return None, (_unused(f"{where}, and the EEG at {eeg_s[0]:.0f} to {eeg_s[-1]:.0f} s"),)
    contact = contact_of_hsi(held_reports(values), max(columns) + 1)[:, list(columns)]
    never = [
        n for n, column in enumerate(columns) if column < values.shape[1] and not _any(values[:, column])
    ]
    contact[:, never] = 1.0
    notes = _long_held(stamps_s[inside], eeg_s)
    if never:
        silent = ", ".join(names[n] for n in never)
        notes = (Note(CONTACT, f"The contact of {silent} is never reported, so it is not judged."), *notes)
    return (stamps_s, contact), notes


def _any(values: Doubles) -> bool:
    return bool(np.isfinite(values).any())


def _long_held(stamps_s: Doubles, eeg_s: Doubles) -> tuple[Note, ...]:
    """A note on the longest stretch of the EEG without a report."""
    ends_s = np.concatenate(([eeg_s[0]], np.clip(stamps_s, eeg_s[0], eeg_s[-1]), [eeg_s[-1]]))
    steps_s = np.diff(ends_s)
    longest = int(steps_s.argmax())
    if not steps_s[longest] > _HELD_TOLD_S:
        return ()
    return (
        Note(
            CONTACT,
            f"Its contact is not reported for {steps_s[longest]:.0f} s, from "
            f"{ends_s[longest] - eeg_s[0]:.0f} s on; the report beside it holds for that time.",
        ),
    )


def _unused(why: str) -> Note:
    return Note(
        CONTACT,
        f"The stream of its contact {why}, so contact is not judged; a headset on a table would pass.",
    )
