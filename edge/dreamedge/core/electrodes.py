"""Electrode names: which channels are EEG, and which region of the schema each belongs to.

Devices and files write the 10-20 names in many ways (`Fp1`, `FP1.`, `EEG Fpz-Cz`, `C3:A2`). A channel
is EEG if its first electrode is a 10-20 site of one of the two regions; ECG, EOG, EMG, ears,
mastoids, references, respiration and markers are not, and no quality or feature is taken from them.
"""

import re
from dataclasses import dataclass
from typing import Final

ANTERIOR: Final = "anterior"
POSTERIOR: Final = "posterior"

_REGION_OF: Final = {
    "FP": ANTERIOR,
    "AF": ANTERIOR,
    "F": ANTERIOR,
    "FC": ANTERIOR,
    "FT": ANTERIOR,
    "C": POSTERIOR,
    "T": POSTERIOR,
    "CP": POSTERIOR,
    "TP": POSTERIOR,
    "P": POSTERIOR,
    "PO": POSTERIOR,
    "O": POSTERIOR,
}
_FRONTAL: Final = frozenset({"FP", "AF", "F"})
_SITE: Final = re.compile(r"(FP|AF|FC|FT|F|CP|TP|PO|C|T|P|O)(Z|10|[1-9])H?")
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
    """Return the 10-20 site of a channel's first electrode in capitals, or '' where it is not EEG."""
    text = re.sub(r"^\s*EEG[\s:_]*", "", name.upper()).strip()
    first = re.split(r"[-:/\s_]", text, maxsplit=1)[0].strip(".")
    return first if _SITE.fullmatch(first) else ""


def electrodes(names: tuple[str, ...]) -> tuple[Electrode, ...]:
    """Return the EEG channels among `names`, in sample order."""
    found = ((column, name, site_of(name)) for column, name in enumerate(names))
    return tuple(
        Electrode(column, name, site, _REGION_OF[site.rstrip("Z0123456789H")])
        for column, name, site in found
        if site
    )
