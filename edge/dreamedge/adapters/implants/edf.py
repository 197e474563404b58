"""EDF replay: EEG channels are found by their labels (`ten_twenty`); V, mV and uV become uV.

An electrode recorded twice counts once. Samples stay on disk until they are due. What cannot be played
is refused in a sentence before anything connects. Full scale is unknown: an EDF's physical range is
often fitted to its data, and calling its peak "railed" would be a lie.
"""

from collections.abc import Sequence
from pathlib import Path

import edfio
import numpy as np

from dreamedge.adapters.implants.replay import UV_PER, Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.ten_twenty import electrode, kind_of
from dreamedge.core.inspection import Channel
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device


class _Signals:
    """The EEG signals of one file as a recording without gaps."""

    def __init__(self, path: Path) -> None:
        recording = _open(path)
        self.chosen = _eeg(recording.signals, path)
        self._uv_per = np.array([_uv_per(signal, path) for signal in self.chosen])
        self.rate_hz = _rate_hz(self.chosen, path)
        self.slots = int(recording.num_data_records * self.chosen[0].samples_per_data_record)
        self.runs = ((0, self.slots),)
        check_length(self.slots, self.rate_hz, str(path))

    def load(self, begin: int, end: int) -> Doubles:
        """Samples [begin, end) of every channel, float64[n, channels], uV."""
        seconds = begin / self.rate_hz, end / self.rate_hz
        columns = [signal.get_data_slice(*seconds) for signal in self.chosen]
        return np.asarray(np.stack(columns, axis=1) * self._uv_per)

    def contact(self, _begin: int, _end: int) -> None:
        """An EDF says nothing of contact."""


class EdfImplant(Replay):
    """One EDF file behind the implant port; `loop` starts it over at its end."""

    def __init__(self, path: Path, *, loop: bool = False) -> None:
        signals = _Signals(path)
        names = tuple(str(electrode(signal.label)) for signal in signals.chosen)
        super().__init__(signals, Device("edf", path.name, names, signals.rate_hz), loop=loop)


def channels(path: Path) -> tuple[Channel, ...]:
    """Every signal of the file with what it is taken for, in file order.

    Raises:
        ImplantError: the file cannot be read.
    """
    found: list[Channel] = []
    for signal in _open(path).signals:
        name = electrode(signal.label)
        kind = kind_of(signal.label)
        twice = name is not None and any(name == other.electrode for other in found)
        rate_hz = float(signal.sampling_frequency)
        unit = signal.physical_dimension.strip()
        found.append(
            Channel(signal.label, "EEG again" if twice else kind, "" if twice else name or "", rate_hz, unit)
        )
    return tuple(found)


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
    check_rate(rates[0], str(path))
    return rates[0]


def _uv_per(signal: edfio.EdfSignal, path: Path) -> float:
    """Microvolts per unit of the file."""
    unit = signal.physical_dimension.strip()
    if unit.lower() not in UV_PER:
        raise ImplantError(
            f"{path} gives channel {signal.label!r} in {unit or 'no unit'!r}; it must be V, mV or uV: "
            "correct its physical dimension."
        )
    return UV_PER[unit.lower()]
