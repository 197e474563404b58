"""Finds the scalp EEG among a recording's signals, and the electrode of each.

Labels come as people wrote them: `EEG Fp1-Ref`, `Fp1.`, `C3-A2`, `C4A1`, `POL C3`, `EEG Fpz-Cz`. A signal
counts when its whole label is one electrode of the 10-20 system (or its refinements), alone or with its
reference; a bipolar one counts at its first electrode. T3 T4 T5 T6 are the old names of T7 T8 P7 P8. An
electrode's impedance, an ECG, an EOG or a marker never counts, even if it names an electrode.

Caps that number their contacts (BioSemi A1 to H32, EGI E1 to E256, depth electrodes) use names that look like
electrodes and are not: there C3 is the third contact of the third row. `numbered` recognises them by names
that no other system has. No electrode is guessed.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from dreamedge.core.signal.electrodes import SITE

UNNAMED: Final = "EEG unnamed"
"""EEG by its label, without an electrode."""
IMPEDANCE: Final = "impedance"
OXYGEN: Final = "oxygen"
OTHER: Final = "other"

_PREFIX: Final = r"(?:(?:EEG|POL|RAW)[ _:.-]*)*"
_LABEL: Final = re.compile(
    rf"{_PREFIX}\(?(?P<site>{SITE})(?:(?<=Z)[0-9])?['. ]*"
    rf"(?:[-/:_][-A-Z0-9+./() ]*| ?(?:[AM][12]){{1,2}}| (?:REF|LER?|CLE|AVG?)| {SITE})?\)?"
)
_ZERO_FOR_O: Final = re.compile(rf"({_PREFIX})0([12])([-/:_ ]?[AM][12])")
_TODAY: Final = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8"}

_CONTACT: Final = re.compile(
    rf"{_PREFIX}(?:A(?:[3-9]|[1-9][0-9])|[BDGH][0-9]{{1,3}}|E(?:[3-9]|[1-9][0-9]{{1,2}})|[CF](?:1[1-9]|[2-9][0-9]))"
    r"(?:[-_]?REF)?"
)
_ANY_CONTACT: Final = re.compile(rf"{_PREFIX}[A-Z]'?[0-9]{{1,3}}(?:[-_]?REF)?")
_CONTACTS_LEAST: Final = 4

_NO_VOLTAGES: Final = frozenset({"%", "ohm", "ohms", "kohm", "kohms", "bpm", "degc"})
_KINDS: Final = tuple(
    (kind, re.compile(rf"(?<![A-Z]){words}"))
    for kind, words in (
        (IMPEDANCE, "(IMP(EDANCES?)?(?![A-Z])|CQ_)"),
        ("ECG", "(ECG|EKG)"),
        ("EOG", "([VHLR]?EOG|E[12](?![0-9])|E[LR](?![A-Z])|ROC|LOC|(LEFT|RIGHT) ?EYE)"),
        ("EMG", "(EMG|[LRC]?CHIN|SUBMENT|TIB|[LRP]?LEG|[LR]AT(?![A-Z])|PLM|[DS]X[12])"),
        (OXYGEN, "(S[AP]?O2|SAT|OXI|OX STAT|OSAT)"),
        (
            "respiration",
            "(RES(?![A-Z])|RESP|AIR|.*FLOW|THO|TORA|ABDO?|ADDO|NASAL|CHEST|EFFORT|RIP|TERM|THERM|SNOR|CPAP)",
        ),
        ("pulse", "(PULSE|PLETH?|HR(?![A-Z])|H[.]R|HEART|PWA|PTT)"),
        ("movement", "(ACC|GYR|POS|BODY|ACTIVITY|ELEVATION|[XYZ][ -]?AXIS)"),
        ("marker", "(EVENT|MARK|TRIG|STAT|STI|ANNOT|PHOTIC|MK(?![A-Z])|DC ?[0-9])"),
        ("auxiliary", "(EXG|EX[1-8]|AUX|GSR|BATT|VOLTAGE|COUNTER|INTERPOLATED)"),
        ("reference", "^(EEG|POL)?[ _:.-]*([AM][12](?![0-9])|REF|GND|GROUND|CMS|DRL)"),
    )
)


@lru_cache(maxsize=1024)
def electrode(label: str, unit: str = "") -> str | None:
    """The electrode in a signal's label, as usually written (`Fp1`, `Cz`, `TP10`); None: not EEG.

    unit: of the signal, if known. A signal that is not a voltage is not EEG (O2 in % is oxygen).
    """
    text = _ZERO_FOR_O.sub(r"\1O\2\3", _plain(label))
    match = _LABEL.fullmatch(text)
    if match is None or _no_voltage(unit) or _what_else(text) in {IMPEDANCE, OXYGEN}:
        return None
    site = _TODAY.get(match["site"], match["site"])
    return site.replace("FP", "Fp").replace("Z", "z").replace("H", "h")


def kind_of(label: str, unit: str = "") -> str:
    """A signal's kind: EEG, EEG without an electrode, or another kind named by its label."""
    if electrode(label, unit) is not None:
        return "EEG"
    text = _plain(label)
    found = _what_else(text)
    return UNNAMED if found == OTHER and text.startswith("EEG") and not _no_voltage(unit) else found


def numbered(labels: Sequence[str]) -> bool:
    """Whether the labels number contacts, so that none of them names an electrode."""
    return sum(bool(_CONTACT.fullmatch(_plain(label))) for label in labels) >= _CONTACTS_LEAST


def contact(label: str) -> bool:
    """Whether a label of a numbered cap is one of its contacts."""
    return bool(_ANY_CONTACT.fullmatch(_plain(label)))


@lru_cache(maxsize=1024)
def _plain(label: str) -> str:
    """In capitals, with single spaces, and none around the sign that joins two electrodes."""
    return re.sub(r" ?([-/:+]) ?", r"\1", " ".join(label.upper().split()))


def _no_voltage(unit: str) -> bool:
    return unit.strip().lower() in _NO_VOLTAGES


def _what_else(text: str) -> str:
    return next((kind for kind, words in _KINDS if words.search(text)), OTHER)
