"""LSL, live: real outlets in processes of their own, found by address, so that no network is needed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.sample_buffer import Samples
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.messages import CalibrationSource
from edge.lsl_outlet import CONFIG

S = 1_000_000_000
OUTLET = Path(__file__).with_name("lsl_outlet.py")
SESSION = f"test{os.getpid()}"
MUSE = ("TP9", "AF7", "AF8", "TP10")

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module", autouse=True)
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A session on this machine alone, so that no other streams are seen. Read once a process."""
    path = tmp_path_factory.mktemp("lsl") / "lsl_api.cfg"
    path.write_text(CONFIG.format(session=SESSION))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LSLAPICFG", str(path))
        yield


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a sender, `start(name=..., ...)`; all are killed at the end."""
    running: list[subprocess.Popen[str]] = []

    def one(**told: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(OUTLET), json.dumps(told)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "sending\n"
        return process

    yield one
    for process in running:
        process.kill()
        process.communicate()


def _listen(implant: Implant, enough: Callable[[list[Block]], bool], within_s: float = 30.0) -> list[Block]:
    """Read as a bed does until it is enough."""
    begun_s, heard = time.monotonic(), []
    while not enough(heard):
        assert time.monotonic() - begun_s < within_s, f"not within {within_s} s; {len(heard)} blocks"
        block = implant.read(boottime_ns())
        if block is not None:
            heard.append(block)
        time.sleep(0.05)
    return heard


def _for(seconds: float) -> Callable[[list[Block]], bool]:
    until_s = time.monotonic() + seconds
    return lambda _: time.monotonic() >= until_s


@pytest.fixture
def opened() -> Iterator[Callable[..., Implant]]:
    """Opens implants, and closes them at the end."""
    all_of_them: list[Implant] = []

    def one(spec: str, montage: tuple[str, ...] = ()) -> Implant:
        all_of_them.append(open_implant(spec, options=RecordingOptions(montage=montage)))
        return all_of_them[-1]

    yield one
    for implant in all_of_them:
        implant.close()


def test_a_stream_is_heard_as_it_was_sent(start: Start, opened: Callable[..., Implant]) -> None:
    """Every sample arrives once, in uV, with its sender's stamp and labels; the rate within 0.2 %."""
    start(name="Cap", labels=["Fp1", "C3", "ECG", "O2"], unit="millivolts", source_id="cap-1")
    implant = opened("lsl:Cap")
    assert implant.montage.names == implant.device.channels == ("Fp1", "C3", "O2")
    assert (implant.montage.rate_hz, implant.device.kind) == (256.0, "lsl")
    assert implant.source is CalibrationSource.LIVE
    assert implant.enrolment() is None
    blocks = _listen(implant, _for(3.0))
    now_ns = boottime_ns()
    uv = np.concatenate([block.uv for block in blocks])
    np.testing.assert_array_equal(np.diff(uv[:, 0]), 1000.0)
    np.testing.assert_array_equal(uv[:, 2] - uv[:, 0], 300_000.0)
    assert 0 < now_ns - blocks[-1].last_ns < S
    ring = Samples(3, 256.0, 0.0)
    for block in blocks:
        ring.append(block.uv, block.last_ns)
    assert ring.count == len(uv)
    assert abs(ring.rate_hz / 256.0 - 1) < 0.002
    assert blocks[-1].contact is None


def test_a_read_waits_for_nothing(start: Start, opened: Callable[..., Implant]) -> None:
    """Half of the reads take less than 10 ms, also after the sender has ended: none waits for samples."""
    sender = start(name="Gone")
    implant = opened("lsl:Gone")
    sender.kill()
    took_s = []
    for _ in range(30):
        began_s = time.perf_counter()
        implant.read(boottime_ns())
        took_s.append(time.perf_counter() - began_s)
        time.sleep(0.05)
    assert np.median(took_s) < 0.01


@pytest.mark.parametrize("source_id", ["", "headset-7"])
def test_a_sender_that_dies_is_silence_and_is_found_again(
    start: Start, opened: Callable[..., Implant], source_id: str
) -> None:
    """A killed sender is silence without an exception.

    Restarted, with or without a source id, it is read again.
    """
    sender = start(name="Back", source_id=source_id)
    implant = opened("lsl:Back")
    _listen(implant, lambda blocks: len(blocks) > 5)
    sender.kill()
    sender.wait()
    _listen(implant, _for(0.5))
    assert _listen(implant, _for(1.0)) == []
    start(name="Back", source_id=source_id)
    again = _listen(implant, lambda blocks: len(blocks) > 5, within_s=25.0)
    assert 0 < boottime_ns() - again[-1].last_ns < S


def test_a_sender_that_froze_is_left_for_its_successor(start: Start, opened: Callable[..., Implant]) -> None:
    """A connected but silent sender is searched for after 5 s, and its successor is read."""
    sender = start(name="Froze", source_id="f-1")
    implant = opened("lsl:Froze")
    _listen(implant, lambda blocks: len(blocks) > 5)
    sender.send_signal(signal.SIGSTOP)
    _listen(implant, _for(0.5))
    start(name="Froze", source_id="f-1")
    assert _listen(implant, _for(2.0)) == []
    again = _listen(implant, lambda blocks: len(blocks) > 5, within_s=12.0)
    assert 0 < boottime_ns() - again[-1].last_ns < S


@pytest.mark.parametrize("source_id", ["", "cap-3"])
def test_a_sender_that_comes_back_as_something_else_is_not_it(
    start: Start, opened: Callable[..., Implant], source_id: str
) -> None:
    """The same name and source id with another order of channels is not read again."""
    sender = start(name="Swap", labels=["Fp1", "O2"], source_id=source_id)
    implant = opened("lsl:Swap")
    _listen(implant, lambda blocks: len(blocks) > 5)
    sender.kill()
    sender.wait()
    _listen(implant, _for(0.5))
    start(name="Swap", labels=["O2", "Fp1"], source_id=source_id)
    assert _listen(implant, _for(3.0)) == []


def test_the_headsets_contact_is_heard_beside_it(start: Start, opened: Callable[..., Implant]) -> None:
    """`<name>: HSI` is contact: 1 good, 2 doubtful, 4 none, for the chosen channels."""
    start(name="Blue: EEG", labels=["TP9", "REF", "AF8", "TP10"], hsi=[1, 4, 2, 4])
    implant = opened("lsl:Blue")
    blocks = _listen(implant, lambda heard: bool(heard) and heard[-1].contact is not None)
    blocks = _listen(implant, lambda heard: len(heard) > 10)
    np.testing.assert_array_equal(blocks[-1].contact, [1.0, 0.5, 0.0])


def test_contact_without_reports_is_no_contact(start: Start, opened: Callable[..., Implant]) -> None:
    """Contact without a report for five seconds is no contact, though the signal goes on."""
    start(name="Mute: EEG", hsi=[1, 1, 1, 1], hsi_for_s=3.0)
    implant = opened("lsl:Mute")
    good = _listen(implant, lambda heard: bool(heard) and bool((heard[-1].contact == 1.0).all()))
    assert len(good) < 20
    _listen(implant, lambda heard: bool(heard) and bool((heard[-1].contact == 0.0).all()))


def test_a_muse_that_names_no_channel_is_known(start: Start, opened: Callable[..., Implant]) -> None:
    """A Muse, by its maker, has its four electrodes without channel names."""
    start(name="band", labels=[], channels=5, maker="Muse")
    assert opened("lsl:band").montage.names == MUSE


def test_a_montage_names_a_nameless_stream(start: Start, opened: Callable[..., Implant]) -> None:
    """`--montage` names the electrodes of a nameless stream; without it the remedy is printed."""
    start(name="bare", labels=[], channels=2)
    with pytest.raises(ImplantError, match="name them in order with --montage"):
        opened("lsl:bare")
    assert opened("lsl:bare", ("Fz", "Oz")).montage.names == ("Fz", "Oz")


def test_two_streams_of_one_name_are_not_guessed_between(
    start: Start, opened: Callable[..., Implant]
) -> None:
    """Of two streams with one name neither is opened; a distinguishing property opens the right one."""
    start(name="Twin", source_id="left", labels=["Fp1", "O1"])
    start(name="Twin", source_id="right", labels=["Fp2", "O2"])
    with pytest.raises(ImplantError, match=r"'Twin'.*source_id left.*'Twin'.*source_id right.*choose one"):
        opened("lsl:Twin")
    assert opened("lsl:name=Twin,source_id=right").montage.names == ("Fp2", "O2")


def test_a_missing_stream_is_refused_in_time_with_the_existing_ones(start: Start) -> None:
    """A missing stream is refused within seven seconds, with the existing streams and the remedy."""
    start(name="Other", source_id="o-1")
    began_s = time.monotonic()
    with pytest.raises(ImplantError, match=r"the streams that are: 'Other' .*start its sender"):
        open_implant("lsl:Nobody")
    assert time.monotonic() - began_s < 7.0


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"unit": "hPa"}, "channel TP9 in 'hPa'; it must be V, mV, uV or nV"),
        ({"format": "string", "type": "EEG"}, "is a text stream, not a signal"),
        ({"rate_hz": 0.0}, "names no sampling rate"),
        ({"rate_hz": 25.0}, "is sent at 25 Hz"),
        ({"channel_type": "EOG"}, "has no EEG channel"),
    ],
)
def test_unusable_streams_are_refused(start: Start, told: dict[str, object], says: str) -> None:
    """Unusable units, formats, rates and types are each refused in a sentence."""
    start(name="odd", **told)
    with pytest.raises(ImplantError, match=says):
        open_implant("lsl:odd")


@pytest.mark.parametrize(("kind", "library"), [("lsl", "pylsl"), ("brainflow", "brainflow.board_shim")])
def test_without_its_library_the_extra_is_named(
    kind: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a device's library the sentence names the extra to install."""
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"dreamedge.adapters.implants.devices.{kind}", raising=False)
    with pytest.raises(ImplantError, match=r"install dreamd\[boards\]"):
        open_implant(f"{kind}:thing")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("lsl:", "names no stream; write lsl:NAME"),
        ("lsl:colour=blue", "write KEY=VALUE with one of name, type, source_id, hostname"),
        ("lsl:type=", "write KEY=VALUE"),
        ("lsl:both ' and \"", "both kinds of quotes"),
    ],
)
def test_a_spec_that_is_no_stream_is_refused(spec: str, says: str) -> None:
    """A spec that is not a stream is refused with the valid form."""
    with pytest.raises(ImplantError, match=says):
        open_implant(spec)


def test_a_person_of_a_stream_is_heard_and_its_unit_judged(
    start: Start, opened: Callable[..., Implant]
) -> None:
    """lsl:NAME#2 is the second person; volts that are uV end its reading with the true unit."""
    labels = [f"{site}_S{n}" for n in (1, 2) for site in ("Fp1", "O1")]
    start(name="Dyad", labels=labels, unit="volts", alpha=True)
    with pytest.raises(ImplantError, match=r"#1: Fp1_S1, O1_S1; lsl:Dyad#2: Fp1_S2"):
        opened("lsl:Dyad")
    implant = opened("lsl:Dyad#2")
    assert (implant.montage.names, implant.device.model) == (("Fp1", "O1"), "Dyad#2")
    with pytest.raises(ImplantError, match=r"in V with .* would have to be uV; .* --unit uV") as refusal:
        _listen(implant, lambda _: False)
    assert refusal.value.cause == "unit"
