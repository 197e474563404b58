"""XDF replay: one file, several people, each an EEG stream with a name.

LabRecorder's files. Stamps are mapped to the recorder's clock by the measured offsets (pyxdf), freed of
jitter and laid into slots (`stamps`), slot 0 being the moment the first of all EEG streams began: those
recorded together stay together. A stream `<name>: HSI` beside `<name>: EEG` is that headset's contact.

Rules
- Channels are named by the stream's description; where it names none by `montage`, if that is given; a
  Muse (by the stream's name or maker) is TP9 AF7 AF8 TP10. Nothing else is guessed.
- Muse HSI: 1 good, 2 doubtful but counted, everything else no contact.
- A unit that is not named is uV, as LSL's own devices deliver it.
- A nominal rate more than 1 % beside the measured one is wrong; the measured one counts.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyxdf

from dreamedge.adapters.implants.replay import UV_PER, Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.stamps import Timeline, timeline
from dreamedge.adapters.implants.ten_twenty import electrode, kind_of
from dreamedge.core.inspection import Channel
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device

MUSE: Final = ("TP9", "AF7", "AF8", "TP10")
_CONTACT_OF_HSI: Final = {1: 1.0, 2: 0.5}
_LONGEST_S: Final = 24 * 3600.0
"""A night and a day; stamps further apart come from a clock that was set."""
_MAGICS: Final = (b"XDF:", b"\x1f\x8b")
"""Of a plain file and of one packed by gzip."""
_RATE_TOLERANCE: Final = 0.01
_NUMBERS: Final = frozenset({"float32", "double64", "float64", "int8", "int16", "int32", "int64"})


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as it stands in the file; `labels`, `types`, `units`: one text a channel, '' if unnamed."""

    name: str
    kind: str
    nominal_hz: float
    labels: tuple[str, ...]
    types: tuple[str, ...]
    units: tuple[str, ...]
    muse: bool
    stamps_s: Doubles
    samples: Doubles


class XdfImplant(Replay):
    """One EEG stream of an XDF file behind the implant port; `loop` starts it over at its end."""

    def __init__(
        self, path: Path, stream: str = "", *, montage: tuple[str, ...] = (), loop: bool = False
    ) -> None:
        """Open the stream called `stream`, or beginning so; '' where the file holds one EEG stream."""
        streams = read_streams(path)
        chosen = choose(streams, stream, path)
        taken = _Taken(chosen, streams, path, montage)
        device = Device("xdf", f"{path.name}#{chosen.name}", taken.names, taken.nominal_hz)
        super().__init__(taken, device, period_hz=taken.timeline.rate_hz, loop=loop)


class _Taken:
    """One person's EEG as a recording: samples in slots, contact at its own stamps."""

    def __init__(
        self, stream: Stream, streams: tuple[Stream, ...], path: Path, montage: tuple[str, ...]
    ) -> None:
        what = f"{path}#{stream.name}"
        if len(stream.stamps_s) < 2:  # noqa: PLR2004 - a period takes two
            raise ImplantError(f"{what} holds no samples; choose another stream.")
        columns = _columns(stream, _labels(stream, montage, what), what)
        self.names = tuple(columns)
        uv_per = np.array([_uv_per(stream, column, what) for column in columns.values()])
        self.timeline = timeline(stream.stamps_s, stream.nominal_hz)
        self.nominal_hz = _rate_hz(self.timeline, stream.nominal_hz)
        check_rate(self.nominal_hz, what)
        check_length(len(stream.stamps_s), self.timeline.rate_hz, what)
        self._origin_s = min(
            float(other.stamps_s[0]) for other in streams if _is_eeg(other) and len(other.stamps_s)
        )
        self.runs = self.timeline.runs(self._origin_s)
        self.slots = self.runs[-1][1]
        if not self.slots <= _LONGEST_S * self.timeline.rate_hz:
            hours = self.slots / self.timeline.rate_hz / 3600
            raise ImplantError(
                f"{what} spans {hours:.0f} h by its stamps, a clock was set; cut it there into two files."
            )
        self._uv = np.full((self.slots, len(columns)), np.nan, dtype=np.float32)
        kept = (stream.samples[:, list(columns.values())] * uv_per).astype(np.float32)
        at = 0
        for begin, end in self.runs:
            self._uv[begin:end] = kept[at : at + end - begin]
            at += end - begin
        self._hsi = _hsi(stream, streams, tuple(columns.values()))

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end), uV, NaN where there was no sample."""
        return self._uv[begin:end].astype(np.float64)

    def contact(self, begin: int, end: int) -> Doubles | None:
        """What was said last; over more than a second, what held for most of it."""
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


def read_streams(path: Path) -> tuple[Stream, ...]:
    """Every stream of the file, stamps on the recorder's clock; markers in words come without samples.

    Raises:
        ImplantError: the file cannot be read.
    """
    if path.is_dir():
        raise ImplantError(f"{path} is a directory; name one XDF file in it.")
    # What it warns of (rates, a missing footer) is measured here anyway.
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    try:
        # Looked at here: pyxdf leaves a foreign file open.
        with path.open("rb") as file:
            if not file.read(4).startswith(_MAGICS):
                raise ImplantError(f"{path} is no XDF file; name one that LabRecorder wrote.")  # noqa: TRY301
        raw, _ = pyxdf.load_xdf(str(path), dejitter_timestamps=False)
        streams = tuple(sorted((_stream(one) for one in raw), key=lambda stream: stream.name))
    except ImplantError:
        raise
    except FileNotFoundError:
        raise ImplantError(f"{path} is not there; check the path.") from None
    except PermissionError:
        raise ImplantError(f"{path} may not be read by this user; change its permissions.") from None
    except Exception as error:
        # pyxdf raises whatever its parser stumbles over; whose fault it is is clear: the file's.
        raise ImplantError(
            f"{path} is no XDF file that can be read ({error}); record it again or repair it."
        ) from error
    return streams


def eeg_streams(streams: tuple[Stream, ...]) -> tuple[str, ...]:
    """The names of those that are somebody's EEG."""
    return tuple(stream.name for stream in streams if _is_eeg(stream))


def channels(streams: tuple[Stream, ...], name: str, montage: tuple[str, ...] = ()) -> tuple[Channel, ...]:
    """Every channel of the stream called `name` with what it is taken for, in its order."""
    stream = next(stream for stream in streams if stream.name == name)
    try:
        labels = _labels(stream, montage, name)
    except ImplantError:
        labels = stream.labels
    found = []
    for label, kind, unit in zip(labels, stream.types, stream.units, strict=True):
        site = electrode(label) if kind.upper() in {"", "EEG"} else None
        shown = "EEG" if site else kind_of(label) if kind.upper() in {"", "EEG"} else kind
        found.append(Channel(label, shown, site or "", stream.nominal_hz, unit or "uV"))
    return tuple(found)


def _stream(raw: Mapping[str, Any]) -> Stream:
    """One stream as pyxdf gives it: every field a list of one text."""
    info = raw["info"]
    count = int(_text(info, "channel_count") or 0)
    desc = _part(info, "desc")
    described = _part(desc, "channels").get("channel") or []
    described = [one if isinstance(one, Mapping) else {} for one in described][:count]
    described += [{}] * (count - len(described))
    makers = [_text(desc, key) for key in ("manufacturer", "device", "model")]
    numbers = _text(info, "channel_format") in _NUMBERS
    samples = np.asarray(raw["time_series"], dtype=np.float64) if numbers else np.zeros((0, count))
    return Stream(
        name=_text(info, "name"),
        kind=_text(info, "type"),
        nominal_hz=float(_text(info, "nominal_srate") or 0.0),
        labels=tuple(_text(one, "label") or _text(one, "name") for one in described),
        types=tuple(_text(one, "type") for one in described),
        units=tuple(_text(one, "unit") for one in described),
        muse=any("muse" in text.lower() for text in (_text(info, "name"), *makers)),
        stamps_s=np.asarray(raw["time_stamps"], dtype=np.float64) if numbers else np.zeros(0),
        samples=samples.reshape(-1, count),
    )


def _text(node: Mapping[str, Any], key: str) -> str:
    found = node.get(key) or [""]
    return str(found[0] or "").strip() if isinstance(found[0], str) else ""


def _part(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = node.get(key) or [None]
    return found[0] if isinstance(found[0], Mapping) else {}


def _is_eeg(stream: Stream) -> bool:
    return stream.kind.upper() == "EEG" and stream.samples.shape[1] > 0


def choose(streams: tuple[Stream, ...], wanted: str, path: Path) -> Stream:
    """The EEG stream of that name, or the only one that begins so.

    Raises:
        ImplantError: there is none, or several; the text lists them.
    """
    eeg = [stream for stream in streams if _is_eeg(stream)]
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


def _labels(stream: Stream, montage: tuple[str, ...], what: str) -> tuple[str, ...]:
    """A name for every channel, '' for those that have none beside ones that do."""
    count = stream.samples.shape[1]
    if any(electrode(label) for label in stream.labels):
        return stream.labels
    if montage:
        if len(montage) != count:
            raise ImplantError(
                f"{what} has {count} channels and the montage names {len(montage)}; name each of them once."
            )
        return montage
    if stream.muse and not any(stream.labels) and count >= len(MUSE):
        return (*MUSE, *("AUX",) * (count - len(MUSE)))
    found = ", ".join(label for label in stream.labels[:8] if label) or "none"
    raise ImplantError(
        f"{what} names no electrode (its {count} labels: {found}); "
        "name them in order with --montage, for instance --montage Fp1,Fp2,O1,O2."
    )


def _columns(stream: Stream, labels: tuple[str, ...], what: str) -> dict[str, int]:
    """The EEG channels: electrode to column, each electrode once."""
    columns: dict[str, int] = {}
    for column, (label, kind) in enumerate(zip(labels, stream.types, strict=True)):
        name = electrode(label)
        if name is not None and kind.upper() in {"", "EEG"}:
            columns.setdefault(name, column)
    if not columns:
        raise ImplantError(
            f"{what} has no EEG channel with a 10-20 name ({', '.join(labels)}); "
            "name electrodes such as Fp1, C3 or O2."
        )
    return columns


def _uv_per(stream: Stream, column: int, what: str) -> float:
    unit = stream.units[column] or "uV"
    if unit.lower() not in UV_PER:
        raise ImplantError(
            f"{what} gives channel {column + 1} in {unit!r}; it must be V, mV or uV: correct its description."
        )
    return UV_PER[unit.lower()]


def _rate_hz(found: Timeline, nominal_hz: float) -> float:
    """The nominal rate, or where it is wrong the measured one."""
    ok = nominal_hz > 0 and abs(found.rate_hz / nominal_hz - 1) <= _RATE_TOLERANCE
    return nominal_hz if ok else round(found.rate_hz, 2)


def _hsi(
    stream: Stream, streams: tuple[Stream, ...], columns: tuple[int, ...]
) -> tuple[Doubles, Doubles] | None:
    """The headset's contact: stamps float64[n] and 0..1 float64[n, channels]; None where it has none."""
    person, _, _ = stream.name.rpartition(":")
    beside = [other for other in streams if person and other.name == f"{person}: HSI"]
    if not beside or not len(beside[0].stamps_s):
        return None
    hsi = beside[0].samples
    contact = np.zeros((len(hsi), stream.samples.shape[1]))
    known = min(contact.shape[1], hsi.shape[1])
    for value, worth in _CONTACT_OF_HSI.items():
        contact[:, :known][hsi[:, :known] == value] = worth
    contact[:, known:] = 1.0
    return beside[0].stamps_s, contact[:, list(columns)]
