"""Generates `cap_tables.py` from MNE's montages: `python -m tests.caps` (development only).

A contact that carries a 10-20 name keeps it. Of an EGI net, the equivalents that its maker publishes are
kept, and an affine map through them lays the net onto MNE's spherical 10-5 system. Every other contact takes
the nearest free site by angle; the closest pairs are matched first, and each site is given once.

Source of the equivalents: Luu and Ferree 2005, Determination of the HydroCel Geodesic Sensor Nets' average
electrode positions and their 10-10 international equivalents.
"""

from pathlib import Path
from typing import Any, Final

import mne
import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.ten_twenty import electrode

MODULE: Final = Path(__file__).resolve().parents[1] / "edge/dreamedge/adapters/implants/cap_tables.py"
Doubles = NDArray[np.float64]
_NETS: Final = {
    "biosemi32": "biosemi32",
    "biosemi64": "biosemi64",
    "egi64": "GSN-HydroCel-64_1.0",
    "egi128": "GSN-HydroCel-128",
}
_TWENTY: Final = (
    *("Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "C4"),
    *("T8", "P7", "P3", "Pz", "P4", "P8", "O1", "Oz", "O2"),
)
_CONTACTS: Final = {
    "egi64": (10, 5, 18, 12, 6, 60, 58, 24, 20, 50, 52, 30, 28, 34, 42, 44, 35, 37, 39),
    "egi128": (22, 9, 33, 24, 11, 124, 122, 45, 36, 104, 108, 58, 52, 62, 92, 96, 70, 75, 83),
}
PUBLISHED: Final = {cap: dict(zip(_TWENTY, found, strict=True)) for cap, found in _CONTACTS.items()}
"""The number of the contact at each site."""
EYES: Final = {"egi64": range(61, 65), "egi128": range(125, 129)}
"""Contacts of the face, beside and below the eyes: no EEG."""
_LIMIT_RAD: Final = 0.2
"""A contact further from every free site (11 degrees) is given none."""


def sites(cap: str) -> tuple[str, ...]:
    """The site of every contact of one of MNE's caps, in order; - where none is near."""
    here = _positions(mne.channels.make_standard_montage(_NETS[cap]))
    if all(electrode(name) for name in here):
        return tuple(str(electrode(name)) for name in here)
    known = {
        name: at
        for name, at in _positions(mne.channels.make_standard_montage("spherical_1005")).items()
        if electrode(name) == name
    }
    anchors = PUBLISHED[cap]
    laid = _laid(here, {int(number): known[site] for site, number in anchors.items()})
    names = list(known)
    angles = np.arccos(np.clip(laid @ np.array(list(known.values())).T, -1, 1))
    angles[[number - 1 for number in EYES[cap]]] = np.inf
    found = ["-"] * len(here)
    for site, number in anchors.items():
        found[number - 1] = site
    for flat in np.argsort(angles, axis=None):
        contact, place = divmod(int(flat), len(names))
        if angles[contact, place] > _LIMIT_RAD:
            break
        if found[contact] == "-" and names[place] not in found:
            found[contact] = names[place]
    return tuple(found)


def _positions(montage: Any) -> dict[str, Doubles]:  # noqa: ANN401 - MNE has no types
    """The unit vector of every contact from the centre of the sphere through all."""
    at = montage.get_positions()["ch_pos"]
    places = np.array(list(at.values()))
    design = np.column_stack([2 * places, np.ones(len(places))])
    away = places - np.linalg.lstsq(design, (places**2).sum(axis=1), rcond=None)[0][:3]
    return dict(zip(at, away / np.linalg.norm(away, axis=1, keepdims=True), strict=True))


def _laid(here: dict[str, Doubles], anchors: dict[int, Doubles]) -> Doubles:
    """The contacts' unit vectors after the affine map that fits the anchors best."""
    places = np.column_stack([np.array(list(here.values())), np.ones(len(here))])
    fit = np.linalg.lstsq(places[[n - 1 for n in anchors]], np.array(list(anchors.values())), rcond=None)[0]
    moved = places @ fit
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def module() -> str:
    """The text of the generated module."""
    made = [
        '"""The sites of named caps, by contact: generated from the montages of MNE by `tests/caps.py`."""\n'
    ]
    made.append("from typing import Final\n\nFROM_MNE: Final[dict[str, str]] = {")
    for cap in _NETS:
        made.append(f'    "{cap}": (')
        row = ""
        for site in sites(cap):
            if len(row) + len(site) > 90:
                made.append(f'        "{row}"')
                row = ""
            row += f"{site} "
        made += [f'        "{row}"', "    ),"]
    return "\n".join([*made, "}", '"""The sites in the order of the contacts, - where none is near."""', ""])


if __name__ == "__main__":
    MODULE.write_text(module(), encoding="utf-8")
