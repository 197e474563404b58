"""Whether a recorded night may be rendered: each of its sleepers granted `perform`, and it was not intimate.

A recording exists of people that granted `record`. Rows of a sleeper without an answer count as without
`perform`. Nothing is left out instead: centre, shares and synchrony are made of every sleeper.
"""

from typing import Final

from dreamd.adapters.recordings.exports.asked_research import people_with_rows
from dreamd.adapters.recordings.reader import Recording

_GRANT: Final = "dreamd me consent grant merge record perform"


class RenderError(Exception):
    """A night is not rendered; the message is one sentence, with the next step where there is one."""


def ask_permission(recording: Recording) -> None:
    """Return where the night may be rendered.

    Raises:
        RenderError: it was intimate, `perform` is not granted by all, or it is not known.
        RecordingError: a file is damaged.
    """
    manifest, name = recording.manifest, recording.path.name
    grants = manifest.research
    if grants is None or grants.unperformed is None:
        raise RenderError(
            f"{name} is not rendered: its recording.json does not tell which sleepers granted `perform`, "
            "for an earlier dreamd began it or the entry `research` is damaged; record another night"
        )
    if manifest.intimate:
        raise RenderError(f"{name} is not rendered: its Dreamscape was intimate, and no such night ever is")
    people = grants.people | people_with_rows(recording)
    without = grants.unperformed | (people - grants.people)
    if without:
        raise RenderError(
            f"{name} is not rendered: {len(without)} of its {len(people)} sleepers did not grant `perform` "
            f"for all of the recording; each sleeper of the next night grants it: {_GRANT}"
        )
    if not people:
        raise RenderError(f"{name} is not rendered: no sleeper was in it")
