"""Several people in one file or stream: told apart by labels, addressed by number, never dropped silently."""

from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.caps import CAPS
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.inspection import Wish, glance, people
from dreamedge.adapters.implants.people_in_labels import people_in
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.ports.implant import ImplantError
from edge.every_reader import RATE, Made, csv, edf, npz, vhdr, xdf
from edge.signals import pink
from edge.xdf_file import Told, write

SITES = ("Fp1", "C3", "O2")
BANK = range(1, 33)
TWO_BANKS = tuple(f"{letter}{number}" for letter in "AB" for number in BANK)


def _signal(count: int) -> np.ndarray:
    """Channels of 20 uV, the second half at twice that."""
    uv = pink(31, RATE, count)
    uv[:, count // 2 :] *= 2
    return uv


def _rms_uv(implant: object) -> float:
    assert isinstance(implant, Replay)
    return float(implant.enrolment().uv.std(axis=0).mean())


@pytest.mark.parametrize("made", [npz, xdf, edf, vhdr, csv])
@pytest.mark.parametrize("form", ["{site}_S{n}", "{n}-{site}", "P{n} {site}"])
def test_every_reader_offers_both_people(tmp_path: Path, made: Made, form: str) -> None:
    """Both are listed and opened by number with their own samples and a mapping; no number asks which."""
    labels = tuple(form.format(site=site, n=n) for n in (1, 2) for site in SITES)
    spec = made(tmp_path, _signal(6), labels=labels)
    with pytest.raises(ImplantError, match=r"holds 2 people \(.*#1: .*#2: ") as refusal:
        open_implant(spec)
    assert refusal.value.cause == "people"
    both = glance(spec)
    assert [one.person.spec.rpartition("#")[2] for one in both] == ["1", "2"]
    assert [one.electrodes for one in both] == [SITES, SITES]
    for n, one in enumerate(both):
        assert f"{labels[3 * n]} is Fp1" in " ".join(note.sentence for note in one.notes)
        kinds = {c.label: c.kind for c in one.person.channels}
        assert kinds[labels[3 * n]] == "EEG"
        assert kinds[labels[3 - 3 * n]] == "EEG, other person"
    first, second = (_rms_uv(open_implant(one.person.spec)) for one in both)
    assert second == pytest.approx(2 * first, rel=0.3)
    with pytest.raises(ImplantError, match="holds 2 people"):
        open_implant(f"{both[0].person.spec.rpartition('#')[0]}#3")


@pytest.mark.parametrize("made", [npz, edf, xdf, vhdr])
def test_banks_of_contacts_are_people_by_the_cap(tmp_path: Path, made: Made) -> None:
    """A1 to B32 without a cap is refused with both readings; biosemi32 makes two of it, biosemi64 one."""
    spec = made(tmp_path, _signal(64), labels=TWO_BANKS)
    says = r"may hold 2 people .*--montage biosemi32\) or one person .*--montage biosemi64"
    with pytest.raises(ImplantError, match=says) as refusal:
        open_implant(spec)
    assert refusal.value.cause == "people"
    two = glance(spec, Wish(RecordingOptions(montage=("biosemi32",))))
    assert [one.electrodes for one in two] == [CAPS["biosemi32"]] * 2
    (one,) = glance(spec, Wish(RecordingOptions(montage=("biosemi64",))))
    assert one.electrodes == CAPS["biosemi64"]
    options = RecordingOptions(montage=("biosemi32",))
    first, second = (_rms_uv(open_implant(each.person.spec, options=options)) for each in two)
    assert second == pytest.approx(2 * first, rel=0.1)


@pytest.mark.parametrize(
    ("banks", "cap", "count", "certain"),
    [
        ("A", "", 0, True),
        ("AB", "biosemi32", 2, True),
        ("AB", "biosemi64", 0, True),
        ("ABC", "biosemi32", 3, True),
        ("ABC", "biosemi64", 0, True),
        ("ABCD", "biosemi64", 2, True),
        ("ABCD", "", 4, False),
        ("AC", "biosemi32", 0, True),
    ],
)
def test_as_many_people_as_the_banks_hold_caps(banks: str, cap: str, count: int, certain: bool) -> None:
    """Each cap takes one or two banks; banks that do not divide, or are not in a row, are no people."""
    labels = [f"{letter}{number}" for letter in banks for number in BANK] + ["EXG1", "Status"]
    reading = people_in(labels, (cap,) if cap else ())
    assert (len(reading.people), reading.certain) == (count, certain)
    for one in reading.people if certain else ():
        assert min(one.electrodes.values()) == "A1"
    if banks == "ABCD" and not cap:
        assert "2 people with two banks each (--montage biosemi64)" in reading.readings


@pytest.mark.parametrize(
    "form", ["{n}-{contact}", "S{n}_{contact}", "{contact}_S{n}", "EEG {contact}_Mom{n}"]
)
@pytest.mark.parametrize(("contacts", "cap"), [("A", "biosemi32"), ("AB", "biosemi64"), ("E", "egi64")])
def test_tagged_contacts_are_people_of_a_cap_each(tmp_path: Path, form: str, contacts: str, cap: str) -> None:
    """1-A1, A1_S1 and the like are people whose cap the montage names."""
    numbers = range(1, 65) if contacts == "E" else BANK
    labels = tuple(form.format(n=n, contact=f"{c}{k}") for n in (1, 2) for c in contacts for k in numbers)
    reading = people_in(labels)
    assert reading.certain
    assert [len(one.electrodes) for one in reading.people] == [len(labels) // 2] * 2
    spec = npz(tmp_path, _signal(len(labels)), labels=labels)
    implant = open_implant(f"{spec}#2", options=RecordingOptions(montage=(cap,)))
    assert implant.montage.names == tuple(site for site in CAPS[cap] if site != "-")
    with pytest.raises(ImplantError, match="--montage"):
        open_implant(f"{spec}#2")


def test_contacts_with_a_reference_are_one_person() -> None:
    """A reference, depth electrodes in unequal rows and repeats of contacts are nobody else for certain."""
    referred = [f"A{k}-A1" for k in BANK]
    assert people_in(referred).people == ()
    depth = [f"{letter}{k}" for letter, last in (("A", 10), ("B", 12), ("C", 8)) for k in range(1, last)]
    assert people_in(depth).people == ()
    assert not people_in([f"A{k}-{n}" for n in (0, 1) for k in BANK]).certain


def test_a_person_of_a_stream_has_the_stream_in_the_address(tmp_path: Path) -> None:
    """STREAM#N of a file with several streams; a stream whose name ends so keeps its name."""
    stamps_s = 1000.0 + np.arange(31 * int(RATE)) / RATE
    dyad = tuple(f"{site}_{tag}" for tag in ("Baby", "Mom") for site in SITES)
    uv = _signal(6)
    path = write(
        tmp_path / "a.xdf",
        Told("Dyad", uv, stamps_s, RATE, labels=dyad),
        Told("Cap#2", uv[:, :3], stamps_s, RATE, labels=SITES),
    )
    listed = people(str(path), Wish())
    assert [(one.name, one.spec.partition("#")[2]) for one in listed] == [
        ("Cap#2", "Cap#2"),
        ("Dyad #1", "Dyad#1"),
        ("Dyad #2", "Dyad#2"),
    ]
    for one in listed:
        assert open_implant(one.spec).montage.names == SITES
    assert [one.spec.partition("#")[2] for one in people(f"{path}#Dyad", Wish())] == ["Dyad#1", "Dyad#2"]
    with pytest.raises(ImplantError, match=r"a.xdf#Dyad#1: Fp1_Baby, .*; .*a.xdf#Dyad#2: Fp1_Mom"):
        open_implant(f"xdf:{path}#Dyad")


def test_a_number_alone_is_a_person_of_the_only_stream(tmp_path: Path) -> None:
    """FILE#2 of a file with one stream is its second person."""
    labels = tuple(f"{site}_S{n}" for n in (1, 2) for site in SITES)
    spec = xdf(tmp_path, _signal(6), labels=labels)
    assert open_implant(f"{spec}#2").device.model == "a.xdf#Cap#2"


def test_a_montage_that_names_people_tells_them_apart(tmp_path: Path) -> None:
    """A list that gives every channel an electrode of a person, or one row twice, drops none of them."""
    stamps_s = 1000.0 + np.arange(31 * int(RATE)) / RATE
    path = write(tmp_path / "a.xdf", Told("Cap", _signal(6), stamps_s, RATE))
    tagged = RecordingOptions(montage=tuple(f"{site}_S{n}" for n in (1, 2) for site in SITES))
    assert open_implant(f"xdf:{path}#2", options=tagged).montage.names == SITES
    with pytest.raises(ImplantError, match="may hold 2 people"):
        open_implant(f"xdf:{path}", options=RecordingOptions(montage=SITES * 2))
