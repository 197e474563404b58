"""EDF replay: a recording plays as if somebody lay in the bed, and nobody does.

Calibration comes from the recording's first third (at most ten minutes of it); then the whole plays
from its start in the time that is passed in. Samples are read from disk a few seconds ahead, so a
night costs no more memory than a minute. EEG channels are found by their labels (`ten_twenty`); V,
mV and uV become uV; an electrode recorded twice counts once. What cannot be played is refused in a
sentence before anything connects. Full scale is unknown: an EDF's physical range is often fitted to
its data, and calling its peak "railed" would be a lie.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import edfio
import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.core.signal import Block, Montage
from dreamedge.ports.implant import Felt, ImplantError
from dreamwire.messages import CalibrationSource, Device

_UV_PER: Final = {"uv": 1.0, "µv": 1.0, "μv": 1.0, "mv": 1e3, "v": 1e6}
RATE_LIMITS_HZ: Final = (64.0, 1000.0)
SHORTEST_S: Final = 30.0
_ENROLMENT_SHARE: Final = 1.0 / 3.0
_ENROLMENT_LIMIT_S: Final = 600.0
_AHEAD_S: Final = 4.0
_BUFFER_S: Final = 10.0
"""What a reader that was away still gets; older samples are lost, as in a real device."""


class EdfImplant:
    """One recording behind the implant port; `loop` starts it over at its end."""

    def __init__(self, path: Path, *, loop: bool = False) -> None:
        recording = _open(path)
        self._signals = _eeg(recording.signals, path)
        self._uv_per = np.array([_uv_per(signal, path) for signal in self._signals])
        self._rate_hz = _rate_hz(self._signals, path)
        self._total = int(recording.num_data_records * self._signals[0].samples_per_data_record)
        if not self._total >= SHORTEST_S * self._rate_hz:
            raise ImplantError(
                f"{path} holds {self._total / self._rate_hz:.0f} s of EEG; "
                f"a replay needs at least {SHORTEST_S:.0f} s, so choose a longer recording."
            )
        names = tuple(str(electrode(signal.label)) for signal in self._signals)
        self.montage = Montage(names, self._rate_hz)
        self.device = Device("edf", path.name, names, self._rate_hz)
        self.source = CalibrationSource.REPLAY
        self.onset_ns = 0
        self._loop = loop
        self._start_ns: int | None = None
        self._read = 0
        self._ahead: NDArray[np.float64] = np.zeros((0, len(names)))
        self._ahead_at = 0

    def enrolment(self) -> Block:
        """The recording's first third (at most ten minutes); stamps end at 0."""
        limit = int(_ENROLMENT_LIMIT_S * self._rate_hz)
        return Block(self._load(0, min(int(self._total * _ENROLMENT_SHARE), limit)), 0)

    def read(self, now_ns: int) -> Block | None:
        """All samples captured since the last read; None before the next one and after the last."""
        if self._start_ns is None:
            self._start_ns = now_ns
        due = int((now_ns - self._start_ns) * self._rate_hz / 1e9)
        if not self._loop:
            due = min(due, self._total)
        self._read = max(self._read, due - int(_BUFFER_S * self._rate_hz))
        if due <= self._read:
            return None
        uv = np.concatenate(list(self._pieces(due)))
        return Block(uv, self._start_ns + int(due * 1e9 / self._rate_hz))

    @property
    def ended(self) -> bool:
        """The last sample has been delivered."""
        return not self._loop and self._read >= self._total

    def feel(self, felt: Felt, now_ns: int) -> None:
        """A recording feels nothing."""

    def close(self) -> None:
        """Let the file go."""
        self._ahead = self._ahead[:0]

    def _pieces(self, due: int) -> Iterator[NDArray[np.float64]]:
        """The samples up to `due`, in pieces that end where a chunk or the recording does."""
        while self._read < due:
            at = self._read % self._total
            if not self._ahead_at <= at < self._ahead_at + len(self._ahead):
                self._ahead_at = at
                self._ahead = self._load(at, min(at + int(_AHEAD_S * self._rate_hz), self._total))
            begin = at - self._ahead_at
            piece = self._ahead[begin : begin + due - self._read]
            self._read += len(piece)
            yield piece

    def _load(self, begin: int, end: int) -> NDArray[np.float64]:
        """Samples [begin, end) of every channel, float64[n, channels], uV."""
        seconds = begin / self._rate_hz, end / self._rate_hz
        columns = [signal.get_data_slice(*seconds) for signal in self._signals]
        return np.asarray(np.stack(columns, axis=1) * self._uv_per)


def _open(path: Path) -> edfio.Edf:
    """The recording with its samples still on disk."""
    try:
        recording = edfio.read_edf(path, lazy_load_data=True, header_encoding="latin-1")
        _ = [(signal.label, signal.sampling_frequency) for signal in recording.signals]
    except FileNotFoundError:
        raise ImplantError(f"{path} is not there; check the path.") from None
    except IsADirectoryError:
        raise ImplantError(f"{path} is a directory; name one EDF file in it.") from None
    except PermissionError:
        raise ImplantError(f"{path} may not be read by this user; change its permissions.") from None
    except Exception as error:
        # edfio raises whatever its parser stumbles over; whose fault it is is clear: the file's.
        raise ImplantError(f"{path} is no EDF file that can be read ({error}); convert it to EDF.") from error
    return recording


def _eeg(signals: Sequence[edfio.EdfSignal], path: Path) -> tuple[edfio.EdfSignal, ...]:
    """The EEG signals in file order, each electrode once."""
    chosen: dict[str, edfio.EdfSignal] = {}
    for signal in signals:
        name = electrode(signal.label)
        if name is not None:
            chosen.setdefault(name, signal)
    if not chosen:
        labels = ", ".join(signal.label for signal in signals[:8]) or "none"
        raise ImplantError(
            f"{path} has no EEG channel with a 10-20 name (its labels: {labels}); "
            "rename its channels to electrodes such as Fp1, C3 or O2."
        )
    return tuple(chosen.values())


def _rate_hz(signals: Sequence[edfio.EdfSignal], path: Path) -> float:
    rates = sorted({float(signal.sampling_frequency) for signal in signals})
    if len(rates) > 1:
        found = ", ".join(f"{rate:g}" for rate in rates)
        raise ImplantError(
            f"{path} mixes sampling rates ({found} Hz) in its EEG channels; resample it to one rate."
        )
    low, high = RATE_LIMITS_HZ
    if not low <= rates[0] <= high:
        raise ImplantError(
            f"{path} is sampled at {rates[0]:g} Hz; resample it to between {low:g} and {high:g} Hz."
        )
    return rates[0]


def _uv_per(signal: edfio.EdfSignal, path: Path) -> float:
    """Microvolts per unit of the file."""
    unit = signal.physical_dimension.strip()
    if unit.lower() not in _UV_PER:
        raise ImplantError(
            f"{path} gives channel {signal.label!r} in {unit or 'no unit'!r}; it must be V, mV or uV: "
            "correct its physical dimension."
        )
    return _UV_PER[unit.lower()]
