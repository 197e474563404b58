"""Replay: a recording plays as if somebody lay in the bed, and nobody does.

A recording is a row of slots, one a sampling period, of which some were never filled: its gaps. It
plays from its first slot in the time that is passed in; a read ends at a gap, and the first block
after it carries the stamp it would have had, so that the front end sees the gap as it was.
Calibration comes from the first third (20 s at least, ten minutes at most), where a gap is NaN. Samples are
loaded a few seconds ahead, so that a night on disk costs no more memory than a minute.
"""

from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal import Block, Montage
from dreamedge.ports.implant import Felt, ImplantError
from dreamwire.messages import CalibrationSource, Device

Doubles = NDArray[np.float64]

UV_PER: Final = {
    "uv": 1.0, "µv": 1.0, "μv": 1.0, "microvolt": 1.0, "microvolts": 1.0,
    "mv": 1e3, "millivolt": 1e3, "millivolts": 1e3, "v": 1e6, "volt": 1e6, "volts": 1e6,
}  # fmt: skip
"""Microvolts per unit, by the unit's name in small letters."""
RATE_LIMITS_HZ: Final = (64.0, 1000.0)
SHORTEST_S: Final = 30.0
_ENROLMENT_SHARE: Final = 1.0 / 3.0
_ENROLMENT_LEAST_S: Final = 20.0
_ENROLMENT_LIMIT_S: Final = 600.0
_AHEAD_S: Final = 4.0
_BUFFER_S: Final = 10.0
"""What a reader that was away still gets; older samples are lost, as in a real device."""


class Recording(Protocol):
    """What can be played."""

    @property
    def slots(self) -> int:
        """How many sampling periods it lasts."""
        ...

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """MUST be the filled slots as [begin, end) in order, at least one, none empty, none touching."""
        ...

    def load(self, begin: int, end: int) -> Doubles:
        """MUST return slots [begin, end), float64[end - begin, channels], uV, NaN where not filled."""
        ...

    def contact(self, begin: int, end: int) -> Doubles | None:
        """MUST return the device's indicator over [begin, end), float64[channels] 0..1; None: it has none."""
        ...


def check_rate(rate_hz: float, what: str) -> None:
    """Refuse a sampling rate the front end cannot use.

    Raises:
        ImplantError: it is outside the limits.
    """
    low, high = RATE_LIMITS_HZ
    if not low <= rate_hz <= high:
        raise ImplantError(
            f"{what} is sampled at {rate_hz:g} Hz; resample it to between {low:g} and {high:g} Hz."
        )


def check_length(samples: int, rate_hz: float, what: str) -> None:
    """Refuse a recording too short for a template and a replay.

    Raises:
        ImplantError: it is shorter than 30 s.
    """
    if not samples >= SHORTEST_S * rate_hz:
        raise ImplantError(
            f"{what} holds {samples / rate_hz:.0f} s of EEG; "
            f"a replay needs at least {SHORTEST_S:.0f} s, so choose a longer recording."
        )


class Replay:
    """One recording behind the implant port; `loop` starts it over at its end."""

    def __init__(
        self, recording: Recording, device: Device, *, period_hz: float | None = None, loop: bool = False
    ) -> None:
        """Play `recording`.

        device: names the channels and the nominal rate. period_hz: slots a second as measured, where it
        is not the nominal rate.
        """
        self._recording = recording
        self._rate_hz = period_hz or device.rate_hz
        self.montage = Montage(device.channels, device.rate_hz)
        self.device = device
        self.source = CalibrationSource.REPLAY
        self.onset_ns = 0
        self._loop = loop
        self._start_ns: int | None = None
        self._read = 0
        self._ahead: Doubles = np.zeros((0, len(device.channels)))
        self._ahead_at = 0

    def enrolment(self) -> Block:
        """The recording's first third (20 s to ten minutes); stamps end at 0."""
        begin = self._recording.runs[0][0]
        third_s = self._recording.slots * _ENROLMENT_SHARE / self._rate_hz
        length = min(max(third_s, _ENROLMENT_LEAST_S), _ENROLMENT_LIMIT_S) * self._rate_hz
        end = min(begin + int(length), self._recording.slots)
        return Block(self._recording.load(begin, end), 0, self._recording.contact(begin, end))

    def read(self, now_ns: int) -> Block | None:
        """The samples captured since the last read, up to the next gap or the end of a turn."""
        if self._start_ns is None:
            self._start_ns = now_ns
        due = int((now_ns - self._start_ns) * self._rate_hz / 1e9)
        if not self._loop:
            due = min(due, self._recording.slots)
        self._read = max(self._read, due - int(_BUFFER_S * self._rate_hz))
        begin, end = self._run()
        self._read = max(self._read, min(begin, due))
        due = min(due, end)
        if due <= self._read:
            return None
        at = self._read % self._recording.slots
        uv = np.concatenate(list(self._pieces(due)))
        last_ns = self._start_ns + int(due * 1e9 / self._rate_hz)
        return Block(uv, last_ns, self._recording.contact(at, at + len(uv)))

    def _run(self) -> tuple[int, int]:
        """The run that holds the next slot to read, or comes first after it; counted on from turn to turn."""
        slots = self._recording.slots
        turn = self._read - self._read % slots
        runs = ((turn + begin, turn + end) for begin, end in self._recording.runs)
        return next((run for run in runs if run[1] > self._read), (turn + slots, turn + slots))

    @property
    def ended(self) -> bool:
        """The last sample has been delivered."""
        return not self._loop and self._read >= self._recording.slots

    def feel(self, felt: Felt, now_ns: int) -> None:
        """A recording feels nothing."""

    def close(self) -> None:
        """Let the samples go."""
        self._ahead = self._ahead[:0]

    def _pieces(self, due: int) -> Iterator[Doubles]:
        """The samples up to `due`, in pieces that end where a chunk or the recording does."""
        slots = self._recording.slots
        while self._read < due:
            at = self._read % slots
            if not self._ahead_at <= at < self._ahead_at + len(self._ahead):
                self._ahead_at = at
                self._ahead = self._recording.load(at, min(at + int(_AHEAD_S * self._rate_hz), slots))
            begin = at - self._ahead_at
            piece = self._ahead[begin : begin + due - self._read]
            self._read += len(piece)
            yield piece
