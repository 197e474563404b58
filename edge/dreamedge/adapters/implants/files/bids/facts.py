"""Statements of `*_eeg.json` on a recording: rate, mains, continuity, duration, number of EEG channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files.bids.sidecar_files import NOT_AVAILABLE, Faults, Stated, read_object

RATE: Final = "SamplingFrequency"
MAINS: Final = "PowerLineFrequency"
_DURATION: Final = "RecordingDuration"
_EEG_COUNT: Final = "EEGChannelCount"
_CONTINUITY: Final = "RecordingType"
_KEYS: Final = (RATE, MAINS, _DURATION, _EEG_COUNT, _CONTINUITY)
_LARGEST: Final = 1e9
_MAINS_HZ: Final = (50.0, 60.0)
_WORDS: Final = ("continuous", "discontinuous", "epoched")


@dataclass(frozen=True, slots=True)
class Facts:
    """Values with their places; None where none is stated, or none that is sound."""

    rate_hz: Stated | None = None
    mains_hz: Stated | None = None
    duration_s: Stated | None = None
    eeg_count: Stated | None = None
    interrupted: Stated | None = None


def read_facts(paths: Sequence[Path], faults: Faults) -> Facts:
    """The values of all objects that apply, the nearest first: a nearer value replaces a farther one."""
    stated: dict[str, Stated] = {}
    for path in reversed(paths):
        stated.update(read_object(path, _KEYS, faults))
    mains = _number(stated, MAINS, faults)
    if mains is not None and mains.value not in _MAINS_HZ:
        _say(mains, f"{MAINS} is {mains.value:g} Hz, neither 50 nor 60; both count", faults)
        mains = None
    kind = stated.get(_CONTINUITY)
    if kind is not None and kind.value not in _WORDS:
        _say(kind, f"{_CONTINUITY} is {kind.value!r} and none of {', '.join(_WORDS)}", faults)
    return Facts(
        _number(stated, RATE, faults),
        mains,
        _number(stated, _DURATION, faults),
        _number(stated, _EEG_COUNT, faults),
        kind if kind is not None and kind.value in _WORDS[1:] else None,
    )


def _number(stated: dict[str, Stated], key: str, faults: Faults) -> Stated | None:
    """A value above 0; None if it is n/a or is none, which is a fault."""
    found = stated.get(key)
    if found is None or found.value == NOT_AVAILABLE:
        return None
    number = not isinstance(found.value, bool) and isinstance(found.value, int | float)
    if number and (0 < found.value <= _LARGEST or (key == _EEG_COUNT and found.value == 0)):
        return found
    _say(found, f"{key} is {found.value!r} and no number above 0", faults)
    return None


def _say(stated: Stated, said: str, faults: Faults) -> None:
    faults.report(stated.path, said, stated.line, str(stated.column))
