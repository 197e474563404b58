"""Electrode names: which channels are EEG, and the schema's region of each.

Devices and files write the 10-20 names in many ways (`Fp1`, `FP1.`, `EEG Fpz-Cz`, `C3:A2`). A channel is EEG
if its first electrode is a site of the 10-20 system or its refinements (10-10, 10-5). ECG, EOG, EMG, ears,
mastoids, references, respiration and markers are not, and no quality or feature is computed from them.
"""

import re
from dataclasses import dataclass
from typing import Final

ANTERIOR: Final = "anterior"
POSTERIOR: Final = "posterior"

_ROWS: Final = (
    *("FP", "AFP", "AF", "AFF", "F", "FFT", "FFC", "FT", "FC", "FTT", "FCC"),
    *("T", "C", "TTP", "CCP", "TP", "CP", "TPP", "CPP", "P", "PPO", "PO", "POO", "O", "OI", "I"),
)
"""From front to back; three letters are the 10-5 system's (Oostenveld and Praamstra 2001)."""
_FRONTAL: Final = frozenset({"FP", "AFP", "AF", "AFF", "F"})
SITE: Final = rf"(?:{'|'.join(sorted(_ROWS, key=len, reverse=True))})(?:Z|10|[1-9])H?"
"""A site in capitals, as a regular expression."""
_SITE: Final = re.compile(SITE)
_PREFERRED: Final = ("PZ", "OZ", "POZ", "O1", "O2", "P3", "P4", "CZ", "TP9", "TP10", "C3", "C4")


@dataclass(frozen=True, slots=True)
class Electrode:
    """An EEG channel: its column in the device's samples, its name there, site (`FP1`) and region."""

    column: int
    name: str
    site: str
    region: str

    @property
    def frontal(self) -> bool:
        """Whether blinks reach it: Fp, AF and F sites."""
        return self.site.rstrip("Z0123456789H") in _FRONTAL

    @property
    def phase_rank(self) -> tuple[int, int, str]:
        """Order in which channels are pinned for phasors: posterior first, midline first, then by name."""
        usual = _PREFERRED.index(self.site) if self.site in _PREFERRED else len(_PREFERRED)
        return (0 if self.region == POSTERIOR else 1, usual, self.site)


def site_of(name: str) -> str:
    """Return the 10-20 site of a channel's first electrode in capitals, or '' if it is not EEG."""
    text = re.sub(r"^\s*EEG[\s:_]*", "", name.upper()).strip()
    first = re.split(r"[-:/\s_]", text, maxsplit=1)[0].strip(".")
    return first if _SITE.fullmatch(first) else ""


def electrodes(names: tuple[str, ...]) -> tuple[Electrode, ...]:
    """Return the EEG channels among `names`, in sample order."""
    found = ((column, name, site_of(name)) for column, name in enumerate(names))
    return tuple(
        Electrode(column, name, site, ANTERIOR if site[0] in "AF" else POSTERIOR)
        for column, name, site in found
        if site
    )
