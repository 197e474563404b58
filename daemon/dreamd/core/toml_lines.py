"""The lines of a TOML document: where each key, each table and each element of a list stands.

The standard reader returns values without their places, and an author of a file needs the line.
`read_toml` lets the standard reader judge the document; then a scan of the valid text notes the places.

Rules
- A place is a path of keys and indexes: `("move", 2, "vector", "alpha", 0)`.
- The line of a place that the document lacks is that of the nearest place around it, and 1 without any.
- Nothing else of the document is read here: neither bounds nor types.
"""

import re
from collections.abc import Iterator
from tomllib import TOMLDecodeError, loads
from typing import Final

Place = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]+|\"(?:\\.|[^\"\\])*\"|'[^']*'")
_TEXT: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")|' r"'''.*?'{3,5}(?!')|" r'"(?:\\.|[^"\\])*"|' r"'[^']*'", re.DOTALL
)
_PLAIN: Final = re.compile(r"[^,\]}#\n]*")
_PLACE_OF_FAULT: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")


class TomlError(ValueError):
    """The text is no TOML document. The sentence begins with the line where the reader stopped."""


class TomlLines:
    """The lines of one document's places."""

    def __init__(self, lines: dict[Place, int]) -> None:
        self._lines = lines

    def line_of(self, *place: str | int) -> int:
        """Return the line of a place, from 1; of the nearest place around it where it has none."""
        for size in range(len(place), 0, -1):
            line = self._lines.get(place[:size])
            if line is not None:
                return line
        return 1


def read_toml(text: str, longest: int) -> tuple[dict[str, object], TomlLines]:
    """Return the document and the lines of its places.

    longest: the most characters.

    Raises:
        TomlError: it is longer, or no TOML.
    """
    if not len(text) <= longest:
        raise TomlError(f"expected at most {longest} characters, got {len(text)}")
    try:
        return loads(text), TomlLines(_Scan(text).lines())
    except TOMLDecodeError as error:
        raise TomlError(_sentence(str(error), text)) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets without end
        raise TomlError(f"not TOML: {error}") from error


def _sentence(words: str, text: str) -> str:
    found = _PLACE_OF_FAULT.search(words)
    if found is None:
        last = text.count("\n", 0, len(text.rstrip())) + 1
        return f"line {last}: not TOML: {words}"
    return f"line {found[1]}, column {found[2]}: not TOML: {words[: found.start()]}"


class _Scan:
    """One pass over a valid document."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._counted = 1, 0
        self._lines: dict[Place, int] = {}
        self._tables: dict[Place, int] = {}
        """How often each [[table]] has been opened."""

    def lines(self) -> dict[Place, int]:
        """Return the line of each place."""
        table: Place = ()
        while self._passes_blank():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> Place:
        """Pass a line [table] or [[table]]; return its place."""
        repeated = self._text.startswith("[[", self._at)
        line = self._here()
        self._at += 2 if repeated else 1
        keys = tuple(self._dotted())
        self._at += 2 if repeated else 1
        place: Place = ()
        for at, key in enumerate(keys):
            place = (*place, key)
            if repeated and at == len(keys) - 1:
                self._tables[place] = self._tables.get(place, 0) + 1
            self._lines.setdefault(place, line)
            if place in self._tables:
                place = (*place, self._tables[place] - 1)
                self._lines.setdefault(place, line)
        return place

    def _pair(self, table: Place) -> None:
        """Pass `key = value`, the key perhaps with dots."""
        line, place = self._here(), table
        for key in self._dotted():
            place = (*place, key)
            self._lines.setdefault(place, line)
        self._at += 1
        self._value(place)

    def _dotted(self) -> Iterator[str]:
        """Pass the parts of a key and the blanks around them."""
        while True:
            self._passes_blank()
            found = _KEY.match(self._text, self._at)
            assert found is not None, "the document is valid"
            self._at = found.end()
            word = found[0]
            yield str(next(iter(loads(f"{word} = 0")))) if word[0] in "\"'" else word
            self._passes_blank()
            if self._text[self._at] != ".":
                return
            self._at += 1

    def _value(self, place: Place) -> None:
        self._passes_blank()
        sign = self._text[self._at]
        if sign == "[":
            self._elements(place)
        elif sign == "{":
            self._members(place)
        else:
            found = (_TEXT if sign in "\"'" else _PLAIN).match(self._text, self._at)
            assert found is not None, "the document is valid"
            self._at = found.end()

    def _elements(self, place: Place) -> None:
        """Pass a list."""
        self._at += 1
        number = 0
        while self._passes_blank() and self._text[self._at] != "]":
            element = (*place, number)
            self._lines[element] = self._here()
            self._value(element)
            self._passes_comma()
            number += 1
        self._at += 1

    def _members(self, place: Place) -> None:
        """Pass a table in braces."""
        self._at += 1
        while self._passes_blank() and self._text[self._at] != "}":
            self._pair(place)
            self._passes_comma()
        self._at += 1

    def _passes_comma(self) -> None:
        if self._passes_blank() and self._text[self._at] == ",":
            self._at += 1

    def _passes_blank(self) -> bool:
        """Pass blanks, comments and ends of lines; return whether something follows."""
        found = _BLANK.match(self._text, self._at)
        assert found is not None, "it matches nothing too"
        self._at = found.end()
        return self._at < len(self._text)

    def _here(self) -> int:
        """Return the line of the place reached; each character is counted once."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
