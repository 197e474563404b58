"""The streams of an XDF file with their begins and ends, and the samples of chosen ones.

pyxdf takes a second for every two minutes that four headsets recorded, sample by sample, and keeps all of it:
a night of a ward could not be opened. So the file is scanned once, chunk by chunk. Of each EEG stream the
first and the last samples are kept beside the descriptions and the clock measurements. That excerpt is itself
a small XDF file, which pyxdf reads like any other. A bed then loads only the streams it needs.

A stamp may be omitted where it follows from the one before. The last samples are therefore those since the
last chunk that begins with a stamp, and at least 64. A truncated or damaged file has no excerpt: pyxdf, which
can resynchronise in one, reads it whole.

A stream whose header cannot be read is left out and named; its chunks are passed over. Stamps are converted
to the recorder's clock by `clock_offsets`.
"""

import gzip
import io
import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import numpy as np
import pyxdf
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.replay import Doubles
from dreamedge.adapters.implants.files.xdf.clock_offsets import on_recorder, sound
from dreamedge.adapters.implants.files.xdf.scan import ENDS, NUMBERS, PLAIN, scan_file
from dreamedge.adapters.implants.ten_twenty import electrode
from dreamedge.adapters.implants.unreadable_file import opening
from dreamedge.core.signal.recording_facts import Note
from dreamedge.ports.implant import ImplantError

_PACKED: Final = b"\x1f\x8b"
_KINDS: Final = frozenset({"EXG", "SIGNAL"})
"""Types that some senders declare for EEG; such a stream is EEG if it names an electrode."""
_NEAR_S: Final = 5.0
LEFT_OUT: Final = "left-out"
"""The code of a note about a stream that cannot be read."""
CLOCK: Final = "clock"
"""The code of a note about the measured clock offsets."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream's own description; `labels`, `types`, `units`: one text per channel, '' if unnamed.

    begins_s, ends_s: its first and last stamp on the recorder's clock, NaN if it has no numeric samples.
    """

    id: int
    name: str
    kind: str
    nominal_hz: float
    labels: tuple[str, ...]
    types: tuple[str, ...]
    units: tuple[str, ...]
    muse: bool
    begins_s: float
    ends_s: float
    source_id: str = ""
    host: str = ""
    numeric: bool = True

    @property
    def is_eeg(self) -> bool:
        """Whether the stream declares EEG, or a signal with an electrode, with at least one channel."""
        kind = self.kind.upper()
        return bool(self.labels) and (
            kind == "EEG" or (kind in _KINDS and any(electrode(label) for label in self.labels))
        )

    @property
    def begun(self) -> bool:
        """Whether it holds samples that are numbers."""
        return math.isfinite(self.begins_s)


@dataclass(frozen=True, slots=True)
class Content:
    """Stamps in s on the recorder's clock, float64[n], and samples [n, channels] as in the file.

    texts: a text stream's samples instead. resets: the samples at which the stream's clock was reset.
    """

    stamps_s: Doubles
    samples: NDArray[Any]
    texts: tuple[str, ...] = ()
    resets: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()


def read_index(path: Path) -> tuple[tuple[Stream, ...], tuple[Note, ...]]:
    """Every readable stream without its samples, ordered by name, and a note on each that is left out.

    Raises:
        ImplantError: the file cannot be read.
    """
    with _in_a_sentence(path):
        with _opened(path) as file:
            scan = scan_file(file)
        notes = [Note(LEFT_OUT, sentence) for sentence in scan.broken.values()]
        raw: list[dict[str, Any]] = []
        if not scan.whole:
            raw = _load(path, scan.readable if scan.broken else None)
        else:
            for number, excerpt in scan.excerpts.items():
                try:
                    raw += _load(io.BytesIO(excerpt))
                except Exception as error:  # noqa: BLE001 - pyxdf raises whatever its parser runs into
                    notes.append(Note(LEFT_OUT, f"{path}: stream {number} cannot be read ({error})."))
        streams = tuple(sorted((_stream(one) for one in raw), key=lambda stream: (stream.name, stream.id)))
        return streams, tuple(notes)


def read_contents(path: Path, ids: list[int]) -> dict[int, Content]:
    """The samples of these streams, by stream id.

    Raises:
        ImplantError: the file cannot be read.
    """
    with _in_a_sentence(path):
        return {int(raw["info"]["stream_id"]): _content_of(raw, path) for raw in _load(path, ids)}


def _content_of(raw: Mapping[str, Any], path: Path) -> Content:
    """A stream's samples, without those that its footer and a false last offset deny."""
    stamps_s, samples = np.asarray(raw["time_stamps"], dtype=np.float64), raw["time_series"]
    what = f"{path}#{_text(raw['info'], 'name')}"
    times_s, values_s, dropped = _offsets(raw)
    notes = []
    if dropped:
        at_s, value_s = dropped[-1]
        notes.append(
            Note(
                CLOCK,
                f"{what} has false clock offsets: {len(dropped)} ({value_s:.3f} s, measured at {at_s:.1f} s, "
                "denied by the others); they are not used.",
            )
        )
        footer = raw.get("footer") or {}
        count = _text(footer.get("info") or {}, "sample_count")
        if count.isdecimal() and int(count) < len(stamps_s):
            stamps_s, samples = stamps_s[: int(count)], samples[: int(count)]
    moved_s, resets = on_recorder(stamps_s, times_s, values_s)
    texts: tuple[str, ...] = ()
    if isinstance(samples, list):
        texts = tuple(" ".join(str(text) for text in row if text) for row in samples)
        samples = np.zeros((len(texts), 0))
    return Content(moved_s, np.asarray(samples), texts, resets, tuple(notes))


def _offsets(raw: Mapping[str, Any]) -> tuple[Doubles, Doubles, list[tuple[float, float]]]:
    """Instants and values of the true clock offsets, and the false ones."""
    times_s = np.asarray(raw["clock_times"], dtype=np.float64)
    values_s = np.asarray(raw["clock_values"], dtype=np.float64)
    true = sound(times_s, values_s)
    false = list(zip(times_s[~true].tolist(), values_s[~true].tolist(), strict=True))
    return times_s[true], values_s[true], false


@contextmanager
def _in_a_sentence(path: Path) -> Iterator[None]:
    """Convert every error of the file into an ImplantError."""
    with opening(path, "XDF"):
        path.open("rb").close()
    try:
        yield
    except ImplantError:
        raise
    except Exception as error:
        # pyxdf raises whatever its parser runs into. The cause is always the file.
        raise ImplantError(
            f"{path} is not a readable XDF file ({error}); record it again or repair it."
        ) from error


def _load(source: Path | IO[bytes], ids: list[int] | None = None) -> list[dict[str, Any]]:
    """Streams as pyxdf reads them, on their own clocks, with their jitter."""
    # Its warnings (rates, a missing footer) concern values that are measured here anyway.
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    name = str(source) if isinstance(source, Path) else source
    raw: list[dict[str, Any]]
    raw, _ = pyxdf.load_xdf(name, select_streams=ids, synchronize_clocks=False, dejitter_timestamps=False)
    return raw


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file after its first four bytes, decompressed if it is compressed."""
    # Opened here because pyxdf leaves a foreign file open.
    with path.open("rb") as whole:
        packed = whole.read(2) == _PACKED
        whole.seek(0)
        with gzip.open(whole) if packed else nullcontext(whole) as file:
            if file.read(4) != PLAIN:
                raise ImplantError(f"{path} is not an XDF file; name one that LabRecorder wrote.")
            yield cast("IO[bytes]", file)


def _stream(raw: Mapping[str, Any]) -> Stream:
    """One stream as pyxdf delivers it: every field is a list of one text."""
    info = raw["info"]
    count = int(_text(info, "channel_count") or 0)
    desc = _part(info, "desc")
    described = _part(desc, "channels").get("channel") or []
    described = [one if isinstance(one, Mapping) else {} for one in described][:count]
    described += [{}] * (count - len(described))
    makers = [_text(desc, key) for key in ("manufacturer", "device", "model")]
    numeric = _text(info, "channel_format") in NUMBERS
    begins_s, ends_s = _reach(raw) if numeric else (math.nan, math.nan)
    return Stream(
        id=int(info["stream_id"]),
        name=_text(info, "name"),
        kind=_text(info, "type"),
        nominal_hz=float(_text(info, "nominal_srate") or 0.0),
        labels=tuple(_text(one, "label") or _text(one, "name") for one in described),
        types=tuple(_text(one, "type") for one in described),
        units=tuple(_text(one, "unit") for one in described),
        muse=any("muse" in text.lower() for text in (_text(info, "name"), *makers)),
        begins_s=begins_s,
        ends_s=ends_s,
        source_id=_text(info, "source_id"),
        host=_text(info, "hostname"),
        numeric=numeric,
    )


def _reach(raw: Mapping[str, Any]) -> tuple[float, float]:
    """The first and last instant on the recorder's clock; stray stamps at either end are passed over."""
    times_s, values_s, _ = _offsets(raw)
    stamps_s, _ = on_recorder(np.asarray(raw["time_stamps"], dtype=np.float64), times_s, values_s)
    stamps_s = stamps_s[np.isfinite(stamps_s)]
    if not len(stamps_s):
        return math.nan, math.nan
    first, last = stamps_s[:ENDS], stamps_s[-ENDS:]
    return (
        float(first[np.abs(first - np.median(first)) <= _NEAR_S].min(initial=np.median(first))),
        float(last[np.abs(last - np.median(last)) <= _NEAR_S].max(initial=np.median(last))),
    )


def _text(node: Mapping[str, Any], key: str) -> str:
    found = node.get(key) or [""]
    return str(found[0] or "").strip() if isinstance(found[0], str) else ""


def _part(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = node.get(key) or [None]
    return found[0] if isinstance(found[0], Mapping) else {}
