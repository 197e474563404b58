"""The lines of a TOML document's places, held against the text itself."""

from collections.abc import Iterator
from tomllib import loads

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.core.toml_lines import Place, TomlError, read_toml

BLANKS = st.sampled_from(["", " ", "\t"])
NEWLINES = st.sampled_from(["", "\n", "\n\n", "\r\n", " # ]} \"'\n", "\n# [not.a.table]\n"])
KEYS = st.sampled_from(["a", "b-1", '"c.d"', "'e [f]'", '"g\\"h"', "30"])
TEXTS = st.sampled_from(
    [
        '"]"',
        "'#'",
        '"""\n[x]\n"""',
        "'''a\n= 1\n'''",
        '"\\""',
        '""',
        '"""a""\nb"""""',
        "1979-05-27 07:32:00",
        "true",
    ]
)


class Written:
    """A document as it is written; each number in it is another one, so the text shows its line."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._numbers = 700_000

    def number(self) -> str:
        self._numbers += 1
        return str(self._numbers)

    def value(self, depth: int, *, one_line: bool) -> str:
        kind = self._draw(st.sampled_from(["number", "number", "text", "list", "table"]))
        if kind == "text" and not one_line:
            return self._draw(TEXTS)
        if depth and kind == "list":
            gap = BLANKS if one_line else NEWLINES
            size = self._draw(st.integers(0, 3))
            items = [
                self._draw(gap) + self.value(depth - 1, one_line=one_line) + self._draw(gap)
                for _ in range(size)
            ]
            return f"[{','.join(items)}]"
        if depth and kind == "table":
            keys = self._draw(st.lists(KEYS, max_size=3, unique=True))
            pairs = [f"{self._draw(BLANKS)}{key} = {self.value(depth - 1, one_line=True)}" for key in keys]
            return f"{{{','.join(pairs)}}}"
        return self.number()

    def pairs(self, taken: str = "") -> str:
        keys = self._draw(st.lists(KEYS, max_size=3, unique=True))
        gap = self._draw(st.sampled_from(["", "\n", "# it's\n"]))
        return "".join(f"{gap}{key}={self.value(3, one_line=False)}\n" for key in keys)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Return a document: pairs, tables, lists of tables, tables in the newest of a list."""
    written = Written(draw)
    parts = [written.pairs()]
    for at in range(draw(st.integers(0, 3))):
        parts.append(f"[[ list ]] # {at}\nnumber = {written.number()}\n{written.pairs()}")
        if draw(st.booleans()):
            parts.append(f'[list."in.ner"]\n{written.pairs()}')
        deep = range(draw(st.integers(0, 2)))
        parts += [f"\n  [[list.deep]]\nx.y = {written.number()}\n" for _ in deep]
    if draw(st.booleans()):
        parts.append(f"[table]\n{written.pairs()}")
    return "".join(parts)


def leaves(value: object, place: Place = ()) -> Iterator[tuple[Place, int]]:
    """Yield each number of a document with its place."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*place, key))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from leaves(one, (*place, at))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield place, value


@settings(max_examples=60, deadline=None)
@given(documents())
def test_each_number_stands_in_the_line_that_is_named(text: str) -> None:
    """The line of each number's place is one in which that number is written, or where its key is."""
    document, lines = read_toml(text, 1 << 20)
    assert document == loads(text)
    for place, number in leaves(document):
        written = text.count("\n", 0, text.index(str(number))) + 1
        assert lines.line_of(*place) == written, (text, place)


def test_a_place_that_is_not_there_has_the_line_around_it() -> None:
    """A missing member has the line of its table, and the document itself line 1."""
    _, lines = read_toml("a = 1\n[[b]]\n\nc = {d = [\n1,\n2]}\n[[b]]\n", 100)
    assert lines.line_of("b", 0, "none") == 2
    assert lines.line_of("b", 1, "c", "d", 1) == 7
    assert lines.line_of("b", 0, "c", "d", 1) == 6
    assert lines.line_of("b", 0, "c", "d", 9) == 4
    assert lines.line_of("none") == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = 1\nb = = 2\n", "line 2, column 5: not TOML"),
        ("a = 1\nb = [1,\n\n", "line 2: not TOML"),
        ("a = 1\na = 2\n", "line 2, column 6: not TOML: Cannot overwrite a value"),
        ("a = " + "1" * 5000, "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
        ("a" * 101, "not TOML"),
    ],
)
def test_a_text_that_is_no_document_is_a_sentence_with_a_line(text: str, sentence: str) -> None:
    """Mistakes of the notation, numbers without end and brackets without end are refused."""
    with pytest.raises(TomlError, match=sentence):
        read_toml(text, 10_000)
    with pytest.raises(TomlError, match="at most 3 characters"):
        read_toml(text, 3)
