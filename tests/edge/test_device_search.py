"""`dreamedge devices`: what can be opened from this machine, without opening it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dreamedge.adapters.implants.devices.bedside_search import bluetooth, buttons, gpio_chips
from dreamedge.adapters.implants.devices.brainflow import parse
from dreamedge.adapters.implants.devices.search import (
    DEMONSTRATION,
    RADIO,
    Section,
    Stream,
    found_json,
    found_lines,
    lsl_streams,
    ports_section,
    streams_section,
)
from dreamedge.adapters.implants.devices.usb_boards import serial_ports
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


def _usb(system: Path, name: str, vendor: str, product: str) -> None:
    """The kernel's view of a port: the port below its USB interface, the numbers on the device above."""
    device = system / "devices" / "usb1" / f"1-{name}"
    port = device / "1-1:1.0" / name
    port.mkdir(parents=True)
    (device / "idVendor").write_text(f"{vendor}\n")
    (device / "idProduct").write_text(f"{product}\n")
    (system / "class" / "tty" / name).mkdir(parents=True)
    (system / "class" / "tty" / name / "device").symlink_to(port)


def test_a_serial_port_is_listed_once_with_the_board_its_maker_suggests(tmp_path: Path) -> None:
    """A port with a link by id and one without; other devices are not listed."""
    _port(tmp_path, "ttyUSB0", "usb-FTDI_FT231X_USB_UART_DM00-if00-port0")
    _port(tmp_path, "ttyACM1")
    _port(tmp_path, "ttyS0")
    first, second = serial_ports(tmp_path, tmp_path / "sys")
    assert (first.path, first.maker, first.board) == (str(tmp_path / "ttyACM1"), "", "")
    assert second.spec == f"brainflow:cyton,serial_port={tmp_path / 'ttyUSB0'}"


def test_a_boards_hint_comes_from_its_usb_numbers_before_its_name(tmp_path: Path) -> None:
    """BLED112 and an STM32 by their numbers; an FTDI chip that no dongle has gives no hint."""
    _port(tmp_path, "ttyACM0")
    _usb(tmp_path / "sys", "ttyACM0", "2458", "0001")
    _port(tmp_path, "ttyACM1")
    _usb(tmp_path / "sys", "ttyACM1", "0483", "5740")
    _port(tmp_path, "ttyUSB0", "usb-FTDI_TTL232R-3V3_FT1-if00-port0")
    _usb(tmp_path / "sys", "ttyUSB0", "0403", "6001")
    ports = serial_ports(tmp_path, tmp_path / "sys")
    assert [(port.usb, port.board) for port in ports] == [
        ("2458:0001", "ganglion"),
        ("0483:5740", "freeeeg32"),
        ("0403:6001", ""),
    ]
    (bled, _, unknown) = ports_section(ports).lines
    assert "(or muse_2_bled, muse_s_bled, muse_2016_bled)" in bled
    assert unknown.endswith(f"dreamedge inspect brainflow:BOARD,serial_port={tmp_path / 'ttyUSB0'}")


def test_every_board_that_is_hinted_at_exists(tmp_path: Path) -> None:
    """BrainFlow knows each name that a hint may give."""
    numbers = {"ttyACM0": ("2458", "0001"), "ttyACM1": ("0483", "5740"), "ttyACM2": ("0403", "6015")}
    for name, (vendor, product) in numbers.items():
        _port(tmp_path, name)
        _usb(tmp_path / "sys", name, vendor, product)
    hinted = [board for port in serial_ports(tmp_path, tmp_path / "sys") for board in port.boards]
    assert len(hinted) == 8
    for board in (*hinted, *RADIO, "muse_s", "brainbit", "unicorn"):
        assert parse(board).title == f"brainflow:{board}"


def test_no_device_directory_is_no_port(tmp_path: Path) -> None:
    """A machine without such a directory has no ports, and nothing fails."""
    assert serial_ports(tmp_path / "nowhere", tmp_path) == ()


def test_signals_stand_before_other_streams_and_each_line_has_its_command() -> None:
    """The EEG stream is first; a name with a space is quoted for the shell."""
    streams = lsl_streams(2.0, lambda _seconds: (MARKERS, MUSE))
    lines = found_lines([streams_section(streams, 2.0)])
    assert "Muse-1: EEG  EEG, 4 channels, 256 Hz, on lab-1" in lines[1]
    assert lines[1].endswith("dreamedge inspect 'lsl:Muse-1: EEG'")
    assert "Markers, 1 channels, no rate" in lines[2]


def test_each_missing_part_is_named_with_its_remedy() -> None:
    """No stream, no port and no library each have their own sentence."""
    empty = found_lines([streams_section((), 2.0), ports_section(())])
    assert any("start the sender" in line for line in empty)
    assert any("group dialout" in line for line in empty)
    missing = streams_section("pylsl is missing: dreamd[boards]", 2.0)
    assert found_lines([missing])[1:] == ["  pylsl is missing: dreamd[boards]"]
    assert found_json([missing]) == {"lsl": [], "lsl_error": "pylsl is missing: dreamd[boards]"}


BLUEZ = """Device 00:55:DA:B0:1F:D6 Muse-1FD6
Device 7C:2F:80:00:11:22 Kitchen speaker
Device E0:06:10:AA:BB:CC Ganglion-58f3
"""


def test_bluetooth_lists_adapters_and_the_headsets_bluez_knows(tmp_path: Path) -> None:
    """A headset has the board its name suggests and its address; another device is listed without a board."""
    (tmp_path / "class" / "bluetooth" / "hci0").mkdir(parents=True)
    found = bluetooth(tmp_path, lambda: BLUEZ)
    specs = [value.get("spec") for value in found.values]
    assert specs == [
        None,
        "brainflow:muse_2,mac_address=00:55:DA:B0:1F:D6",
        "",
        "brainflow:ganglion_native,mac_address=E0:06:10:AA:BB:CC",
    ]
    assert found.lines[2] == "Kitchen speaker  7C:2F:80:00:11:22"


def test_missing_bluetooth_is_said(tmp_path: Path) -> None:
    """No adapter is one sentence; an adapter without BlueZ is another."""
    assert bluetooth(tmp_path, lambda: BLUEZ).error == "this machine has no Bluetooth adapter"
    (tmp_path / "class" / "bluetooth" / "hci0").mkdir(parents=True)
    assert "BlueZ does not answer" in bluetooth(tmp_path, lambda: None).lines[1]


INPUTS = """I: Bus=0003 Vendor=1b1c Product=1b2d Version=0111
N: Name="Bed button"
H: Handlers=kbd event3 leds
B: PROP=0
B: EV=120013

I: Bus=0003 Vendor=046d Product=c077 Version=0111
N: Name="Room sensor"
H: Handlers=event7
B: EV=11

I: Bus=0019 Vendor=0000 Product=0001 Version=0000
N: Name="Power Button"
H: Handlers=kbd event0
B: EV=3
"""


def test_buttons_are_the_input_devices_with_keys(tmp_path: Path) -> None:
    """A device without keys is left out; a link by id is preferred, since its name outlasts a reboot."""
    (tmp_path / "devices").write_text(INPUTS)
    (tmp_path / "input" / "by-id").mkdir(parents=True)
    for name in ("event0", "event3", "event7"):
        (tmp_path / "input" / name).touch()
    link = tmp_path / "input" / "by-id" / "usb-Bed_button-event-kbd"
    link.symlink_to(tmp_path / "input" / "event3")
    found = buttons(tmp_path / "devices", tmp_path / "input")
    assert [(value["name"], value["spec"]) for value in found.values] == [
        ("Bed button", f"evdev:{link}"),
        ("Power Button", f"evdev:{tmp_path / 'input' / 'event0'}"),
    ]
    assert found.lines[0] == f"{link}  Bed button: dreamedge run --button evdev:{link}"


def test_a_machine_without_inputs_says_so(tmp_path: Path) -> None:
    """An unreadable list has its reason; an empty one has a sentence."""
    assert "cannot be read (No such file" in buttons(tmp_path / "none", tmp_path).error
    (tmp_path / "devices").write_text("")
    assert found_lines([buttons(tmp_path / "devices", tmp_path)])[1] == "  none; plug in a button or a keypad"


def test_gpio_chips_are_listed_by_number_with_their_label(tmp_path: Path) -> None:
    """Chip 10 follows chip 2; a chip that cannot be opened and a missing library are told on its line."""
    for name in ("gpiochip10", "gpiochip0", "gpiochip2"):
        (tmp_path / name).touch()

    def label(path: Path) -> tuple[str, int]:
        if path.name == "gpiochip2":
            raise PermissionError(13, "Permission denied")
        if path.name == "gpiochip10":
            raise ImportError
        return "pinctrl-bcm2711", 58

    first, second, third = gpio_chips(tmp_path, label).lines
    assert first == (
        f"{tmp_path}/gpiochip0  pinctrl-bcm2711, 58 lines: dreamedge run --button gpio:gpiochip0/LINE"
    )
    assert "cannot be opened (Permission denied); Debian: group gpio" in second
    assert "pip install 'dreamd[bedside]'" in third
    assert gpio_chips(tmp_path / "nowhere", label).lines == ()


def test_every_section_is_in_the_list_for_scripts() -> None:
    """Each kind has its values and its error, whatever a later kind adds."""
    one = Section("lamps", "lamps", ("a lamp",), ({"path": "/dev/lamp"},))
    assert found_json([one, Section("bells", "bells", error="no bells")]) == {
        "lamps": [{"path": "/dev/lamp"}],
        "lamps_error": "",
        "bells": [],
        "bells_error": "no bells",
    }


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


def test_the_synthetic_board_has_both_of_its_names() -> None:
    """The name that the list shows, and BrainFlow's number, are both marked SIMULATED."""
    assert SYNTHETIC == (DEMONSTRATION, "brainflow:-1")


def test_seconds_must_be_above_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """A search of no time is a usage error."""
    with pytest.raises(SystemExit) as ended:
        main(["devices", "--seconds", "0"])
    assert ended.value.code == 2
    assert "is not a number above 0" in capsys.readouterr().err
