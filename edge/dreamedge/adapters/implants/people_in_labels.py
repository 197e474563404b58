"""Recognises several people among one recording's labels: the same electrodes, once for each of them.

A label is an electrode and a tag before or after it: `Fp1_S1`, `Fp1_Baby`, `1-Fp1`, `A_Fp1`, `P1 Fp1`. A
contact of a numbered cap may stand for the electrode: `1-A1`, `E1_S1`.

Rules
- Tags are people if at least two tags have the same electrodes, at least two each, each electrode once.
- A reference (`A1`, `M2`, `Ref`), a second electrode (`F3`) and a processing step (`raw`) are no person.
- The reading is uncertain where the electrodes differ in part, where a number may count repeats of one
  electrode (`Fp1-0`, `Fp1-1`), where a joined tag may be an electrode (`P1-Fp1`), and where a whole row of
  labels stands twice.
- Banks of BioSemi contacts (A1 to A32, B1 to B32, ...) are people as far as the cap is smaller than the banks
  together: with biosemi32 each bank is one, with biosemi64 every two. Without a cap, both readings are told.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dreamedge.adapters.implants.caps import CAPS, bank_of
from dreamedge.adapters.implants.ten_twenty import electrode, numbered
from dreamedge.core.signal.electrodes import SITE
from dreamedge.core.signal.recording_facts import Note
from dreamedge.ports.implant import ImplantError

_SHOWN: Final = 8
"""Number of labels listed in a message."""
_LEAST: Final = 2
"""Electrodes of a person, and people of a file, at least."""
_LEAD: Final = r"(?:EEG[ _:.-]+)?"
_AFTER: Final = re.compile(rf"{_LEAD}(?P<site>{SITE})(?P<sign>[-_ .:])(?P<tag>[A-Z]*[0-9]*)", re.IGNORECASE)
_BEFORE: Final = re.compile(rf"{_LEAD}(?P<tag>[A-Z]*[0-9]*)(?P<sign>[-_ .:])(?P<site>{SITE})", re.IGNORECASE)
_SITE: Final = re.compile(SITE, re.IGNORECASE)
_CONTACT: Final = "(?:[A-H][0-9]{1,2}|E[0-9]{1,3})"
_CONTACTS: Final = (
    re.compile(rf"{_LEAD}(?P<site>{_CONTACT})(?P<sign>[-_ .:])(?P<tag>[A-Z]*[0-9]*)", re.IGNORECASE),
    re.compile(rf"{_LEAD}(?P<tag>[A-Z]*[0-9]*)(?P<sign>[-_ .:])(?P<site>{_CONTACT})", re.IGNORECASE),
)
_ONE_CONTACT: Final = re.compile(_CONTACT)
_LEAST_CONTACTS: Final = 4
_BANK: Final = 32
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
    """One person: the tag in its labels, and the electrode in each of its places among the labels.

    A contact of a numbered cap stands in place of its electrode, as in a cap of this person alone.
    """

    tag: str
    electrodes: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The people of a recording in order; `certain`: no other reading of the labels is likely.

    readings: the readings that a cap decides, as a clause with its flags; '' where none does.
    """

    people: tuple[PersonLabels, ...] = ()
    certain: bool = True
    readings: str = ""


PEOPLE: Final = "people"
"""The cause of a refusal, and the code of a note."""
OTHERS: Final = "EEG, other person"
"""The kind of a channel of another person, or of none known."""
ALONE: Final = Reading()
"""The labels of one person."""


def people_in(labels: Sequence[str], montage: Sequence[str] = ()) -> Reading:
    """The people among `labels`; none if the labels are those of one person.

    montage: as in the options of a recording; a cap decides about banks of contacts.
    """
    for pattern in _CONTACTS:
        reading = _by_tagged_contact(labels, pattern)
        if reading.people:
            return reading
    if numbered(labels):
        return _by_bank(labels, montage)
    for pattern in (_AFTER, _BEFORE):
        reading = _by_tag(labels, pattern)
        if reading.people:
            return reading
    return _row_twice(labels)


def numbers_of(reading: Reading) -> tuple[str, ...]:
    """The numbers by which certain people are addressed; none of one person or an uncertain reading."""
    return tuple(str(number) for number in range(1, len(reading.people) + 1)) if reading.certain else ()


def labels_of_person(
    labels: Sequence[str], units: Sequence[str], person: str, montage: Sequence[str], what: str
) -> tuple[tuple[str | None, ...], Reading]:
    """The labels with one person's electrodes in their places; None: EEG that is not this person's.

    units: of the channels, '' if unknown. person: the number, '' of a recording with one person. what: the
    address of the recording, without the number.

    Raises:
        ImplantError: `people`, the recording holds several people or may hold them, and not this one.
    """
    reading = people_in(labels, montage)
    if reading.readings:
        raise ImplantError(
            f"{what} may hold {reading.readings}; write the flag of the one that is true.", PEOPLE
        )
    numbers = [str(number) for number in range(1, len(reading.people) + 1)]
    if not numbers and person in {"", "1"}:
        return tuple(labels), reading
    if person not in numbers:
        raise _which(labels, reading, person, what)
    mine = reading.people[int(person) - 1].electrodes
    theirs = {place for one in reading.people for place in one.electrodes}
    return tuple(
        mine.get(place, None if place in theirs or electrode(label, unit) else label)
        for place, (label, unit) in enumerate(zip(labels, units, strict=True))
    ), reading


def _which(labels: Sequence[str], reading: Reading, person: str, what: str) -> ImplantError:
    """The refusal of a number that no person has."""
    count = len(reading.people)
    if not count:
        return ImplantError(f"{what} holds one person and no #{person}; name it without a number.", PEOPLE)
    found = "; ".join(
        f"{what}#{number}: {', '.join(labels[place] for place in list(one.electrodes)[:_SHOWN])}"
        for number, one in enumerate(reading.people, start=1)
    )
    if not reading.certain and not person:
        return ImplantError(
            f"{what} may hold {count} people ({found}) or the electrodes of one person {count} times; "
            "write one of these to play it alone.",
            PEOPLE,
        )
    return ImplantError(f"{what} holds {count} people ({found}); write one of these.", PEOPLE)


def notes_on_people(
    reading: Reading, labels: Sequence[str], played: Mapping[int, str], others: Sequence[int]
) -> tuple[Note, ...]:
    """The notes on the people: the labels of this one with their electrodes, and the EEG of no person.

    played: the electrode of each place that plays. others: the places of EEG that is not this person's.
    """
    if not reading.people:
        return ()
    mapping = ", ".join(f"{labels[place]} is {name}" for place, name in played.items())
    notes = [Note(PEOPLE, f"the file holds {len(reading.people)} people; of this one {mapping}.")]
    known = {place for one in reading.people for place in one.electrodes}
    unknown = [labels[place] for place in others if place not in known]
    if unknown:
        notes.append(Note("channel", f"{', '.join(unknown)}: left out, of no person that the labels show."))
    return tuple(notes)


def _by_tagged_contact(labels: Sequence[str], pattern: re.Pattern[str]) -> Reading:
    """The people by the tags at the contacts of numbered caps."""
    found: dict[str, dict[int, str]] = {}
    for place, label in enumerate(labels):
        match = pattern.fullmatch(" ".join(label.split()))
        tag = match["tag"].upper() if match else ""
        if match and not _NO_PERSON.fullmatch(tag) and not _ONE_CONTACT.fullmatch(tag):
            found.setdefault(tag, {})[place] = match["site"].upper()
    caps = {
        tag: places
        for tag, places in found.items()
        if numbered(list(places.values())) and len(set(places.values())) == len(places)
    }
    if len(caps) < _LEAST:
        return ALONE
    same = len({frozenset(places.values()) for places in caps.values()}) == 1
    counted = pattern is _CONTACTS[0] and all(tag.isdecimal() for tag in caps)
    people = tuple(PersonLabels(tag, places) for tag, places in caps.items())
    return Reading(people, certain=same and not counted)


def _by_bank(labels: Sequence[str], montage: Sequence[str]) -> Reading:
    """The people by BioSemi's banks: as many banks each as the cap has."""
    banks: dict[int, dict[int, int]] = {}
    for place, label in enumerate(labels):
        bank, number = bank_of(label)
        if number:
            banks.setdefault(bank, {})[place] = number
    banks = {bank: banks[bank] for bank in sorted(banks) if len(banks[bank]) >= _LEAST_CONTACTS}
    if list(banks) != list(range(len(banks))):
        return ALONE
    cap = montage[0].lower() if len(montage) == 1 else ""
    each = len(CAPS[cap]) // _BANK if cap.startswith("biosemi") and cap in CAPS else 0
    if len(banks) < _LEAST or (montage and not each):
        return ALONE
    if not each:
        same = len({frozenset(contacts.values()) for contacts in banks.values()}) == 1
        return Reading(_in_banks(banks, 1), certain=False, readings=_readings(banks)) if same else ALONE
    return Reading(_in_banks(banks, each)) if len(banks) > each and len(banks) % each == 0 else ALONE


def _in_banks(banks: Mapping[int, Mapping[int, int]], each: int) -> tuple[PersonLabels, ...]:
    """People of `each` banks, whose contacts are named as in a cap of one."""
    rows = list(banks.items())
    return tuple(
        PersonLabels(
            "".join(_letter(bank) for bank, _ in rows[first : first + each]),
            {
                place: f"{_letter(own)}{number}"
                for own, (_, contacts) in enumerate(rows[first : first + each])
                for place, number in contacts.items()
            },
        )
        for first in range(0, len(rows), each)
    )


def _readings(banks: Mapping[int, Mapping[int, int]]) -> str:
    """The readings of banks without a cap, each with the flag that chooses it."""
    count, rows = len(banks), ", ".join(_letter(bank) for bank in banks)
    found = [f"{count} people with a bank of contacts each ({rows}; --montage biosemi32)"]
    if count > 2 and count % 2 == 0:  # noqa: PLR2004 - two banks are one cap of 64
        found.append(f"{count // 2} people with two banks each (--montage biosemi64)")
    one = "--montage biosemi64" if count == 2 else "--montage with each electrode in order"  # noqa: PLR2004
    return f"{', '.join(found)} or one person with {'both' if count == 2 else 'all'} ({one})"  # noqa: PLR2004


def _letter(bank: int) -> str:
    return chr(ord("A") + bank)


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
