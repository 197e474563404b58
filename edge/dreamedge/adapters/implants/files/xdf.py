"""XDF replay: one file, several sleepers, each an EEG stream with a name.

The files are LabRecorder's. Stamps are converted to the recorder's clock by the measured offsets (pyxdf),
dejittered and put into slots (`replay_timestamps`). Slot 0 is the moment when the first of all EEG streams
began, so sleepers recorded together stay together. A stream `<name>: HSI` beside `<name>: EEG` carries that
headset's contact. A bed keeps only these two streams of the file (`xdf_streams`), and of the EEG only the
channels that are electrodes.

Rules
- A turn of a loop lasts from the first sample of any EEG stream to the last of any, the same for all beds.
  Where several streams end within a second of one another, the first of these ends counts.
- Channels, units and contact are read as those of a live stream are, see `stream_channels`.
- A nominal rate that differs from the measured one by more than 1 % is wrong; the measured one counts.
"""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.replay import Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.files.replay_timestamps import Timeline, timeline
from dreamedge.adapters.implants.files.stream_channels import Described, contact_of_hsi, labels_of, take
from dreamedge.adapters.implants.files.xdf_streams import Content, Stream, read_contents, read_streams
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import electrode, kind_of
from dreamedge.core.signal.inspection import Channel
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device

__all__ = ["Stream", "XdfImplant", "channels", "choose", "eeg_streams", "read_streams"]

_LONGEST_S: Final = 24 * 3600.0
"""A night and a day. Stamps further apart come from a clock that was set."""
_RATE_TOLERANCE: Final = 0.01
_TOGETHER_S: Final = 1.0
"""Recorders close their streams one after the other: ends this close are one end, the first of them."""


class XdfImplant(Replay):
    """One EEG stream of an XDF file behind the implant port; `options.loop` restarts it at its end."""

    def __init__(self, path: Path, stream: str = "", *, options: RecordingOptions = PLAIN) -> None:
        """Open the stream whose name is or begins with `stream`; '' if the file holds one EEG stream."""
        streams = read_streams(path)
        chosen = choose(streams, stream, path)
        begins_s, turn_s = _span_s(streams)
        taken = _Taken(chosen, _beside(chosen, streams), begins_s, path, options.montage)
        device = Device("xdf", f"{path.name}#{chosen.name}", taken.names, taken.nominal_hz)
        super().__init__(taken, device, period_hz=taken.timeline.rate_hz, turn_s=turn_s, loop=options.loop)


class _Taken:
    """One sleeper's EEG as a recording from `origin_s` on: samples in slots, contact at its own stamps."""

    def __init__(
        self, stream: Stream, hsi: Stream | None, origin_s: float, path: Path, montage: tuple[str, ...]
    ) -> None:
        what = f"{path}#{stream.name}"
        eeg_of = take(_described(stream), montage, what)
        self.names = eeg_of.names
        if not math.isfinite(stream.begins_s):
            raise ImplantError(f"{what} holds no samples; choose another stream.")
        contents = read_contents(path, [stream.id] + ([] if hsi is None else [hsi.id]))
        eeg = contents[stream.id]
        self.timeline = timeline(eeg.stamps_s, stream.nominal_hz)
        self.nominal_hz = _rate_hz(self.timeline, stream.nominal_hz)
        check_rate(self.nominal_hz, what)
        check_length(len(eeg.stamps_s), self.timeline.rate_hz, what)
        self._origin_s = origin_s
        self.runs = self.timeline.runs(origin_s)
        self.slots = self.runs[-1][1]
        if not self.slots <= _LONGEST_S * self.timeline.rate_hz:
            hours = self.slots / self.timeline.rate_hz / 3600
            raise ImplantError(
                f"{what} spans {hours:.0f} h by its stamps, a clock was set; cut it there into two files."
            )
        self._uv = np.full((self.slots, len(self.names)), np.nan, dtype=np.float32)
        for place, column in enumerate(eeg_of.columns):
            self._lay(place, eeg.samples[:, column], float(eeg_of.uv_per[place]))
        self._hsi = None if hsi is None else _contact(contents[hsi.id], stream, eeg_of.columns)

    def _lay(self, place: int, samples: NDArray[Any], uv_per: float) -> None:
        """Write one channel's samples into the slots of the runs, in microvolts."""
        at = 0
        for begin, end in self.runs:
            self._uv[begin:end, place] = samples[at : at + end - begin] * uv_per
            at += end - begin

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end), uV, NaN where there was no sample."""
        return self._uv[begin:end].astype(np.float64)

    def contact(self, begin: int, end: int) -> Doubles | None:
        """The last reported contact; over more than a second, the value that held for most of it."""
        if self._hsi is None:
            return None
        stamps_s, contact = self._hsi
        rate_hz = self.timeline.rate_hz
        since, until = np.searchsorted(
            stamps_s, (self._origin_s + begin / rate_hz, self._origin_s + end / rate_hz), side="right"
        )
        held = contact[max(int(since) - 1, 0) : max(int(until), 1)]
        if end - begin <= rate_hz:
            return np.array(held[-1])
        return np.asarray(np.percentile(held, 50, axis=0, method="lower"), dtype=np.float64)


def eeg_streams(streams: tuple[Stream, ...]) -> tuple[str, ...]:
    """The names of the EEG streams."""
    return tuple(stream.name for stream in streams if stream.is_eeg)


def _span_s(streams: tuple[Stream, ...]) -> tuple[float, float]:
    """The begin of the earliest EEG on the recorder's clock, and the length until the latest (joint) end.

    The length is 0 if a clock was set back; then each recording's own length counts.
    """
    eeg = [stream for stream in streams if stream.is_eeg and math.isfinite(stream.begins_s)]
    ends_s = [stream.ends_s + (1 / stream.nominal_hz if stream.nominal_hz > 0 else 0.0) for stream in eeg]
    begins_s = min((stream.begins_s for stream in eeg), default=0.0)
    last_s = max(ends_s, default=0.0)
    end_s = min((end_s for end_s in ends_s if last_s - end_s <= _TOGETHER_S), default=0.0)
    return begins_s, max(0.0, end_s - begins_s)


def _beside(chosen: Stream, streams: tuple[Stream, ...]) -> Stream | None:
    """The stream that carries this headset's contact."""
    person, _, _ = chosen.name.rpartition(":")
    return next((stream for stream in streams if person and stream.name == f"{person}: HSI"), None)


def channels(
    streams: tuple[Stream, ...], name: str, options: RecordingOptions = PLAIN
) -> tuple[Channel, ...]:
    """Every channel of the stream `name` with its kind and electrode, in the stream's order."""
    stream = next(stream for stream in streams if stream.name == name)
    try:
        labels = labels_of(_described(stream), options.montage, name)
    except ImplantError:
        labels = stream.labels
    found = []
    for label, kind, unit in zip(labels, stream.types, stream.units, strict=True):
        site = electrode(label) if kind.upper() in {"", "EEG"} else None
        shown = "EEG" if site else kind_of(label) if kind.upper() in {"", "EEG"} else kind
        found.append(Channel(label, shown, site or "", stream.nominal_hz, unit or "uV"))
    return tuple(found)


def choose(streams: tuple[Stream, ...], wanted: str, path: Path) -> Stream:
    """The EEG stream of that name, or the only one with a name that begins so.

    Raises:
        ImplantError: no stream or several match; the text lists them.
    """
    eeg = [stream for stream in streams if stream.is_eeg]
    if not eeg:
        there = ", ".join(repr(stream.name) for stream in streams) or "none"
        raise ImplantError(f"{path} has no EEG stream (its streams: {there}); choose another recording.")
    exact = [stream for stream in eeg if stream.name == wanted]
    found = exact or [stream for stream in eeg if stream.name.lower().startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(stream.name) for stream in eeg)
    why = f"several EEG streams that begin with {wanted!r}" if wanted else f"{len(eeg)} EEG streams"
    if not found:
        why = f"no EEG stream {wanted!r}"
    raise ImplantError(f"{path} has {why}; write xdf:{path}#STREAM with one of {names}.")


def _described(stream: Stream) -> Described:
    return Described(stream.labels, stream.types, stream.units, stream.muse)


def _rate_hz(found: Timeline, nominal_hz: float) -> float:
    """The nominal rate, or the measured one if the nominal rate is wrong."""
    ok = nominal_hz > 0 and abs(found.rate_hz / nominal_hz - 1) <= _RATE_TOLERANCE
    return nominal_hz if ok else round(found.rate_hz, 2)


def _contact(hsi: Content, stream: Stream, columns: tuple[int, ...]) -> tuple[Doubles, Doubles] | None:
    """The headset's contact: stamps float64[n] and 0..1 float64[n, channels]; None without reports."""
    if not len(hsi.stamps_s) or hsi.samples.ndim != 2:  # noqa: PLR2004 - rows of channels
        return None
    contact = contact_of_hsi(hsi.samples, len(stream.labels))
    return hsi.stamps_s, contact[:, list(columns)]
