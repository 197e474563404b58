"""Named caps: `--montage biosemi64` names the electrodes of a device or file that numbers its contacts.

Where the labels are those of the cap (BioSemi A1 to B32, EGI E1 to E128), each contact takes its own site,
whatever the order and however many are there; other labels beside them are no EEG. Else the cap names the
channels in order, and the counts must agree.
"""

import re
from collections.abc import Sequence
from typing import Final

from dreamedge.adapters.implants.cap_tables import FROM_MNE
from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.ports.implant import ImplantError

_BY_MAKER: Final = {
    "easycap32": (
        "Fp1 Fz F3 F7 FT9 FC5 FC1 C3 T7 TP9 CP5 CP1 Pz P3 P7 O1 "
        "Oz O2 P4 P8 TP10 CP6 CP2 Cz C4 T8 FT10 FC6 FC2 F4 F8 Fp2"
    ),
    "muse": "TP9 AF7 AF8 TP10",
    "openbci8": "Fp1 Fp2 C3 C4 P7 P8 O1 O2",
    "openbci16": "Fp1 Fp2 C3 C4 P7 P8 O1 O2 F7 F8 F3 F4 T7 T8 P3 P4",
}
"""The makers' own default orders."""
CAPS: Final = {name: tuple(sites.split()) for name, sites in {**FROM_MNE, **_BY_MAKER}.items()}
_BIOSEMI: Final = re.compile(r"(?:EEG|POL)?[ _:.-]*([A-H])(\d{1,2})(?:[-_]?REF)?")
_EGI: Final = re.compile(r"(?:EEG|POL)?[ _:.-]*E(\d{1,3})(?:[-_]?REF)?")
_BANK: Final = 32
_LEAST: Final = 4
"""Fewer labels of a maker do not show its cap: A1 and A2 are ears as well."""


def electrodes_of(montage: Sequence[str], labels: Sequence[str], what: str) -> tuple[str, ...]:
    """The montage's electrode of every label; a montage that names no cap is returned as it is.

    Raises:
        ImplantError: the one word is neither a cap nor an electrode, or the cap does not fit the labels.
    """
    if len(montage) != 1 or montage[0] == "-" or electrode(montage[0]):
        return tuple(montage)
    cap = montage[0].lower()
    if cap not in CAPS:
        raise ImplantError(
            f"the montage {montage[0]} is neither a cap ({', '.join(CAPS)}) nor a list of electrodes; "
            "write one of these, or Fp1,C3,O2."
        )
    sites = CAPS[cap]
    numbers = [_number(cap, label) for label in labels]
    of_cap = [number for number in numbers if number >= 0]
    if len(of_cap) >= _LEAST and len(set(of_cap)) == len(of_cap):
        if max(of_cap) < len(sites):
            return tuple(sites[number] if number >= 0 else "-" for number in numbers)
        label = labels[numbers.index(max(of_cap))]
        raise ImplantError(
            f"{what} has a contact {label} among its {len(of_cap)} and the cap {cap} has {len(sites)}; "
            "name a larger cap, or each electrode in order, with - where it is no EEG."
        )
    if len(labels) != len(sites):
        raise ImplantError(
            f"{what} has {len(labels)} channels and the cap {cap} has {len(sites)}; "
            "name another cap, or each electrode in order, with - where it is no EEG."
        )
    return sites


def bank_of(label: str) -> tuple[int, int]:
    """The bank (A is 0) and the number 1 to 32 of a BioSemi contact; (0, 0) for any other label."""
    found = _BIOSEMI.fullmatch(label.upper().strip())
    number = int(found[2]) if found else 0
    return (ord(found[1]) - ord("A"), number) if found and 1 <= number <= _BANK else (0, 0)


def _number(cap: str, label: str) -> int:
    """The number of the contact in the cap's order, from 0; -1 if the label is not one of that maker's."""
    text = label.upper().strip()
    if cap.startswith("biosemi"):
        bank, number = bank_of(label)
        return bank * _BANK + number - 1 if number else -1
    if cap.startswith("egi") and (found := _EGI.fullmatch(text)):
        return int(found[1]) - 1
    return -1
