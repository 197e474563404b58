"""Which of a recording's signals are scalp EEG, and at which electrode.

Labels come as people wrote them: `EEG Fp1-Ref`, `Fp1.`, `C3-A2`, `EEG TP9`. A signal counts when all
of its label is one electrode the features know, with or without a reference after it; an electrode's
impedance, an ECG, an EOG or a marker is not one. Nothing is guessed.
"""

import re
from typing import Final

from dreamedge.core.electrodes import site_of

_LABEL: Final = re.compile(
    r"(?:EEG[ _:-]*)?([A-Z]{1,2}(?:10|[1-9Z]))[. ]*(?:[-/:][A-Z0-9+ ]+)?", re.IGNORECASE
)

_KINDS: Final = tuple(
    (kind, re.compile(rf"(?<![A-Z]){words}", re.IGNORECASE))
    for kind, words in (
        ("ECG", "(ECG|EKG)"),
        ("EOG", "(EOG|E[12](?![0-9])|ROC|LOC)"),
        ("EMG", "(EMG|CHIN)"),
        ("impedance", "(.*IMPEDANCE)"),
        ("reference", "((EEG *)?[AM][12](?![0-9])|REF|GND|GROUND)"),
        ("respiration", "(RESP|FLOW|THORAX|ABDOMEN|NASAL)"),
        ("marker", "(EVENT|MARKER|TRIG|STATUS|STI|ANNOT)"),
    )
)


def electrode(label: str) -> str | None:
    """The electrode a signal's label names, as usually written (`Fp1`, `Cz`, `TP10`); None: no EEG."""
    match = _LABEL.fullmatch(label.strip())
    site = site_of(match.group(1)) if match else ""
    return site.replace("FP", "Fp").replace("Z", "z") or None


def kind_of(label: str) -> str:
    """What a signal is taken for: EEG, or what its label says it is instead."""
    if electrode(label) is not None:
        return "EEG"
    return next((kind for kind, words in _KINDS if words.search(label)), "other")
