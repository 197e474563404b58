"""`dreamedge devices --identify`: devices that look alike are told apart by their signal, and by a tap."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.implants.devices.identify import (
    Listening,
    Rest,
    identified,
    jump,
    open_sources,
)
from dreamedge.adapters.implants.devices.search import Stream, spec_among
from edge import lsl_outlet

RATE_HZ = 250.0
S = 1_000_000_000


class Clock:
    """Time that passes when it is waited for."""

    def __init__(self) -> None:
        self.at_ns = 5 * S

    def now_ns(self) -> int:
        """The present."""
        return self.at_ns

    def wait_until(self, at_ns: int) -> None:
        """Be there."""
        self.at_ns = max(self.at_ns, at_ns)


class Headset:
    """Alpha and noise at a rate; one electrode may be tapped, all may be silent or not numbers."""

    def __init__(
        self, clock: Clock, alpha_uv: float = 10.0, *, rate_hz: float = RATE_HZ, tap_s: float = 1e9
    ) -> None:
        self.unit = "uV"
        self.closed = self.broken = False
        self._clock, self._alpha_uv, self._rate_hz, self._tap_s = clock, alpha_uv, rate_hz, tap_s
        self._rng = np.random.default_rng(int(alpha_uv))
        self._taken = self._due()

    def _due(self) -> int:
        return int(self._clock.at_ns / S * self._rate_hz)

    def take(self) -> np.ndarray:
        """The samples that are due."""
        first, self._taken = self._taken, self._due()
        at_s = np.arange(first, self._taken)[:, None] / self._rate_hz
        noise = self._rng.normal(0.0, 5.0, (len(at_s), 4))
        uv = noise + self._alpha_uv * np.sqrt(2) * np.sin(2 * np.pi * 10.0 * at_s)
        uv[(at_s[:, 0] >= self._tap_s) & (at_s[:, 0] < self._tap_s + 0.2), 2] += 900.0
        return uv * np.nan if self.broken else uv

    def close(self) -> None:
        """Keep that it was released."""
        self.closed = True


def test_rate_amplitude_and_alpha_tell_two_devices_apart() -> None:
    """Each device's own numbers: the rate within 1 %, the amplitude of its waves, its share of alpha."""
    clock = Clock()
    devices = {"lsl:a": Headset(clock, 40.0), "lsl:b": Headset(clock, 1.0, rate_hz=128.0)}
    first, second = Listening(devices, clock.now_ns, clock.wait_until).rests(4.0)
    assert (first.channels, first.unit) == (4, "uV")
    assert first.rate_hz == pytest.approx(250.0, rel=0.01)
    assert second.rate_hz == pytest.approx(128.0, rel=0.01)
    assert first.amplitude == pytest.approx(np.hypot(40.0, 5.0), rel=0.05)
    assert first.alpha > 0.9
    assert second.alpha < 0.3
    (line, _) = identified([first, second], 4.0).lines
    assert line.startswith("lsl:a  4 channels at 250.0 Hz, amplitude 40.")


@pytest.mark.parametrize("tapped", ["lsl:a", "lsl:b"])
def test_the_tapped_device_is_named(tapped: str) -> None:
    """A tap on one electrode names its device among three, although another one is louder at rest."""
    clock = Clock()
    devices = {
        spec: Headset(clock, alpha_uv, tap_s=13.4 if spec == tapped else 1e9)
        for spec, alpha_uv in (("lsl:a", 5.0), ("lsl:b", 30.0), ("lsl:c", 60.0))
    }
    listening = Listening(devices, clock.now_ns, clock.wait_until)
    assert listening.tapped(listening.rests(3.0)) == tapped
    listening.close()
    assert all(device.closed for device in devices.values())


def test_no_tap_and_two_taps_at_once_name_none() -> None:
    """At rest, or where two devices jump alike, no device is named."""
    clock = Clock()
    calm = Listening({"lsl:a": Headset(clock), "lsl:b": Headset(clock, 20.0)}, clock.now_ns, clock.wait_until)
    assert calm.tapped(calm.rests(3.0), within_s=5.0) == ""
    taps = {spec: Headset(clock, 10.0, tap_s=clock.at_ns / S + 5.0) for spec in ("lsl:a", "lsl:b")}
    both = Listening(taps, clock.now_ns, clock.wait_until)
    assert both.tapped(both.rests(3.0), within_s=5.0) == ""


def test_a_silent_device_and_one_without_numbers_are_told_so() -> None:
    """No sample and samples that are not numbers are no rest and never a tap."""
    clock = Clock()
    silent, broken = Headset(clock, rate_hz=0.0), Headset(clock)
    broken.broken = True
    listening = Listening({"lsl:a": silent, "lsl:b": broken}, clock.now_ns, clock.wait_until)
    rests = listening.rests(3.0)
    assert [rest.why for rest in rests] == ["silent: check that it is on and worn"] * 2
    assert listening.tapped(rests, within_s=2.0) == ""
    assert jump(np.full((9, 2), np.nan), (1.0, 1.0)) == 0.0
    assert jump(np.zeros((9, 2)), (0.0, 1.0)) == 0.0


def test_a_device_that_cannot_be_opened_has_its_reason() -> None:
    """Its sentence stands on its line; the others are listened to."""
    opened, refused = open_sources(["brainflow:gremlin", "sim:3"])
    assert list(opened) == ["sim:3"]
    ((line,), values) = identified(refused, 3.0).lines, identified(refused, 3.0).values
    assert "brainflow:gremlin is not a board" in line
    assert values[0]["channels"] == 0
    assert "name one, such as" in identified((), 3.0).none
    opened["sim:3"].close()


def test_two_streams_of_one_name_have_different_specs() -> None:
    """By source_id, else by host; a name that stands once stays."""
    muse = Stream("Muse", "EEG", 4, 256.0, "lab-1", "1FD6")
    twin = Stream("Muse", "EEG", 4, 256.0, "lab-1", "2265")
    far = Stream("Cap", "EEG", 8, 250.0, "lab-2")
    near = Stream("Cap", "EEG", 8, 250.0, "lab-1")
    alone = Stream("Dreem", "EEG", 2, 250.0, "lab-1")
    streams = (muse, twin, far, near, alone)
    assert [spec_among(stream, streams) for stream in streams] == [
        *("lsl:source_id=1FD6", "lsl:source_id=2265"),
        *("lsl:name=Cap,hostname=lab-2", "lsl:name=Cap,hostname=lab-1", "lsl:Dreem"),
    ]
    assert Rest("lsl:x").why == ""


def test_the_command_listens_to_streams_and_boards(tmp_path: Path) -> None:
    """A real stream without electrodes' names and a simulated sleeper, in one list."""
    config = tmp_path / "lsl_api.cfg"
    config.write_text(lsl_outlet.CONFIG.format(session=f"identify{os.getpid()}"))
    environment = {**os.environ, "LSLAPICFG": str(config)}
    told = {"name": "Twin", "labels": ["a", "b", "c"], "source_id": "one", "alpha": True}
    sender = subprocess.Popen(
        [sys.executable, lsl_outlet.__file__, json.dumps(told)], env=environment, stdout=subprocess.PIPE
    )
    command = [sys.executable, "-m", "dreamedge", "devices", "--seconds", "1", "--identify", "sim:3"]
    try:
        assert sender.stdout is not None
        assert sender.stdout.readline() == b"sending\n"
        done = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True)
        found = {one["spec"]: one for one in json.loads(done.stdout)["identified"]}
        assert found["lsl:Twin"]["channels"] == 3
        assert found["lsl:Twin"]["rate_hz"] == pytest.approx(250.0, rel=0.1)
        assert found["sim:3"]["rate_hz"] == pytest.approx(256.0, rel=0.05)
    finally:
        sender.kill()
        sender.wait()
        sender.stdout.close()
