"""`dreamedge devices`: what can be opened from this machine, without opening it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dreamedge.adapters.implants.devices.search import (
    Stream,
    found_json,
    found_lines,
    lsl_streams,
    serial_ports,
)
from dreamedge.adapters.inspection_report import SYNTHETIC
from dreamedge.main import main
from edge import lsl_outlet

MUSE = Stream("Muse-1: EEG", "EEG", 4, 256.0, "lab-1")
MARKERS = Stream("stimuli", "Markers", 1, 0.0, "lab-2")


def _port(devices: Path, name: str, by_id: str = "") -> None:
    (devices / name).touch()
    if by_id:
        (devices / "serial" / "by-id").mkdir(parents=True, exist_ok=True)
        (devices / "serial" / "by-id" / by_id).symlink_to(devices / name)


def test_a_serial_port_is_listed_once_with_the_board_its_maker_suggests(tmp_path: Path) -> None:
    """A port with a link by id and one without; other devices are not listed."""
    _port(tmp_path, "ttyUSB0", "usb-FTDI_FT231X_USB_UART_DM00-if00-port0")
    _port(tmp_path, "ttyACM1")
    _port(tmp_path, "ttyS0")
    first, second = serial_ports(tmp_path)
    assert (first.path, first.maker, first.board) == (str(tmp_path / "ttyACM1"), "", "")
    assert second.spec == f"brainflow:cyton,serial_port={tmp_path / 'ttyUSB0'}"


def test_no_device_directory_is_no_port(tmp_path: Path) -> None:
    """A machine without such a directory has no ports, and nothing fails."""
    assert serial_ports(tmp_path / "nowhere") == ()


def test_signals_stand_before_other_streams_and_each_line_has_its_command() -> None:
    """The EEG stream is first; a name with a space is quoted for the shell."""
    streams = lsl_streams(2.0, lambda _seconds: (MARKERS, MUSE))
    lines = found_lines(streams, (), 2.0)
    assert "Muse-1: EEG  EEG, 4 channels, 256 Hz, on lab-1" in lines[1]
    assert lines[1].endswith("dreamedge inspect 'lsl:Muse-1: EEG'")
    assert "Markers, 1 channels, no rate" in lines[2]


def test_each_missing_part_is_named_with_its_remedy() -> None:
    """No stream, no port and no library each have their own sentence."""
    empty = found_lines((), (), 2.0)
    assert any("start the sender" in line for line in empty)
    assert any("group dialout" in line for line in empty)
    assert any("dreamd[boards]" in line for line in found_lines("pylsl is missing: dreamd[boards]", (), 2.0))
    assert found_json("pylsl is missing", ())["lsl_error"] == "pylsl is missing"


def test_a_stream_on_the_network_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real sender in a process of its own is listed by the command, as JSON with its spec."""
    config = tmp_path / "lsl_api.cfg"
    config.write_text(lsl_outlet.CONFIG.format(session="devices"))
    environment = {**os.environ, "LSLAPICFG": str(config)}
    told = {"name": "Muse-1: EEG", "labels": ["Fp1", "O1"], "source_id": "muse-1"}
    sender = subprocess.Popen(
        [sys.executable, lsl_outlet.__file__, json.dumps(told)], env=environment, stdout=subprocess.PIPE
    )
    try:
        command = [sys.executable, "-m", "dreamedge", "devices", "--seconds", "1", "--json"]
        deadline = time.monotonic() + 20.0
        found: list[str] = []
        while "lsl:Muse-1: EEG" not in found:
            assert time.monotonic() < deadline, found
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            found = [stream["spec"] for stream in json.loads(done.stdout)["lsl"]]
    finally:
        sender.kill()
        sender.wait()
        assert sender.stdout is not None
        sender.stdout.close()


def test_the_synthetic_board_is_called_a_generator() -> None:
    """BrainFlow's board for trying it out has both of its names in the report's table."""
    assert SYNTHETIC == ("brainflow:synthetic", "brainflow:-1")


def test_seconds_must_be_above_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """A search of no time is a usage error."""
    with pytest.raises(SystemExit) as ended:
        main(["devices", "--seconds", "0"])
    assert ended.value.code == 2
    assert "is not a number above 0" in capsys.readouterr().err
