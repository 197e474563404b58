"""A large document as JSON, in pieces: one entry of a list or an object a line.

A piece is encoded when it is asked for, so the ticks of the daemon run between two pieces: the file of a
round of 10,000 asks has megabytes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

PIECE_BYTES: Final = 128 << 10
"""A piece is at least this long, but the last one."""
ENTRIES: Final = 200
"""Entries that are encoded at once."""
DEPTH: Final = 2
"""Objects within which each member has a line: the round, and its book."""


def pieces(document: Mapping[str, object]) -> Iterator[tuple[bytes, bool]]:
    """Yield the document as UTF-8 JSON, with a newline at its end; with each piece whether it is the last."""
    waiting = bytearray()
    for part in _encoded(document, DEPTH):
        waiting += part.encode()
        if len(waiting) >= PIECE_BYTES:
            yield bytes(waiting), False
            waiting.clear()
    yield bytes(waiting) + b"\n", True


def _encoded(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping) and value and depth:
        for n, (name, one) in enumerate(value.items()):
            yield f"{',' if n else '{'}\n{_dumps(name)}: "
            yield from _encoded(one, depth - 1)
        yield "\n}"
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        entries, first = iter(value), True
        while some := list(islice(entries, ENTRIES)):
            yield f"{'[' if first else ','}\n{_joined(some)}"
            first = False
        yield "\n]"
    else:
        yield _dumps(value)


def _joined(entries: Sequence[object]) -> str:
    return ",\n".join(map(_dumps, entries))


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
