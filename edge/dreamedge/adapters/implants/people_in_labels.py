"""Recognises several people among one recording's labels: the same electrodes, once for each of them.

A label is an electrode and a tag before or after it: `Fp1_S1`, `Fp1_Baby`, `1-Fp1`, `A_Fp1`, `P1 Fp1`.

Rules
- Tags are people if at least two tags have the same electrodes, at least two each, each electrode once.
- A reference (`A1`, `M2`, `Ref`), a second electrode (`F3`) and a processing step (`raw`) are no person.
- The reading is uncertain where the electrodes differ in part, where a number may count repeats of one
  electrode (`Fp1-0`, `Fp1-1`), where a joined tag may be an electrode (`P1-Fp1`), and where a whole row of
  labels stands twice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.core.signal.electrodes import SITE

_LEAST: Final = 2
"""Electrodes of a person, and people of a file, at least."""
_LEAD: Final = r"(?:EEG[ _:.-]+)?"
_AFTER: Final = re.compile(rf"{_LEAD}(?P<site>{SITE})(?P<sign>[-_ .:])(?P<tag>[A-Z]*[0-9]*)", re.IGNORECASE)
_BEFORE: Final = re.compile(rf"{_LEAD}(?P<tag>[A-Z]*[0-9]*)(?P<sign>[-_ .:])(?P<site>{SITE})", re.IGNORECASE)
_SITE: Final = re.compile(SITE, re.IGNORECASE)
_NO_PERSON: Final = re.compile(
    r"|[AM][12]|A1A2|M1M2|REF|LER?|RE|CLE|AVG?|CAR|EEG|POL|RAW|FILT(ERED)?|CLEAN(ED)?|IMP|LAPL?|CSD|BIP|LP|HP",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(
    r"(S|P|PP|SUBJ?|SUBJECT|PERSON|PART|PARTICIPANT|SLEEPER|PLAYER|HEAD|CAP)[0-9]+"
    r"|BABY|INFANT|CHILD|MOM|MUM|MOTHER|DAD|FATHER|PARENT|ADULT|PATIENT|THERAPIST|TEACHER|STUDENT",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PersonLabels:
    """One person: the tag in its labels, and the electrode in each of its places among the labels."""

    tag: str
    electrodes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The people of a recording in order; `certain`: no other reading of the labels is likely."""

    people: tuple[PersonLabels, ...] = ()
    certain: bool = True


ALONE: Final = Reading()
"""The labels of one person."""


def people_in(labels: Sequence[str]) -> Reading:
    """The people among `labels`; none if the labels are those of one person."""
    for pattern in (_AFTER, _BEFORE):
        reading = _by_tag(labels, pattern)
        if reading.people:
            return reading
    return _row_twice(labels)


def _by_tag(labels: Sequence[str], pattern: re.Pattern[str]) -> Reading:
    """The people by the tags that `pattern` finds."""
    found: dict[str, dict[int, str]] = {}
    shown: dict[str, str] = {}
    joined = False
    for place, label in enumerate(labels):
        match = pattern.fullmatch(" ".join(label.split()))
        name = electrode(match["site"]) if match else None
        if match is None or name is None or not _may_be_person(match["tag"], match["sign"], pattern):
            continue
        tag = match["tag"].upper()
        if name in found.setdefault(tag, {}).values():
            continue
        found[tag][place] = name
        shown.setdefault(tag, match["tag"])
        site = bool(_SITE.fullmatch(tag))
        joined = joined or (site and (match["sign"] == "-" or pattern is _AFTER))
    tags = [tag for tag, places in found.items() if len(places) >= _LEAST]
    if len(tags) < _LEAST:
        return ALONE
    rows = [frozenset(found[tag].values()) for tag in tags]
    named = all(_PERSON.fullmatch(tag) and not _SITE.fullmatch(tag) for tag in tags)
    if not named and len(frozenset.union(*rows)) == sum(map(len, rows)):
        return ALONE
    counted = pattern is _AFTER and all(tag.isdecimal() for tag in tags)
    same = len(set(rows)) == 1
    people = tuple(PersonLabels(shown[tag], found[tag]) for tag in tags)
    return Reading(people, certain=same and not counted and not joined)


def _may_be_person(tag: str, sign: str, pattern: re.Pattern[str]) -> bool:
    """Whether a tag may name a person; an electrode joined to a first one is its reference."""
    if _NO_PERSON.fullmatch(tag):
        return False
    if _SITE.fullmatch(tag.upper()):
        return bool(_PERSON.fullmatch(tag)) and not (pattern is _AFTER and sign == "-")
    return True


def _row_twice(labels: Sequence[str]) -> Reading:
    """Two uncertain people where the labels of all electrodes stand twice in the same order."""
    places = [place for place, label in enumerate(labels) if electrode(label)]
    half = len(places) // 2
    first, second = places[:half], places[half:]
    row = [labels[place] for place in first]
    if half < _LEAST or row != [labels[place] for place in second] or len(set(row)) < half:
        return ALONE
    people = tuple(
        PersonLabels(str(number), {place: electrode(labels[place]) or "" for place in side})
        for number, side in enumerate((first, second), start=1)
    )
    return Reading(people, certain=False)
