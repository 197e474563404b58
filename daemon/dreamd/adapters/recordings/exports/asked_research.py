"""Whether a recording may be exported: each of its people granted research, for some use in common.

To leave out the columns of some sleepers would not do: the collective, its dispersion and its synchrony are
made of every sleeper with weight.
"""

from typing import Final

from dreamd.adapters.recordings.manifest import RecordingError
from dreamd.adapters.recordings.reader import Recording
from dreamd.core.consent.research import permitted

_STAYS: Final = "dreamd replay reads it here without that"
_GRANT: Final = "dreamd me consent grant merge record research"
_NEXT: Final = f"{_STAYS}, and each sleeper of the next night grants it: {_GRANT}"


def granted_codes(recording: Recording) -> tuple[str, ...]:
    """Return the GA4GH codes under which a recording may be exported, in order; none: it has no people.

    Raises:
        RecordingError: research is not granted by all, for no use in common, or it is not known.
    """
    research, name = recording.manifest.research, recording.path.name
    if research is None:
        raise RecordingError(
            f"{name} is not exported: its recording.json does not tell which sleepers granted "
            f"research, for an earlier dreamd began it or the entry `research` is damaged; {_NEXT}"
        )
    people = research.people | people_with_rows(recording)
    without = research.without | (people - research.people)
    if without:
        raise RecordingError(
            f"{name} is not exported: {len(without)} of its {len(people)} sleepers did not grant "
            f"research for all of the recording; {_NEXT}"
        )
    if people and not permitted(research.codes):
        raise RecordingError(
            f"{name} is not exported: its {len(people)} sleepers granted research for no use in "
            f"common, by the GA4GH codes of their grants; {_STAYS}, and the next night can agree on one: "
            f"{_GRANT} --duo DUO:0000006"
        )
    return tuple(sorted(research.codes))


def people_with_rows(recording: Recording) -> frozenset[int]:
    """Return the numbers of all people with a frame or an event."""
    named = recording.table("events", ("subject",)).column("subject").unique().to_pylist()
    return frozenset(recording.subjects()) | {one for one in named if one is not None}


def readme_line(codes: tuple[str, ...]) -> str:
    """Return the sentence of an export's README."""
    if not codes:
        return "It has no sleepers.\n"
    return f"Its sleepers granted research under the GA4GH codes {', '.join(codes)}.\n"
