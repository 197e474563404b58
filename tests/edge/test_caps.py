"""Named caps: contacts by their labels, else in order; a cap that does not fit is refused."""

from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants.caps import CAPS, electrodes_of
from dreamedge.adapters.implants.files.tables import TableImplant
from dreamedge.adapters.implants.inspection import Wish, examine
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.ports.implant import ImplantError
from edge.signals import pink


@pytest.mark.parametrize(
    ("cap", "labels", "expected"),
    [
        ("biosemi64", ("B32", "A1", "B3", "A32"), ("O2", "Fp1", "AF8", "CPz")),
        ("BioSemi64", ("A1", "A2", "A3", "A4", "EXG1", "Status"), ("Fp1", "AF7", "AF3", "F1", "-", "-")),
        ("egi128", ("E124", "E11", "EEG E62", "E127"), ("F4", "Fz", "Pz", "-")),
        ("egi64", ("E6", "E34", "E20", "E50"), ("Fz", "Pz", "C3", "C4")),
        ("openbci8", ("",) * 8, CAPS["openbci8"]),
        ("muse", ("1", "2", "3", "4"), CAPS["muse"]),
    ],
)
def test_a_contact_takes_its_site(cap: str, labels: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """The cap's own labels map one by one in any order, others beside them are none; else in order."""
    assert electrodes_of((cap,), labels, "x") == expected


def test_a_list_of_electrodes_is_no_cap() -> None:
    """Several names, one electrode or a dash are returned as they are."""
    for montage in (("Fp1", "O1"), ("Cz",), ("-",), ()):
        assert electrodes_of(montage, ("a", "b"), "x") == montage


@pytest.mark.parametrize(
    ("cap", "labels", "words"),
    [
        ("biosemi32", ("A1", "A2", "A3", "B1"), "B1.*4.*biosemi32 has 32"),
        ("easycap32", ("",) * 31, "31 channels.*easycap32 has 32"),
        ("openbci16", ("1",) * 8, "8 channels.*openbci16 has 16"),
        ("biosemi46", ("",) * 4, "neither a cap"),
        ("egi64", ("E1", "E2", "E3", "E65"), "E65.*egi64 has 64"),
    ],
)
def test_a_cap_that_does_not_fit_is_refused(cap: str, labels: tuple[str, ...], words: str) -> None:
    """Too few or too many channels, a label beyond the cap, an unknown cap: refused with both numbers."""
    with pytest.raises(ImplantError, match=words):
        electrodes_of((cap,), labels, "x")


def test_every_cap_names_electrodes_once() -> None:
    """Each site of each cap is an electrode, and none stands twice; 32 caps have 32 sites and so on."""
    for cap, sites in CAPS.items():
        given = [site for site in sites if site != "-"]
        assert all(electrode(site) == site for site in given), cap
        assert len(set(given)) == len(given), cap
        digits = cap.strip("abcdefghijklmnopqrstuvwxyz")
        assert len(sites) == int(digits or 4), cap


def test_inspect_tells_site_and_region(tmp_path: Path) -> None:
    """A table of a BioSemi cap: `inspect` lists each contact with its site, and the pod plays these."""
    labels = ("A1", "A27", "B16", "B17", "A13", "EXG1")
    path = tmp_path / "a.npz"
    np.savez(path, data_uV=pink(40, 250.0, 6), fs=250.0, ch_names=np.array(labels))
    options = RecordingOptions(montage=("biosemi64",))
    assert TableImplant(path, options=options).montage.names == ("Fp1", "O1", "Cz", "C2", "C3")
    (one,) = examine(str(path), Wish(options=options))
    assert [channel.electrode for channel in one.channels] == ["Fp1", "O1", "Cz", "C2", "C3", ""]
