"""One pass over an XDF file: its chunks, its readable streams, and a small excerpt of each.

An excerpt holds a stream's header, clock offsets, footer, and its first and last samples. It is itself an XDF
file. A stream whose header cannot be read has none; it is named with the byte at which the header begins.
"""

import re
import struct
from dataclasses import dataclass, field
from typing import IO, Final
from xml.etree.ElementTree import ParseError, fromstring

PLAIN: Final = b"XDF:"
NUMBERS: Final = frozenset({"float32", "double64", "float64", "int8", "int16", "int32", "int64"})
_FORMATS: Final = NUMBERS | {"string"}
ENDS: Final = 64
"""Samples kept of a stream's beginning, and of its end."""
_NAME: Final = re.compile(r"<name>([^<]*)</name>")
_FILE_HEADER, _STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _BOUNDARY, _STREAM_FOOTER = range(1, 7)
_OF_A_STREAM: Final = frozenset({_STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _STREAM_FOOTER})
_DESCRIBING: Final = frozenset({_FILE_HEADER, _STREAM_HEADER, _CLOCK_OFFSET, _STREAM_FOOTER})
_UNREADABLE: Final = (EOFError, OSError, struct.error, KeyError)
_TAG_AND_STREAM: Final = 6
_STAMP_BYTES: Final = frozenset({0, 8})
_FORMS: Final = {1: "<B", 4: "<I", 8: "<Q"}


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk's begin in the file, its full length, its tag and its stream."""

    begin: int
    length: int
    tag: int
    stream: int


@dataclass(slots=True)
class _Ends:
    """The chunks of a stream's beginning and of its end so far; the latter in groups of stamped chunks.

    name, channels, width: the stream's by its header; width: the bytes of one number.
    """

    name: str = ""
    channels: int = 0
    width: int = 0
    first: list[_Chunk] = field(default_factory=list)
    kept: int = 0
    last: list[tuple[int, list[_Chunk]]] = field(default_factory=list)


@dataclass(slots=True)
class Scan:
    """The contents of a file: an excerpt per readable stream, and a sentence for each that is not."""

    excerpts: dict[int, bytes]
    readable: list[int]
    broken: dict[int, str]
    whole: bool


def scan_file(file: IO[bytes]) -> Scan:
    """Read every chunk's header, and keep the descriptions and the ends of numeric streams."""
    kept: dict[int, list[_Chunk]] = {}
    ends: dict[int, _Ends] = {}
    scan = Scan({}, [], {}, whole=False)
    header = b""
    try:
        while (chunk := _next_chunk(file)) is not None:
            if chunk.tag == _FILE_HEADER:
                header = _content(file, chunk)
            elif chunk.tag == _STREAM_HEADER:
                _admit(_content(file, chunk), chunk, scan, kept, ends)
            if chunk.stream in kept and chunk.tag in _DESCRIBING:
                kept[chunk.stream].append(chunk)
            elif chunk.tag == _SAMPLES and chunk.stream in ends:
                _keep_ends(file, chunk, ends[chunk.stream])
                if ends[chunk.stream].first == [chunk] and not _fits(file, chunk, ends[chunk.stream]):
                    _leave_out(chunk, ends.pop(chunk.stream), scan, kept)
            _skip(file, chunk)
        for number, chunks in kept.items():
            found = ends.get(number, _Ends())
            rest = [one for _, group in found.last for one in group]
            ordered = sorted((*chunks, *found.first, *rest), key=lambda one: one.begin)
            scan.excerpts[number] = PLAIN + header + b"".join(_content(file, one) for one in ordered)
        scan.whole = True
    except _UNREADABLE:
        scan.whole = False
    return scan


def _admit(
    content: bytes, chunk: _Chunk, scan: Scan, kept: dict[int, list[_Chunk]], ends: dict[int, _Ends]
) -> None:
    """Take a stream whose header can be read; name one whose header cannot."""
    info = None
    text = content[content.index(b"<") :].decode("utf-8", "replace") if b"<" in content else ""
    try:
        info = fromstring(text)  # noqa: S314 - the header of a local recording; pyxdf parses it the same way
        kind = (info.findtext("channel_format") or "").strip()
        sane = info.find("name") is not None and kind in _FORMATS
        sane = sane and int(info.findtext("channel_count") or 0) >= 0
        float(info.findtext("nominal_srate") or 0.0)
        why = "" if sane else f"its format is {kind!r}"
    except (ParseError, ValueError) as error:
        kind, why = "", str(error)
    if info is None or why:
        named = _NAME.search(text)
        name = f" ({named[1]!r})" if named else ""
        scan.broken[chunk.stream] = (
            f"Stream {chunk.stream}{name} is left out: its header, at byte {chunk.begin}, "
            f"cannot be read ({why}); the other streams play."
        )
        return
    scan.readable.append(chunk.stream)
    kept[chunk.stream] = []
    if kind in NUMBERS:
        bits = next(int(end) for end in ("64", "32", "16", "8") if kind.endswith(end))
        ends[chunk.stream] = _Ends(
            info.findtext("name") or "", int(info.findtext("channel_count") or 0), bits // 8
        )


def _fits(file: IO[bytes], chunk: _Chunk, ends: _Ends) -> bool:
    """Whether a chunk of samples is filled by whole rows of the header's channels."""
    file.seek(chunk.begin)
    _number(file)
    file.seek(_TAG_AND_STREAM, 1)
    count = _number(file)
    content = file.read(chunk.begin + chunk.length - file.tell())
    at = 0
    for _ in range(count):
        if at >= len(content) or content[at] not in _STAMP_BYTES:
            return False
        at += 1 + content[at] + ends.channels * ends.width
    return at == len(content)


def _leave_out(chunk: _Chunk, ends: _Ends, scan: Scan, kept: dict[int, list[_Chunk]]) -> None:
    """Name a stream whose samples are not of its header's channels; they would play as other channels."""
    del kept[chunk.stream]
    scan.readable.remove(chunk.stream)
    scan.broken[chunk.stream] = (
        f"Stream {chunk.stream} ({ends.name!r}) is left out: its samples, at byte {chunk.begin}, "
        f"are not rows of the {ends.channels} channels of {ends.width} bytes that its header states; "
        "the other streams play."
    )


def _keep_ends(file: IO[bytes], chunk: _Chunk, ends: _Ends) -> None:
    """Keep samples that are a stream's first, or its last so far; an empty chunk is neither."""
    count = _number(file)
    if count == 0:
        return
    if ends.kept < ENDS:
        ends.first.append(chunk)
        ends.kept += count
        return
    if file.read(1) != b"\0" or not ends.last:
        ends.last.append((0, []))
    ends.last[-1] = (ends.last[-1][0] + count, [*ends.last[-1][1], chunk])
    while len(ends.last) > 1 and sum(samples for samples, _ in ends.last[1:]) >= ENDS:
        ends.last.pop(0)


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
