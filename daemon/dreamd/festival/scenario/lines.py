"""The line of a value in a file of TOML: that of its key in the n-th table of its name, or of the header."""

from collections.abc import Iterator
from re import escape, match
from tomllib import loads


def line_of(text: str, table: str, number: int, key: str) -> int:
    """Return the line, from 1; 0: it cannot be told.

    Args:
        text: the file.
        table: the name of `[table]` or `[[table]]`; empty: the top of the file.
        number: which of that name, from 0.
        key: in that table; empty: its header.
    """
    lines = text.splitlines()
    headers = list(_headers(lines))
    first, end = 0, headers[0] if headers else len(lines)
    if table:
        named = [at for at in headers if match(rf"\s*\[{{1,2}}\s*{escape(table)}\s*\]", lines[at])]
        if number >= len(named):
            return _key_at(lines, 0, end, table)
        first = named[number]
        end = next((at for at in headers if at > first), len(lines))
    if not key:
        return first + 1 if table else 0
    return _key_at(lines, first, end, key) or (first + 1 if table else 0)


def _key_at(lines: list[str], first: int, end: int, key: str) -> int:
    named = rf"\s*[\"']?{escape(key)}[\"']?\s*[=.]"
    return next((at + 1 for at in range(first, end) if match(named, lines[at])), 0)


def _headers(lines: list[str]) -> Iterator[int]:
    """Yield the index of each line that opens a table; one inside a longer text opens none."""
    for at, line in enumerate(lines):
        if match(r"\s*\[", line) is None:
            continue
        try:
            loads("\n".join(lines[:at]))
        except (ValueError, RecursionError):
            continue
        yield at
