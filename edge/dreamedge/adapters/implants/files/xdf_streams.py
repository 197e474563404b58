"""The streams of an XDF file with their begins and ends, and the samples of chosen ones.

pyxdf takes a second for every two minutes that four headsets recorded, sample by sample, and keeps all of it:
a night of a ward could not be opened. So the file is scanned once, chunk by chunk. Of each EEG stream the
first and the last samples are kept beside the descriptions and the clock measurements. That excerpt is itself
a small XDF file, which pyxdf reads like any other. A bed then loads only the streams it needs.

A stamp may be omitted where it follows from the one before. The last samples are therefore those since the
last chunk that begins with a stamp. A truncated or damaged file has no excerpt: pyxdf, which can
resynchronise in one, reads it whole.
"""

import gzip
import io
import logging
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import numpy as np
import pyxdf
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.replay import Doubles
from dreamedge.ports.implant import ImplantError

_PLAIN: Final = b"XDF:"
_PACKED: Final = b"\x1f\x8b"
_NUMBERS: Final = frozenset({"float32", "double64", "float64", "int8", "int16", "int32", "int64"})
_EEG: Final = re.compile(rb"<type>\s*EEG\s*</type>", re.IGNORECASE)
_FILE_HEADER, _STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _BOUNDARY, _STREAM_FOOTER = range(1, 7)
_OF_A_STREAM: Final = frozenset({_STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _STREAM_FOOTER})
_DESCRIBING: Final = frozenset({_FILE_HEADER, _STREAM_HEADER, _CLOCK_OFFSET})
_UNREADABLE: Final = (EOFError, OSError, struct.error, KeyError)
_FORMS: Final = {1: "<B", 4: "<I", 8: "<Q"}


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

    @property
    def is_eeg(self) -> bool:
        """Whether the stream is EEG with at least one channel."""
        return self.kind.upper() == "EEG" and bool(self.labels)


@dataclass(frozen=True, slots=True)
class Content:
    """Stamps in s on the recorder's clock, float64[n], and samples [n, channels] as in the file."""

    stamps_s: Doubles
    samples: NDArray[Any]


def read_streams(path: Path) -> tuple[Stream, ...]:
    """Every stream of the file without its samples, ordered by name.

    Raises:
        ImplantError: the file cannot be read.
    """
    with _in_a_sentence(path):
        with _opened(path) as file:
            excerpt = _excerpt(file)
        raw = _load(path if excerpt is None else io.BytesIO(excerpt))
        return tuple(sorted((_stream(one) for one in raw), key=lambda stream: stream.name))


def read_contents(path: Path, ids: list[int]) -> dict[int, Content]:
    """The samples of these streams, by stream id.

    Raises:
        ImplantError: the file cannot be read.
    """
    with _in_a_sentence(path):
        return {
            int(raw["info"]["stream_id"]): Content(
                np.asarray(raw["time_stamps"], dtype=np.float64), np.asarray(raw["time_series"])
            )
            for raw in _load(path, ids)
        }


@contextmanager
def _in_a_sentence(path: Path) -> Iterator[None]:
    """Convert every error of the file into an ImplantError."""
    if path.is_dir():
        raise ImplantError(f"{path} is a directory; name one XDF file in it.")
    try:
        yield
    except ImplantError:
        raise
    except FileNotFoundError:
        raise ImplantError(f"{path} does not exist; check the path.") from None
    except PermissionError:
        raise ImplantError(f"{path} may not be read by this user; change its permissions.") from None
    except Exception as error:
        # pyxdf raises whatever its parser runs into. The cause is always the file.
        raise ImplantError(
            f"{path} is not a readable XDF file ({error}); record it again or repair it."
        ) from error


def _load(source: Path | IO[bytes], ids: list[int] | None = None) -> list[dict[str, Any]]:
    """Streams as pyxdf reads them, on the recorder's clock, with their jitter."""
    # Its warnings (rates, a missing footer) concern values that are measured here anyway.
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    name = str(source) if isinstance(source, Path) else source
    raw: list[dict[str, Any]]
    raw, _ = pyxdf.load_xdf(name, select_streams=ids, dejitter_timestamps=False)
    return raw


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file after its first four bytes, decompressed if it is compressed."""
    # Opened here because pyxdf leaves a foreign file open.
    with path.open("rb") as whole:
        packed = whole.read(2) == _PACKED
        whole.seek(0)
        with gzip.open(whole) if packed else nullcontext(whole) as file:
            if file.read(4) != _PLAIN:
                raise ImplantError(f"{path} is not an XDF file; name one that LabRecorder wrote.")
            yield cast("IO[bytes]", file)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk's begin in the file, its full length, its tag and its stream."""

    begin: int
    length: int
    tag: int
    stream: int


def _excerpt(file: IO[bytes]) -> bytes | None:
    """Headers, clock offsets, and the first and last samples of each EEG stream; None if unreliable."""
    kept: list[_Chunk] = []
    first: dict[int, list[_Chunk]] = {}
    last: dict[int, list[_Chunk]] = {}
    try:
        while (chunk := _next_chunk(file)) is not None:
            if chunk.tag == _STREAM_HEADER and _EEG.search(_content(file, chunk)):
                first[chunk.stream], last[chunk.stream] = [], []
            if chunk.tag in _DESCRIBING:
                kept.append(chunk)
            elif chunk.tag == _SAMPLES and chunk.stream in first:
                _keep_ends(file, chunk, first[chunk.stream], last[chunk.stream])
            _skip(file, chunk)
        kept += [chunk for chunks in (*first.values(), *last.values()) for chunk in chunks]
        return _PLAIN + b"".join(_content(file, chunk) for chunk in sorted(kept, key=lambda one: one.begin))
    except _UNREADABLE:
        return None


def _keep_ends(file: IO[bytes], chunk: _Chunk, first: list[_Chunk], last: list[_Chunk]) -> None:
    """Keep samples that are a stream's first, or its last so far; an empty chunk is neither."""
    if _number(file) == 0:
        return
    if not first:
        first.append(chunk)
        return
    if file.read(1) != b"\0":
        last.clear()
    last.append(chunk)


def _next_chunk(file: IO[bytes]) -> _Chunk | None:
    """The chunk that begins here; the file is left after its tag and stream. None at the end."""
    begin = file.tell()
    if not file.read(1):
        return None
    file.seek(begin)
    length = _number(file)
    content = file.tell()
    (tag,) = struct.unpack("<H", file.read(2))
    if not _FILE_HEADER <= tag <= _STREAM_FOOTER:
        raise EOFError
    (stream,) = struct.unpack("<I", file.read(4)) if tag in _OF_A_STREAM else (0,)
    return _Chunk(begin, content + length - begin, tag, stream)


def _number(file: IO[bytes]) -> int:
    """A number that is preceded by its own width."""
    (width,) = struct.unpack("<B", file.read(1))
    (number,) = struct.unpack(_FORMS[width], file.read(width))
    return int(number)


def _skip(file: IO[bytes], chunk: _Chunk) -> None:
    """Go to the chunk's end; raise EOFError if the file ends before it."""
    file.seek(chunk.begin + chunk.length - 1)
    if len(file.read(1)) != 1:
        raise EOFError


def _content(file: IO[bytes], chunk: _Chunk) -> bytes:
    """The whole chunk, with its length and tag."""
    file.seek(chunk.begin)
    content = file.read(chunk.length)
    if len(content) != chunk.length:
        raise EOFError
    return content


def _stream(raw: Mapping[str, Any]) -> Stream:
    """One stream as pyxdf delivers it: every field is a list of one text."""
    info = raw["info"]
    count = int(_text(info, "channel_count") or 0)
    desc = _part(info, "desc")
    described = _part(desc, "channels").get("channel") or []
    described = [one if isinstance(one, Mapping) else {} for one in described][:count]
    described += [{}] * (count - len(described))
    makers = [_text(desc, key) for key in ("manufacturer", "device", "model")]
    numbers = _text(info, "channel_format") in _NUMBERS and len(raw["time_stamps"]) > 0
    return Stream(
        id=int(info["stream_id"]),
        name=_text(info, "name"),
        kind=_text(info, "type"),
        nominal_hz=float(_text(info, "nominal_srate") or 0.0),
        labels=tuple(_text(one, "label") or _text(one, "name") for one in described),
        types=tuple(_text(one, "type") for one in described),
        units=tuple(_text(one, "unit") for one in described),
        muse=any("muse" in text.lower() for text in (_text(info, "name"), *makers)),
        begins_s=float(raw["time_stamps"][0]) if numbers else float("nan"),
        ends_s=float(raw["time_stamps"][-1]) if numbers else float("nan"),
    )


def _text(node: Mapping[str, Any], key: str) -> str:
    found = node.get(key) or [""]
    return str(found[0] or "").strip() if isinstance(found[0], str) else ""


def _part(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = node.get(key) or [None]
    return found[0] if isinstance(found[0], Mapping) else {}
