"""`dreamedge inspect`: a recording's channels, quality by cause over time, and whether it is usable."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import edfio
import numpy as np
import pytest

from dreamedge.adapters.implants.inspection import Wish, examine, glance
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.adapters.implants.simulated.simulated_signal import CHANNELS, RATE_HZ, Sleeper
from dreamedge.adapters.implants.ten_twenty import kind_of
from dreamedge.adapters.inspection_report import lines
from dreamedge.core.signal.blocks import Montage
from dreamedge.main import main
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.messages import CalibrationSource
from edge import recorded
from edge.test_xdf import GROUP


def _edf(path: Path, uv: recorded.Doubles, *, labels: tuple[str, ...] = CHANNELS, unit: str = "uV") -> Path:
    signals = [
        edfio.EdfSignal(column, RATE_HZ, label=label, physical_dimension=unit)
        for label, column in zip(labels, uv.T, strict=True)
    ]
    edfio.Edf(signals).write(path)
    return path


def _sleeper(seconds: int = 60) -> recorded.Doubles:
    return np.asarray(Sleeper(3).generate(4 * seconds))


def test_a_good_recording_could_be_seated(tmp_path: Path) -> None:
    """A clean signal is good throughout, at its rate, with no cause."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper())))
    assert one.found.seated
    assert one.found.good_share > 0.95
    assert one.found.effective_hz == pytest.approx(RATE_HZ, abs=0.1)


def test_the_cause_is_reported_at_its_time(tmp_path: Path) -> None:
    """A lead flat from the 30th second on is flat in the plot from then on."""
    uv = _sleeper()
    uv[30 * int(RATE_HZ) :, 0] = 0.0
    (one,) = examine(str(_edf(tmp_path / "a.edf", uv)))
    flat = [moment.at_s for moment in one.found.moments if moment.channels[0][1] == "flat"]
    assert 31.5 < min(flat) < 32.5
    assert max(flat) > 59.0
    row = next(line for line in lines(one, 80) if line.startswith(f"  {CHANNELS[0]}") and ".F" in line)
    assert row.rstrip().endswith("FFF")


def test_the_main_fault_is_the_reason(tmp_path: Path) -> None:
    """All leads flat from the first third on: not usable, with the cause `flat`."""
    uv = _sleeper()
    uv[20 * int(RATE_HZ) :] = 0.0
    (one,) = examine(str(_edf(tmp_path / "a.edf", uv)))
    assert (one.found.seated, one.found.cause) == (False, "flat")


def test_a_refusal_is_listed_with_the_channels(tmp_path: Path) -> None:
    """A refused recording is still listed channel by channel, with the sentence."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper(), unit="mmHg")))
    assert (one.found.seated, one.found.cause) == (False, "refused")
    assert "must be V, mV, uV or nV" in one.found.sentence
    assert len(one.channels) == len(CHANNELS)


def test_a_missing_region_is_a_schema_it_cannot_fill(tmp_path: Path) -> None:
    """Frontal leads alone are not usable: they lack the posterior features."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper()[:, :2], labels=("Fp1", "Fp2"))))
    assert one.found.cause == "schema"
    assert "posterior" in one.found.sentence


def test_a_wrong_unit_is_why_not(tmp_path: Path) -> None:
    """Volts labelled as microvolts are a wrong unit, not a flat lead."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper() * 1e-6)))
    assert (one.found.seated, one.found.cause) == (False, "unit")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_plot_is_as_wide_as_the_terminal(tmp_path: Path, width: int) -> None:
    """No row of the plot is wider than the terminal, and all are equally long."""
    (one,) = examine(str(_edf(tmp_path / "a.edf", _sleeper())))
    rows = [line for line in lines(one, width) if line.endswith("...")]
    assert len(rows) == 1 + len(CHANNELS)
    assert len({len(row) for row in rows}) == 1
    assert len(rows[0]) <= width


def test_scripts_get_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints one object per sleeper with verdict, shares and channels."""
    assert main(["inspect", "--json", str(_edf(tmp_path / "a.edf", _sleeper()))]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["seated"] is True
    assert {channel["region"] for channel in told["channels"]} == {"anterior", "posterior"}


def test_a_file_of_another_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of another kind ends with status 2 and one sentence."""
    with pytest.raises(ImplantError, match="not a recording by its ending"):
        examine(str(tmp_path / "a.docx"))
    assert main(["inspect", str(tmp_path / "none.edf")]) == 2
    assert "check the path" in capsys.readouterr().err


def test_several_are_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several files are a table with verdict and reason; a directory among them is a row too."""
    good, bad = _edf(tmp_path / "good.edf", _sleeper()), _edf(tmp_path / "bad.edf", _sleeper() * 1e-6)
    assert main(["inspect", str(good), str(bad), str(tmp_path), str(tmp_path / "none.edf")]) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    assert [row.split()[:2] for row in rows] == [
        ["good.edf", "accepted"],
        ["bad.edf", "refused"],
        [tmp_path.name, "refused"],
        ["none.edf", "refused"],
    ]
    assert rows[0].split()[2:8] == ["60", "s", "8", "256", "100", "%"]
    assert "unit:" in rows[1]
    assert "the unit would have to be V; correct its description, or give --unit V." in rows[1]
    assert "not a recording by its ending" in rows[2]
    assert "check the path" in rows[3]


def test_several_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` lists every sleeper of all files, unreadable files included."""
    good = _edf(tmp_path / "good.edf", _sleeper())
    assert main(["inspect", "--json", str(good), str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["file"], one["seated"]) for one in told] == [(str(good), True), (str(tmp_path), False)]
    assert told[0]["seconds"] == 60.0


def test_a_glance_only_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--brief --json` lists what a bed would play, or a sentence why it cannot."""
    good = _edf(tmp_path / "good.edf", _sleeper())
    frontal = _edf(tmp_path / "frontal.edf", _sleeper()[:, :2], labels=("Fp1", "Fp2"))
    assert main(["inspect", "--brief", "--json", str(good), str(frontal), str(tmp_path)]) == 0
    first, second, third = json.loads(capsys.readouterr().out)
    assert first == {
        "file": str(good),
        "person": "",
        "spec": f"edf:{good}",
        "playable": True,
        "why": "",
        "seconds": 60.0,
        "rate_hz": RATE_HZ,
        "schema": "bands6x2",
        "channels": list(CHANNELS),
        "notes": [],
    }
    assert (second["playable"], third["playable"]) == (False, False)
    assert "No channel measures the posterior region (channels: Fp1, Fp2)" in second["why"]
    assert (third["file"], third["spec"], third["channels"]) == (str(tmp_path), "", [])
    assert main(["inspect", "--brief", str(good), str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_simulated_sleeper_is_heard_at_once() -> None:
    """A simulated sleeper is computed at once: 20 s without waiting."""
    (one,) = examine("sim:7")
    assert (one.found.seated, one.found.calibrated, one.seconds) == (True, True, 20.0)
    assert [channel.electrode for channel in one.channels] == list(CHANNELS)
    assert one.found.moments[-1].at_s == pytest.approx(20.0, abs=0.3)


class Worn(SimulatedImplant):
    """A worn device: live, without earlier signal, `says_hz` as its nominal rate."""

    def __init__(self, says_hz: float = RATE_HZ) -> None:
        super().__init__(7)
        self.source = CalibrationSource.LIVE
        self.montage = Montage(CHANNELS, says_hz)

    def enrolment(self) -> None:  # type: ignore[override]
        """None: there is no earlier signal."""


@dataclass(frozen=True)
class Listening(Wish):
    """Reads `device` in virtual time."""

    device: Implant = field(default_factory=Worn)

    def open_implant(self, spec: str) -> Implant:
        """Open the device whatever the spec."""
        return self.device


def listening(seconds: float, device: Implant, interrupted_s: float = 1e9) -> tuple[Listening, list[float]]:
    """A wish on a clock that moves only by waiting, and its progress reports."""
    clock_ns = [1_000_000_000]

    def wait_until(at_ns: int) -> None:
        if at_ns > interrupted_s * 1e9:
            raise KeyboardInterrupt
        clock_ns[0] = max(at_ns, clock_ns[0])

    heard: list[float] = []
    now_ns: Callable[[], int] = lambda: clock_ns[0]  # noqa: E731 - shorter than a function
    wish = Listening(seconds=seconds, now_ns=now_ns, wait_until=wait_until, tell=heard.append, device=device)
    return wish, heard


def test_a_device_is_listened_to_as_time_passes() -> None:
    """A device is read for its seconds with progress; it is usable without its calibration."""
    wish, heard = listening(20.0, Worn())
    (one,) = examine("brainflow:any", wish)
    assert (one.found.seated, one.found.calibrated) == (True, False)
    assert (heard[0], heard[-1], len(heard)) == (0.0, 20.0, 81)
    assert "usable; needs 120 s of clean signal to calibrate (not done here)" in "\n".join(lines(one, 80))


def test_a_device_heard_for_long_is_calibrated() -> None:
    """After 130 s a device is calibrated, as a bed would be."""
    (one,) = examine("brainflow:any", listening(130.0, Worn())[0])
    assert one.found.calibrated
    assert "once" not in "\n".join(lines(one, 80))


def test_a_device_with_another_rate_is_refused() -> None:
    """A device with a nominal 250 Hz that gives 256 is not usable: rate."""
    (one,) = examine("lsl:any", listening(20.0, Worn(says_hz=250.0))[0])
    assert (one.found.seated, one.found.cause) == (False, "rate")
    assert "250 Hz" in one.found.sentence


def test_a_device_that_gives_nothing_is_silent() -> None:
    """A device without samples is not usable: silence."""

    class Mute(Worn):
        def read(self, now_ns: int) -> None:  # type: ignore[override]
            """None: no samples."""

    (one,) = examine("lsl:any", listening(20.0, Mute())[0])
    assert (one.found.seated, one.found.cause) == (False, "silence")


def test_listening_may_be_cut_short() -> None:
    """Ctrl-C ends the reading, not the report."""
    wish, heard = listening(3600.0, Worn(), interrupted_s=15.0)
    (one,) = examine("lsl:any", wish)
    assert one.found.seated
    assert 12.0 < heard[-1] < 15.0


@pytest.mark.parametrize("seconds", ["4", "nan", "long"])
def test_it_takes_five_seconds_to_hear_anything(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    """At most five seconds of reading, or no number, is refused: kernels and windows fill first."""
    with pytest.raises(SystemExit) as ended:
        main(["inspect", "sim", "--seconds", seconds])
    assert ended.value.code == 2
    assert "is not a number above 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("EEG Fp1-Ref", "EEG"),
        ("ECG ECG", "ECG"),
        ("EOG horizontal", "EOG"),
        ("E1-M2", "EOG"),
        ("EMG submental", "EMG"),
        ("EEG A2-A1", "reference"),
        ("C3 Impedance", "impedance"),
        ("Resp oro-nasal", "respiration"),
        ("Event marker", "marker"),
        ("Temp rectal", "other"),
    ],
)
def test_kinds_are_distinguished(label: str, kind: str) -> None:
    """A channel that is not EEG is listed by the kind in its label."""
    assert kind_of(label) == kind


@recorded.needed
def test_three_of_four_could_be_seated() -> None:
    """Of four sleepers recorded together the one without contact is not usable: contact."""
    found = {
        one.spec.rpartition("#")[2].split("-")[0]: one.found for one in examine(str(recorded.path(GROUP)))
    }
    assert {name: one.cause for name, one in found.items()} == {
        "Orange": "",
        "Green": "",
        "Purple": "",
        "Blue": "contact",
    }


@recorded.needed
def test_four_sleepers_of_one_file_have_distinct_names() -> None:
    """Each of four sleepers in one file has a name and a spec of their own."""
    found = glance(str(recorded.path(GROUP)))
    assert [one.person.name.split("-")[0] for one in found] == ["Blue", "Green", "Orange", "Purple"]
    assert all(one.person.spec.endswith(f"#{one.person.name}") and not one.why for one in found)


@recorded.needed
def test_an_artefact_is_refused_by_its_cause() -> None:
    """The recording with mains far above the brain is not usable: mains."""
    (one,) = examine(str(recorded.path("artefact/muse_P300_subject1_strong50Hz_4ch_256Hz.edf")))
    assert one.found.cause == "mains"
