"""Held rows of live streams: counted as they arrive, told once, in the same words as those of a file."""

import re

import numpy as np
import pytest

from dreamedge.adapters.implants.devices.live import Batch, LiveImplant, Opened
from dreamedge.adapters.implants.simulated.implant import SimulatedImplant
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.inspection import inspect
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.held_watch import HeldWatch
from dreamwire.messages import CalibrationSource, Device
from dreamwire.schema import BANDS6X2
from edge.signals import EIGHT, HOP_NS, Doubles, pink
from fakes.bed import bed_alone

S = 1_000_000_000


def polled(seconds: float, own_hz: float, polled_hz: float, channels: int = 2) -> Doubles:
    """A signal of `own_hz`, read so often that most rows are the row before."""
    rows = (np.arange(round(seconds * polled_hz)) * own_hz / polled_hz).astype(int)
    return pink(seconds + 1, own_hz, channels)[rows]


def watched(uv: Doubles, nominal_hz: float, rate_hz: float, block: int) -> HeldWatch:
    """A watch of `nominal_hz` that has taken the rows in blocks, stamped at `rate_hz`."""
    watch = HeldWatch(nominal_hz)
    for stop in range(block, len(uv) + 1, block):
        watch.compare(uv[stop - block : stop], round(stop * 1e9 / rate_hz))
    return watch


@pytest.mark.parametrize(
    ("own_hz", "polled_hz", "nominal_hz", "block"),
    [
        (256.0, 922.0, 922.0, 46),
        (256.0, 922.0, 256.0, 46),
        (250.0, 16_000.0, 16_000.0, 800),
        (125.0, 250.0, 250.0, 1),
    ],
)
def test_held_rows_are_counted(own_hz: float, polled_hz: float, nominal_hz: float, block: int) -> None:
    """The share is right to 2 %, in blocks of any size, and the note gives the rates."""
    watch = watched(polled(16, own_hz, polled_hz), nominal_hz, polled_hz, block)
    assert watch.share == pytest.approx(1 - own_hz / polled_hz, abs=0.02)
    (note,) = watch.note("lsl:X")
    assert note.code == "held"
    assert note.sentence.startswith(f"lsl:X repeats samples: {polled_hz:.4g} Hz of which ")
    assert note.sentence.endswith("Hz stream that was oversampled.")


def test_a_stream_without_copies_has_no_note() -> None:
    """Neither a plain signal, nor a dead device, nor one that stands still now and then is oversampled."""
    dead = np.zeros((16 * 256, 2))
    half = pink(16, 256.0, 2)
    half[1000:3000] = half[1000]
    half[200:256] = half[200]
    for uv in (pink(16, 256.0, 2), dead, half):
        assert watched(uv, 256.0, 256.0, 13).note("X") == ()


def test_the_state_stays_small() -> None:
    """Between two excerpts nothing is kept, and an hour leaves twelve numbers."""
    watch = watched(np.zeros((256 * 600, 40)), 256.0, 256.0, 64)
    assert len(watch._shares) == 12
    assert sum(piece.size for piece in watch._taken) <= 256 * 16


class Oversampled:
    """A driver that polls a headset of 256 Hz at 922 Hz; every quarter of a second is a batch of its own."""

    def __init__(self, rate_hz: float = 922.0) -> None:
        uv = polled(16, 256.0, rate_hz)
        size = round(rate_hz / 4)
        self.left = [
            Batch(uv[stop - size : stop], stop * S // round(rate_hz), lost=True)
            for stop in range(size, len(uv) + 1, size)
        ]
        self.rate_hz = rate_hz
        self.count = len(self.left)

    def open(self) -> Opened:
        """Open."""
        device = Device("fake", "fast", ("Fp1", "O1"), self.rate_hz)
        return Opened(Montage(("Fp1", "O1"), self.rate_hz), device, CalibrationSource.LIVE)

    def take(self) -> list[Batch]:
        """All at once."""
        left, self.left = self.left, []
        return left

    def close(self) -> None:
        """Close."""


@pytest.mark.parametrize("rate_hz", [922.0, 4000.0])
def test_a_live_device_tells_its_held_rows(rate_hz: float) -> None:
    """A live implant has a note once it is sure, also where it is decimated, and the note stays as it is."""
    feed = Oversampled(rate_hz)
    implant = LiveImplant(feed, "lsl:muse", 5.0, "wait")
    try:
        assert implant.notes == ()
        left = feed.count
        for _ in range(5_000_000):
            left -= implant.read(20 * S) is not None
            if left <= 1:
                break
        (note,) = implant.notes
        assert f"{100 * (1 - 256 / rate_hz):.0f} % are copies is a 25" in note.sentence
        assert implant.held_share == pytest.approx(1 - 256 / rate_hz, abs=0.02)
        implant.read(20 * S)
        assert implant.notes == (note,)
    finally:
        implant.close()


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (
            0.0,
            "nominal rate of 256 Hz and delivers 30.* let its sender state the rate that it delivers.",
        ),
        (
            0.15,
            "300 Hz of which 15 % are copies is a 255 Hz .* let its sender have each sample sent once.",
        ),
    ],
)
def test_a_live_device_with_a_wrong_rate_is_refused_in_the_same_words(held: float, says: str) -> None:
    """The refusal of a live rate is that of a file, with the step for a sender, and names the copies."""
    uv = pink(20, 300.0, len(EIGHT))
    blocks = [
        ((k + 1) * HOP_NS, (Block(uv[k * 75 : (k + 1) * 75], (k + 1) * HOP_NS),)) for k in range(20 * 4)
    ]
    found = inspect(BANDS6X2, Montage(EIGHT, 256.0), None, blocks, CalibrationSource.LIVE, lambda: held)
    assert (found.seated, found.cause) == (False, "rate")
    assert re.search(says, found.sentence)


def test_a_bed_journals_each_finding_once() -> None:
    """Notes of the implant are journaled when they appear, each once."""

    class Finding(SimulatedImplant):
        notes: tuple[Note, ...] = ()

    implant = Finding(3)
    bed, said = bed_alone(implant, None, lambda: S)
    for notes in ((), (Note("held", "X repeats samples: a."),), (Note("held", "X repeats samples: a."),)):
        implant.notes = notes
        bed.look_after(0.0, 0)
    told = [values for kind, values in said.notes if kind == "finding"]
    assert told == [{"code": "held", "sentence": "X repeats samples: a."}]
    bed.close()
