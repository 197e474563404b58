"""A live device, read on a thread of its own so that no driver can hold up a tether.

Drivers block: on an unplugged dongle, on a radio, on a lock shared by all devices of a process (BrainFlow
holds one while any board is opened or closed). So each device has one thread that opens it, takes its samples
and closes it. `read` empties a bounded queue and never waits.

Rules
- Opening is bounded. A device that does not answer in time is refused, and is released when it answers.
- The thread takes samples just before the next read is due, so a block is as fresh as a direct call.
- Samples above 1,000 Hz are decimated as they are read.
- Rows that only repeat the row before are counted as they are read, before decimation; many are a note.
- A device that stops delivers nothing. The front end and the tether judge silence.
- An error that is not the device's (a bug) is raised by the next read: this bed ends, its neighbours go on.
"""

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.devices.live_timestamps import Pace
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.decimator import LiveDecimator, factor_for
from dreamedge.core.signal.sampling.held_watch import HeldWatch
from dreamedge.ports.implant import Felt, ImplantError
from dreamwire.messages import CalibrationSource, Device

Doubles = NDArray[np.float64]

BUFFER_S: Final = 10
"""Seconds of samples that a driver buffers while reads are late; older samples are lost."""
_BEFORE_NEXT_S: Final = 0.047
"""Delay after a read; the next read is due 50 ms after it."""
_UNASKED_S: Final = 0.1
_QUEUE: Final = int(BUFFER_S / _UNASKED_S)
_CLOSE_WITHIN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples as a device delivered them.

    uv: float64[n, channels], n >= 1. last_ns: stamp of the last sample on CLOCK_BOOTTIME, as received. lost:
    the device reports samples missing before the first. contact: as in Block.
    """

    uv: Doubles
    last_ns: int
    lost: bool = False
    contact: Doubles | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The montage, description and source of an opened device; notes: what it leaves out."""

    montage: Montage
    device: Device
    source: CalibrationSource
    notes: tuple[Note, ...] = ()


class Feed(Protocol):
    """A driver. All calls are made on one thread and MAY block."""

    def open(self) -> Opened:
        """MUST start the device; raises ImplantError on failure."""
        ...

    def take(self) -> list[Batch]:
        """MUST return the samples since the last call, in order; empty while the device is silent."""
        ...

    def close(self) -> None:
        """MUST release the device; MUST be safe after a failed `open`."""
        ...


class LiveImplant:
    """A driver behind the implant port."""

    def __init__(self, feed: Feed, name: str, within_s: float, hint: str) -> None:
        """Open `feed` within `within_s` seconds; `hint` is the advice in the error if it does not answer.

        Raises:
            ImplantError: the device cannot be opened.
        """
        self._feed = feed
        self._told = threading.Event()
        self._asked = threading.Event()
        self._closing = threading.Event()
        self._opened: Opened | None = None
        self._failure: Exception | None = None
        self._heard: deque[Batch] = deque(maxlen=_QUEUE)
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()
        self._told.wait(within_s)
        opened = self._answer()
        if opened is None:
            self._closing.set()
            raise ImplantError(f"{name} does not answer within {within_s:.0f} s; {hint}.")
        rate_hz = opened.montage.rate_hz
        factor = factor_for(rate_hz)
        self._decimator = LiveDecimator(rate_hz) if factor > 1 else None
        self.montage = replace(opened.montage, rate_hz=rate_hz / factor)
        self.device = replace(opened.device, rate_hz=opened.device.rate_hz / factor)
        self.source = opened.source
        self.ended = False
        self.onset_ns = 0
        self._pace = Pace(rate_hz)
        self._held = HeldWatch(rate_hz)
        self._name = name
        self._factor = factor
        self._keeps_original = False
        self._left_out = opened.notes
        self._notes: tuple[Note, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """A note on held rows once they are many; it stays."""
        if not self._notes:
            self._notes = self._held.note(self._name)
        return self._left_out + self._notes

    @property
    def held_share(self) -> float:
        """The share 0..1 of rows of the newest minute that repeat the row before."""
        return self._held.share

    def enrolment(self) -> None:
        """None: a live device has no earlier signal and is calibrated live."""

    def read(self, now_ns: int) -> Block | None:
        """All samples captured since the last read, up to the next loss."""
        self._asked.set()
        self._answer()
        taken: list[Batch] = []
        while self._heard and not (taken and self._heard[0].lost):
            taken.append(self._heard.popleft())
        if not taken:
            return None
        uv = taken[0].uv if len(taken) == 1 else np.concatenate([batch.uv for batch in taken])
        last_ns = self._pace.tell(len(uv), taken[-1].last_ns, now_ns, lost=taken[0].lost)
        self._held.compare(uv, last_ns)
        contact = taken[-1].contact
        if self._decimator is None:
            return Block(uv, last_ns, contact)
        original = Block(uv, last_ns, contact) if self._keeps_original else None
        uv, last_ns = self._decimator.take(uv, last_ns, self.montage.full_scale_uv)
        return Block(uv, last_ns, contact, original) if len(uv) or original else None

    def keep_original(self) -> Montage:
        """Let each later block carry the device's own samples; their montage."""
        self._keeps_original = self._decimator is not None
        return replace(self.montage, rate_hz=self.montage.rate_hz * self._factor)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """Do nothing: feedback goes through the renderer."""

    def close(self) -> None:
        """Release the device; a driver that hangs ends with the process."""
        self._closing.set()
        self._asked.set()
        self._thread.join(_CLOSE_WITHIN_S)
        self._heard.clear()

    def _answer(self) -> Opened | None:
        """The opened device, None if still opening; re-raises an error of the device's thread."""
        if self._failure is not None:
            raise self._failure
        return self._opened

    def _live(self) -> None:
        """The device's life on its own thread: open, take, close."""
        try:
            self._opened = self._feed.open()
            self._told.set()
            while not self._closing.is_set():
                self._heard.extend(self._feed.take())
                self._asked.wait(_UNASKED_S)
                self._asked.clear()
                self._closing.wait(_BEFORE_NEXT_S)
        except Exception as error:  # noqa: BLE001 - raised by the next read, not on this thread
            self._failure = error
        finally:
            self._told.set()
            self._feed.close()
