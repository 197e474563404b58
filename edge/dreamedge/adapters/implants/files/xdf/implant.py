"""XDF replay: one file, several sleepers, each an EEG stream with a name.

The files are LabRecorder's. Stamps are converted to the recorder's clock by the measured offsets (pyxdf),
dejittered and put into slots (`timeline`). Slot 0 is the moment when the first of all EEG streams
began, so sleepers recorded together stay together. A stream `<name>: HSI` beside `<name>: EEG` carries that
headset's contact. A bed keeps only these two streams of the file (`streams`), and of the EEG only the
channels that are electrodes.

Rules
- A turn of a loop lasts from the first sample of any EEG stream to the last of any, the same for all beds.
  Where several streams end within a second of one another, the first of these ends counts.
- Channels, units and contact are read as those of a live stream are, see `stream_channels`.
- A nominal rate that differs from the measured one by more than 2 % is refused.
- Stamps are repaired or refused first, see `stamp_faults`. An unreadable stream is left out and named.
- Streams whose stamps are more than a day apart are on different clocks. Each clock's streams have a slot 0
  and a turn of their own, and a note says so. `align=start` plays every stream from its own beginning.
- Text streams are marks, in seconds from slot 0.

Several people of one stream, told apart by its labels, have numbers: `STREAM#1`, `STREAM#2`; in a file with
one stream, `1` and `2`. A stream is addressed by its name or the beginning of it, by `NAME@HOST`, or by
`KEY=VALUE,...` with id, name, type, source_id and hostname.
"""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.channel_soundness import sound_channels
from dreamedge.adapters.implants.files.rate_checks import check_span
from dreamedge.adapters.implants.files.replay import Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.files.stream_channels import Described, people_labels, take
from dreamedge.adapters.implants.files.xdf.address import choose, stream_and_person, title
from dreamedge.adapters.implants.files.xdf.contact_reports import CONTACT, contact_reports
from dreamedge.adapters.implants.files.xdf.stamp_faults import leaps, repair
from dreamedge.adapters.implants.files.xdf.streams import (
    LEFT_OUT,
    Content,
    Stream,
    read_contents,
    read_index,
)
from dreamedge.adapters.implants.files.xdf.timeline import Timeline, lost_packets, timeline
from dreamedge.adapters.implants.people_in_labels import OTHERS
from dreamedge.adapters.implants.recording_options import PLAIN, START, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import kind_of
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.quality import RATE
from dreamedge.core.signal.recording_facts import ALIGNMENT, Mark, Note
from dreamedge.core.signal.sampling.rate_judgement import RATE_OUT, RateJudgement, held_share
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device

_LOST_TOLD: Final = 0.001
LOST: Final = "lost"
_LONGEST_S: Final = 24 * 3600.0
"""A night and a day. Stamps further apart come from a clock that was set."""
_UNIX_S: Final = (1e9, 4e9)
"""Stamps between these are seconds since 1970; LSL counts from a machine's start."""
_TOGETHER_S: Final = 1.0
"""Recorders close their streams one after the other: ends this close are one end, the first of them."""


class XdfImplant(Replay):
    """One EEG stream of an XDF file behind the implant port; `options.loop` restarts it at its end."""

    def __init__(self, path: Path, stream: str = "", *, options: RecordingOptions = PLAIN) -> None:
        """Open the stream whose name is or begins with `stream`; '' if the file holds one EEG stream."""
        streams, notes = read_index(path)
        name, person = stream_and_person(streams, stream)
        chosen = choose(streams, name, path, notes)
        address = title(chosen, streams)
        begins_s, turn_s, alone = _placed(chosen, streams, options.align)
        taken = _Taken(chosen, _beside(chosen, streams), begins_s, f"{path}#{address}", person, path, options)
        empty = _empty(path, streams)
        marks, unread = _marks(path, streams, begins_s)
        shown = f"{path.name}#{address}{f'#{person}' if person else ''}"
        device = Device("xdf", shown, taken.names, taken.nominal_hz)
        super().__init__(
            taken,
            device,
            period_hz=taken.timeline.rate_hz,
            turn_s=turn_s,
            loop=options.loop,
            notes=(*notes, *empty, *unread, *taken.notes, *alone),
            marks=marks,
        )


class _Taken:
    """One sleeper's EEG as a recording from `origin_s` on: samples in slots, contact at its own stamps."""

    def __init__(
        self,
        stream: Stream,
        hsi: Stream | None,
        origin_s: float,
        address: str,
        person: str,
        path: Path,
        options: RecordingOptions,
    ) -> None:
        what = f"{path}#{stream.name}"
        eeg_of = take(described(stream), options.montage, what, options.unit, person, address)
        if not math.isfinite(stream.begins_s):
            raise ImplantError(f"{what} holds no samples; choose another stream.")
        eeg, reports, unread = _read(path, stream, hsi)
        if not len(eeg.stamps_s) > 1:
            raise ImplantError(f"{what} holds no samples; choose another stream.")
        sound = repair(eeg.stamps_s, stream.nominal_hz, what)
        samples = eeg.samples if sound.order is None else eeg.samples[sound.order]
        self.timeline = timeline(sound.stamps_s, stream.nominal_hz, eeg.resets)
        filled = samples[:, [column for column in eeg_of.columns if np.isfinite(samples[:, column]).any()]]
        held = _check_nominal(self.timeline, stream.nominal_hz, filled, sound.stamps_s, what)
        ahead = leaps(sound.stamps_s, filled, self.timeline.rate_hz, what)
        self.nominal_hz = stream.nominal_hz if stream.nominal_hz > 0 else round(self.timeline.rate_hz, 2)
        check_rate(self.nominal_hz, what)
        check_length(len(eeg.stamps_s), self.timeline.rate_hz, what)
        check_span(self.timeline.begins_s, self.timeline.counts, self.timeline.rate_hz, what)
        self._origin_s = origin_s
        self.runs = self.timeline.runs(origin_s)
        self.slots = self.runs[-1][1]
        if not self.slots <= _LONGEST_S * self.timeline.rate_hz:
            hours = self.slots / self.timeline.rate_hz / 3600
            raise ImplantError(
                f"{what} ends {hours:.0f} h after the first stream of its file began, and a replay takes "
                f"{_LONGEST_S / 3600:.0f} h at most; --align start plays it from its own beginning."
            )
        self._uv = np.full((self.slots, len(eeg_of.columns)), np.nan, dtype=np.float32)
        for place, column in enumerate(eeg_of.columns):
            self._lay(place, samples[:, column], float(eeg_of.uv_per[place]))
        channels = sound_channels(
            self, self.timeline.rate_hz, eeg_of.labels, eeg_of.units, options.unit, what
        )
        self.names = channels.playing(eeg_of.names)
        if len(channels.places) < len(eeg_of.columns) or (channels.factors != 1.0).any():
            self._uv = self._uv[:, list(channels.places)] * channels.factors.astype(np.float32)
        empty = self._leave_empty_rows(what)
        self._hsi, silent = contact_reports(
            reports, sound.stamps_s, channels.playing(eeg_of.columns), self.names
        )
        self.notes = (
            *eeg.notes,
            *sound.notes,
            *ahead,
            *held,
            *eeg_of.notes,
            *channels.notes,
            *unread,
            *silent,
            *empty,
        )

    def _leave_empty_rows(self, what: str) -> tuple[Note, ...]:
        """Make gaps of rows without any number, as senders mark lost packets; a note if there are some."""
        filled = ~np.isnan(self._uv).all(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8)))
        before = sum(end - begin for begin, end in self.runs)
        self.runs = tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
        lost = before - int(filled.sum())
        if not lost:
            return ()
        share = 100 * lost / before
        return (Note(LOST, f"{what} has {lost} rows without a number ({share:.1f} %); they are gaps."),)

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


def _read(path: Path, stream: Stream, hsi: Stream | None) -> tuple[Content, Content | None, tuple[Note, ...]]:
    """The EEG, and the reports of its contact; a note if these cannot be read, which costs no EEG."""
    if hsi is not None:
        try:
            contents = read_contents(path, [stream.id, hsi.id])
            return contents[stream.id], contents[hsi.id], ()
        except ImplantError as refusal:
            unread = (Note(CONTACT, f"The contact stream {hsi.name!r} is left out: {refusal}"),)
            return read_contents(path, [stream.id])[stream.id], None, unread
    return read_contents(path, [stream.id])[stream.id], None, ()


def _placed(chosen: Stream, streams: tuple[Stream, ...], align: str) -> tuple[float, float, tuple[Note, ...]]:
    """Slot 0 on the recorder's clock, the length of a turn, and a note if other streams have another clock.

    The turn is 0 if a clock was set back; then each recording's own length counts.
    """
    eeg = [stream for stream in streams if stream.is_eeg and stream.begun]
    eeg += [] if chosen in eeg or not chosen.begun else [chosen]
    if align == START:
        return chosen.begins_s, max((_end_s(one) - one.begins_s for one in eeg), default=0.0), ()
    near = [one for one in eeg if abs(one.begins_s - chosen.begins_s) <= _LONGEST_S]
    far = [one for one in eeg if one not in near]
    ends_s = [_end_s(one) for one in near]
    begins_s = min((one.begins_s for one in near), default=0.0)
    last_s = max(ends_s, default=0.0)
    end_s = min((end_s for end_s in ends_s if last_s - end_s <= _TOGETHER_S), default=0.0)
    notes: tuple[Note, ...] = ()
    if far:
        others = ", ".join(f"{title(one, streams)!r} ({_clock(one)})" for one in far)
        notes = (
            Note(
                ALIGNMENT,
                f"{title(chosen, streams)!r} has stamps of another clock ({_clock(chosen)}) than {others}, "
                "so it is not aligned to them; --align start plays all from their own beginnings.",
            ),
        )
    return begins_s, max(0.0, end_s - begins_s), notes


def _empty(path: Path, streams: tuple[Stream, ...]) -> tuple[Note, ...]:
    """A note on each EEG stream without samples."""
    return tuple(
        Note(LEFT_OUT, f"{path}#{title(one, streams)} is left out: it holds no samples.")
        for one in streams
        if one.is_eeg and not one.begun
    )


def _end_s(stream: Stream) -> float:
    return stream.ends_s + (1 / stream.nominal_hz if stream.nominal_hz > 0 else 0.0)


def _clock(stream: Stream) -> str:
    low, high = _UNIX_S
    kind = "Unix time" if low < stream.begins_s < high else "LSL's clock"
    return f"{kind}, from {stream.begins_s:.1f} s"


def _marks(
    path: Path, streams: tuple[Stream, ...], begins_s: float
) -> tuple[tuple[Mark, ...], tuple[Note, ...]]:
    """The text streams' samples as marks in order, and a note if they cannot be read."""
    ids = [stream.id for stream in streams if not stream.numeric]
    if not ids:
        return (), ()
    try:
        contents = read_contents(path, ids)
    except ImplantError as refusal:
        return (), (Note(LEFT_OUT, f"Its marks are left out: {refusal}"),)
    found = [
        Mark(float(stamp_s) - begins_s, 0.0, text)
        for content in contents.values()
        for stamp_s, text in zip(content.stamps_s, content.texts, strict=True)
        if text and math.isfinite(float(stamp_s))
    ]
    return tuple(sorted(found, key=lambda mark: mark.at_s)), ()


def _beside(chosen: Stream, streams: tuple[Stream, ...]) -> Stream | None:
    """The stream that carries this headset's contact."""
    person, _, _ = chosen.name.rpartition(":")
    return next((stream for stream in streams if person and stream.name == f"{person}: HSI"), None)


def channels(stream: Stream, options: RecordingOptions = PLAIN, person: str = "") -> tuple[Channel, ...]:
    """Every channel of the stream with its kind and electrode, in the stream's order.

    person: the number of one of several people, '' of a stream with one.
    """
    labels = people_labels(described(stream), options.montage)
    try:
        taken = take(described(stream), options.montage, stream.name, options.unit, person)
        sites = dict(zip(taken.columns, taken.names, strict=True))
        named = dict(zip(taken.columns, taken.labels, strict=True))
        labels = tuple(named.get(n, label) for n, label in enumerate(labels))
        others = taken.others
    except ImplantError:
        sites, others = {}, ()
    found = []
    for n, (label, kind, unit) in enumerate(zip(labels, stream.types, stream.units, strict=True)):
        own = kind_of(label) if kind.upper() in {"", "EEG"} else kind
        shown = "EEG" if n in sites else OTHERS if n in others else own
        found.append(Channel(label, shown, sites.get(n, ""), stream.nominal_hz, unit or "uV"))
    return tuple(found)


def described(stream: Stream) -> Described:
    """The channels of the stream."""
    return Described(stream.labels, stream.types, stream.units, stream.muse)


def _check_nominal(
    found: Timeline, nominal_hz: float, samples: NDArray[Any], stamps_s: Doubles, what: str
) -> tuple[Note, ...]:
    """Notes on held and on lost samples, if there are many.

    Raises:
        ImplantError: the nominal rate is not the measured one, or packets are lost that make it wrong.
    """
    lost, longest_s = lost_packets(stamps_s, nominal_hz)
    share = lost / (lost + len(stamps_s))
    told = (
        f"{what} lost {lost} samples ({100 * share:.1f} %) in packets of up to {1000 * longest_s:.0f} ms, "
        "as its stamps show"
    )
    judged = RateJudgement(nominal_hz, found.rate_hz, held_share(samples, found.rate_hz))
    refusal = judged.refusal(what) if nominal_hz > 0 else ""
    if refusal and share > RATE_OUT:
        raise ImplantError(
            f"{told}; a replay takes {100 * RATE_OUT:.0f} % at most: "
            "record it again with the receiver nearer, or cut out the stretch without losses.",
            RATE,
        )
    if refusal:
        raise ImplantError(refusal, RATE)
    held = judged.held_sentence
    notes = (Note("held", f"{what} repeats samples: {held}."),) if held else ()
    if not share > _LOST_TOLD:
        return notes
    return (*notes, Note(LOST, f"{told}; gaps as short as these are closed."))
