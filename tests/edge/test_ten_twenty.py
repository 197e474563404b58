"""Labels by people and machines: which are scalp EEG, at which electrode, and which are not."""

import pytest

from dreamedge.adapters.implants.ten_twenty import contact, electrode, kind_of, numbered
from dreamedge.core.signal.electrodes import electrodes

NAMED = {
    # spellings of one electrode by amplifiers and archives
    "Fp1": (
        "Fp1",
        "FP1",
        "fp1.",
        "EEG Fp1",
        "EEG Fp1-Ref",
        "Fp1-REF",
        "EEG FP1-LE",
        "EEG Fp1-LER",
        "RAW_FP1",
    ),
    "C3": (
        "C3..",
        "C3-A2",
        "C3-M2",
        "C3:M2",
        "C3/A2",
        "C3_M2",
        "C3A2",
        "C3M2",
        "EEG C3-CLE",
        "EEG C3 A2",
        "POL C3",
        "EEG (C3-A2)",
        "C3-CS2",
        "C3 - M2",
        "C3'",
    ),
    "TP10": ("EEG TP10", "Tp10."),
    "Iz": ("Iz..", "EEG Iz"),
    "AFF5h": ("AFF5h",),
    # bipolar: at the first electrode
    "Fpz": ("EEG Fpz-Cz", "EEG FPZ-CZ", "Fpz Cz"),
    "Pz": ("EEG Pz-Oz",),
    "Fp2": ("Fp2-F4", "FP2_F4", "EEG Fp2 - F4"),
    "Cz": ("CZ-A1", "CZ2-A1", "CZA1"),
    # the same place under its old name, and with a zero for the letter
    "T7": ("T3", "EEG T3", "T3-O1", "T7..", "T7-P7"),
    "T8": ("T4", "T8-P8-0", "T8-P8-1"),
    "P7": ("T5", "EEG T5-REF"),
    "P8": ("T6-O2",),
    "O1": ("01-A2", "O1_A2", "O1-M2"),
}
OTHERS = {
    "EEG unnamed": (
        "EEG",
        "EEG(sec)",
        "EEG 2",
        "EEG1",
        "EEG sec",
        "EEG central 0",
        "EEG C3P-REF",
        "EEG 20-REF",
    ),
    "reference": ("M1", "A2", "EEG A2-A1", "EEG A1-REF", "M1M2", "REF", "EEG A2-CLE"),
    "ECG": ("ECG ECG", "EKG", "EEG EKG1-REF", "POL EKG1", "ECG II", "EKG1-CHIN"),
    "EOG": (
        "EOG horizontal",
        "E1",
        "E2-M1",
        "ROC-LOC",
        "LOC-A2",
        "EEG ROC-REF",
        "EOG(L)",
        "VEOG",
        "HEOG-L",
        "Lefteye",
        "EOG Left Horiz",
    ),
    "EMG": ("EMG submental", "Chin1-Chin2", "L Chin", "EEG EMG-REF", "Left Leg", "LAT", "DX1-DX2"),
    "impedance": ("C3 Impedance", "C3 Impédance", "C3-M2 (Imp)", "E1 Impédance", "O2-M1 (Imp)", "CQ_AF3"),
    "oxygen": ("SpO2", "SAO2", "O2-Sat", "O2 sat", "OX stat", "Saturation"),
    "respiration": (
        "Resp oro-nasal",
        "Airflow",
        "THOR RES",
        "ABDO RES",
        "NEW AIR",
        "Nasal Pressure",
        "TORACE",
        "Flow Patient",
        "Snoring",
        "RIP-Phase",
        "TERMISTORE",
    ),
    "pulse": ("PULSE RATE", "Heart Rate", "H.R.", "PLETH", "PTT"),
    "movement": ("X Axis", "ACC-X", "GYROX", "POSITION", "Activity", "Body"),
    "marker": ("Event marker", "Marker", "Status", "TRIG", "PHOTIC-REF", "POL DC01", "STI 014"),
    "auxiliary": ("EXG1", "AUX", "GSR1", "Voltage (battery", "COUNTER"),
    "other": (
        "F",
        "1",
        "1-2",
        "K",
        "Light",
        "E3",
        "Temp rectal",
        "Volume audio",
        "CO2",
        "ch1",
        "POL E",
        "01",
    ),
}


@pytest.mark.parametrize(("name", "label"), [(name, label) for name in NAMED for label in NAMED[name]])
def test_an_electrode_is_found_however_it_is_written(name: str, label: str) -> None:
    """Every spelling of an electrode gives that electrode, with a region for the features."""
    assert electrode(label) == name
    assert kind_of(label) == "EEG"
    assert len(electrodes((name,))) == 1


@pytest.mark.parametrize(("kind", "label"), [(kind, label) for kind in OTHERS for label in OTHERS[kind]])
def test_a_label_without_a_known_place_is_not_eeg(kind: str, label: str) -> None:
    """A label without a known place is not EEG and gets its kind."""
    assert electrode(label) is None
    assert kind_of(label) == kind


def test_a_unit_that_is_no_voltage_makes_no_eeg() -> None:
    """O2 in per cent is oxygen and C3 in ohms an impedance, whatever their labels say."""
    assert electrode("O2", "uV") == "O2"
    assert [electrode(label, unit) for label, unit in (("O2", "%"), ("C3", "Ohm"), ("C3", "kOhm"))] == [
        None
    ] * 3
    assert kind_of("O2", "%") == "other"


@pytest.mark.parametrize(
    ("labels", "counted"),
    [
        ([f"{row}{n}" for row in "ABCD" for n in range(1, 33)], True),
        ([f"A{n}" for n in range(1, 33)] + ["EXG1", "Status"], True),
        ([f"E{n}" for n in range(1, 129)] + ["Cz"], True),
        ([f"POL C{n}" for n in range(1, 15)] + ["POL B1-REF"], True),
        (["A1", "A2", "C3", "C4", "E1", "E2", "F3", "F4", "O1", "O2", "M1", "M2"], False),
        (["T3", "T4", "T5", "T6", "F7", "F8", "F9", "F10", "C5", "C6"], False),
        (["E1", "E2", "E3"], False),
    ],
)
def test_caps_that_count_their_contacts_are_known(labels: list[str], counted: bool) -> None:
    """A cap is numbered if it has names of no electrode system; a polysomnograph is not."""
    assert numbered(labels) == counted


def test_a_caps_other_signals_are_not_contacts() -> None:
    """Beside its contacts a numbered cap's other signals are not contacts."""
    assert [contact(label) for label in ("A1", "C32", "POL B'7", "EXG1", "Status", "GSR1")] == [True] * 3 + [
        False
    ] * 3
