"""A stream of MQTT 3.1.1 packets, split into publications at QoS 0 and all else.

The client library takes 50 us for a packet: four frames a second of two thousand pods would be half a core.
So these are taken from the stream as they came: a fixed header, a topic, a payload. Every other packet is
left to the library, byte for byte, in its place among the publications.

Rules. A publication above PUBLISH_MOST is dropped as it arrives and counted: no message of ours is as large,
and nothing is kept of it. A topic that is not UTF-8 and a packet that contradicts its length are left to the
library.
"""

from dataclasses import dataclass, field
from typing import Final

PUBLISH_MOST: Final = 128 * 1024
"""Bytes of a publication: a payload of 64 KiB, its topic, and room."""
_QOS_0: Final = 0x30
_BUT_RETAINED: Final = 0xFE
_RETAINED: Final = 1
_LENGTH_BYTES: Final = 4
_FRAME_LEAST: Final = 5
_SHORTEST: Final = 2
"""Bytes of a type and a length, and of the length of a topic."""
_MORE: Final = 0x80

Published = tuple[str, bytes, bool]
"""Topic, payload, and whether it was retained."""


@dataclass(slots=True)
class Piece:
    """Publications, and the bytes of other packets that came after them."""

    published: list[Published] = field(default_factory=list)
    others: bytes = b""


class PacketSplitter:
    """Splits one connection's bytes. oversized: publications that were dropped for their size."""

    def __init__(self) -> None:
        """Begin between two packets."""
        self._left = b""
        self._more = 0  # bytes to come of a packet that is dropped, or passed on as it comes
        self._passes = False
        self.oversized = 0

    def split(self, data: bytes) -> list[Piece]:
        """Return what these bytes complete, in order; the beginning of a packet waits for the next call."""
        data = self._left + data if self._left else data
        at, end = self._continued(data)
        pieces = [Piece(others=data[:at] if self._passes else b""), Piece()] if at else [Piece()]
        self._passes = self._passes and at == end
        published = pieces[-1].published
        while end - at >= _SHORTEST:
            # As every frame is: a publication at QoS 0 whose length has two bytes.
            if data[at] == _QOS_0 and end - at >= _FRAME_LEAST and data[at + 1] >= _MORE > data[at + 2]:
                body = at + 3
                stop = body + (data[at + 1] & (_MORE - 1)) + (data[at + 2] << 7)
                topic = body + 2 + (data[body] << 8 | data[body + 1])
                if topic <= stop <= end:
                    try:
                        published.append((data[body + 2 : topic].decode(), data[topic:stop], False))
                    except UnicodeDecodeError:
                        pass
                    else:
                        at = stop
                        continue
            next_at = self._take_other(data, at, pieces)
            if next_at is None:
                break
            at, published = next_at, pieces[-1].published
        self._left = data[at:]
        return pieces

    def _take_other(self, data: bytes, at: int, pieces: list[Piece]) -> int | None:
        """Take the packet at `at`, of any kind; return the place after it, or None: it is not whole."""
        found, end = _length(data, at + 1), len(data)
        if found is None:
            return None
        size, body = found
        stop = body + size
        if data[at] & _BUT_RETAINED == _QOS_0 and size >= _SHORTEST:
            if size > PUBLISH_MOST:
                self.oversized += 1
                self._more = max(stop - end, 0)
                return min(stop, end)
            if stop > end:
                return None
            one = _published(data, at, body, stop)
            if one is not None:
                pieces[-1].published.append(one)
                return stop
        pieces[-1].others = data[at : min(stop, end)]
        self._more, self._passes = max(stop - end, 0), stop > end
        pieces.append(Piece())
        return min(stop, end)

    def _continued(self, data: bytes) -> tuple[int, int]:
        """Return where the packet ends that had begun, and where the data does."""
        at = min(self._more, len(data))
        self._more -= at
        return at, len(data)


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """Return a packet's remaining length and where its body begins; None: not all of the length has come.

    A length of more than four bytes is malformed: the library gets all that came, and ends the connection.
    """
    size = data[at]
    if not size & _MORE:
        return size, at + 1
    size, shift = 0, 0
    for place in range(at, min(at + _LENGTH_BYTES, len(data))):
        size |= (data[place] & (_MORE - 1)) << shift
        if not data[place] & _MORE:
            return size, place + 1
        shift += 7
    return None if len(data) < at + _LENGTH_BYTES else (len(data) - at - _LENGTH_BYTES, at + _LENGTH_BYTES)


def _published(data: bytes, at: int, body: int, stop: int) -> Published | None:
    """Return the publication from `at` to `stop`; None: it contradicts its length, or its topic no text."""
    begin = body + 2
    topic = begin + (data[body] << 8 | data[body + 1])
    if topic > stop:
        return None
    try:
        name = data[begin:topic].decode()
    except UnicodeDecodeError:
        return None
    return name, data[topic:stop], bool(data[at] & _RETAINED)


def publication(topic: str, payload: bytes) -> bytes:
    """Return a publication at QoS 0 as MQTT 3.1.1 writes it, not retained."""
    name = topic.encode()
    size, length = 2 + len(name) + len(payload), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (128 if size else 0))
        if not size:
            return b"".join((b"\x30", length, len(name).to_bytes(2, "big"), name, payload))
