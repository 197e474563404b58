"""Reading of a score from TOML: an error names the line at fault.

```toml
title = "Tide"
artist = "Ida Berg"
schema = "bands6x2"       # the features of the Dreamscape
duration_s = 90
share_most = 0.3          # the largest share of any move
commercial = false

[[move]]
at_s = 60
share = 0.3
curve = "cosine"          # or "linear"
vector = { alpha = [1, -2] }   # anterior, posterior; a band that is not named is 0

[[cue]]
at_s = 30
name = "bells"
```

Rules
- Moves and cues stand in the order of their times, each at another one; none is later than `duration_s`.
- A number is finite. A feature lies within -6 and 6, a share within 0 and `share_most`.
- A lead without a share is none, and the daemon begins the next one at the zero vector. So a score begins
  with share 0, and a move with share 0 in front of one with a share has the zero vector.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from typing import Final, TypeGuard

from dreamd.core.limits import ARTIST_SHARE_MOST, MARKER_MAX, PIECE_WORDS_MOST, SESSION_MAX_S
from dreamd.core.toml_lines import Place, TomlError, TomlLines, read_toml
from dreamd.stage.score.score import Cue, Curve, Move, Score
from dreamwire.blend import X_LIMIT
from dreamwire.schema import SCHEMAS, Schema

LONGEST: Final = 1 << 20
"""Characters of a file."""
MOVES_MOST: Final = 10_000
"""Moves of a score, and cues."""
MARK: Final = "\ufeff"
"""The mark of byte order that some editors put in front of a text."""
SHOWN_MOST: Final = 40
"""Characters of a value in a sentence."""
_SCORE: Final = (
    "title",
    "artist",
    "schema",
    "duration_s",
    "share_most",
    "commercial",
    "move",
    "cue",
)
_MOVE: Final = ("at_s", "share", "curve", "vector")
_CUE: Final = ("at_s", "name")


class ScoreError(ValueError):
    """A score is refused; the sentence begins with the line at fault where there is one."""


def read_score(data: bytes) -> Score:
    """Return the score of these bytes, UTF-8.

    Raises:
        ScoreError: it is no score; no clause is judged here.
    """
    try:
        text = data.decode().removeprefix(MARK)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScoreError(
            f"line {line}: not UTF-8: byte {error.start} is 0x{data[error.start]:02x}"
        ) from error
    try:
        document, lines = read_toml(text, LONGEST)
    except TomlError as error:
        raise ScoreError(str(error)) from error
    return _Reader(lines).score(document, sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one document, whose places have these lines."""

    lines: TomlLines

    def score(self, document: Mapping[str, object], digest: str) -> Score:
        self.known(document, (), _SCORE, "a score")
        schema = self.schema(document)
        duration_s = self.number(document, ("duration_s",), 0.0, SESSION_MAX_S, "more than 0 s")
        if not duration_s > 0.0:
            raise self.wrong(("duration_s",), "duration_s is 0", "more than 0 s")
        share_most = self.number(document, ("share_most",), 0.0, ARTIST_SHARE_MOST, "a share")
        commercial = document.get("commercial", False)
        if not isinstance(commercial, bool):
            raise self.wrong(("commercial",), f"commercial is {_shown(commercial)}", "true or false")
        moves = tuple(
            self.move(table, ("move", at), schema, share_most)
            for at, table in enumerate(self.tables(document, "move"))
        )
        if not moves:
            raise ScoreError("the score has no move; expected at least one, under a line [[move]]")
        cues = tuple(self.cue(table, ("cue", at)) for at, table in enumerate(self.tables(document, "cue")))
        for kind, times in (("move", [m.at_s for m in moves]), ("cue", [c.at_s for c in cues])):
            self.in_order(kind, times, duration_s)
        self.begins_anew(moves)
        return Score(
            title=self.name(document, ("title",), PIECE_WORDS_MOST),
            artist=self.name(document, ("artist",), PIECE_WORDS_MOST),
            schema=schema,
            duration_s=duration_s,
            share_most=share_most,
            commercial=commercial,
            moves=moves,
            cues=cues,
            sha256=digest,
            lines={name: self.lines.line_of(name) for name in ("schema", "share_most", "commercial")},
        )

    def schema(self, document: Mapping[str, object]) -> Schema:
        """Return the schema that it names."""
        name = document.get("schema")
        if not isinstance(name, str) or name not in SCHEMAS:
            found = f"schema is {_shown(name)}" if "schema" in document else "the score has no schema"
            raise self.wrong(("schema",), found, f"one of {', '.join(SCHEMAS)}")
        return SCHEMAS[name]

    def move(self, table: Mapping[str, object], place: Place, schema: Schema, most: float) -> Move:
        """Return one move."""
        self.known(table, place, _MOVE, "a move")
        share = self.number(table, (*place, "share"), 0.0, most, "a share up to share_most")
        curve = table.get("curve", Curve.COSINE.value)
        curves = {one.value: one for one in Curve}
        if not isinstance(curve, str) or curve not in curves:
            raise self.wrong((*place, "curve"), f"curve is {_shown(curve)}", f"one of {', '.join(curves)}")
        at_s = self.number(table, (*place, "at_s"), 0.0, SESSION_MAX_S, "seconds")
        vector = self.vector(table, place, schema)
        return Move(at_s, vector, share, curves[curve], self.lines.line_of(*place))

    def vector(self, table: Mapping[str, object], place: Place, schema: Schema) -> tuple[float, ...]:
        """Return the vector of a move, in the order of the schema."""
        given, place = table.get("vector"), (*place, "vector")
        if not isinstance(given, dict):
            found = f"vector is {_shown(given)}" if "vector" in table else "the move has no vector"
            raise self.wrong(place, found, "bands with their numbers, such as vector = { alpha = [1, -2] }")
        bands = tuple(band.name for band in schema.bands)
        self.known(given, place, bands, f"{schema.name}", "band")
        read = {band: self.regions(numbers, (*place, band), schema) for band, numbers in given.items()}
        zero = [0.0] * len(schema.regions)
        return tuple(read.get(band, zero)[at] for at in range(len(schema.regions)) for band in bands)

    def regions(self, given: object, place: Place, schema: Schema) -> list[float]:
        """Return the numbers of one band, one a region."""
        expected = f"{len(schema.regions)} numbers: {', '.join(schema.regions)}"
        if not isinstance(given, list):
            raise self.wrong(place, f"{place[-1]} is {_shown(given)}", expected)
        if len(given) != len(schema.regions):
            raise self.wrong(place, f"{place[-1]} has {_counted(len(given), 'number')}", expected)
        for at, number in enumerate(given):
            if not (_is_number(number) and -X_LIMIT <= number <= X_LIMIT):
                sentence = f"{schema.regions[at]} {place[-1]} is {_shown(number)}"
                raise self.wrong((*place, at), sentence, f"a number from -{X_LIMIT:g} to {X_LIMIT:g}")
        return [float(number) for number in given]

    def cue(self, table: Mapping[str, object], place: Place) -> Cue:
        """Return one cue."""
        self.known(table, place, _CUE, "a cue")
        at_s = self.number(table, (*place, "at_s"), 0.0, SESSION_MAX_S, "seconds")
        return Cue(at_s, self.name(table, (*place, "name"), MARKER_MAX))

    def tables(self, document: Mapping[str, object], name: str) -> list[dict[str, object]]:
        """Return the tables of this name."""
        found = document.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.wrong((name,), f"{name} is no list of tables", f"a line [[{name}]] before each")
        if not len(found) <= MOVES_MOST:
            sentence = f"{len(found)} tables [[{name}]]"
            raise self.wrong((name, MOVES_MOST), sentence, f"at most {MOVES_MOST}")
        return found

    def in_order(self, kind: str, times: list[float], duration_s: float) -> None:
        """Refuse times that do not increase, or that lie after the end."""
        for at, at_s in enumerate(times):
            place = (kind, at, "at_s")
            if at and not at_s > times[at - 1]:
                found = f"the {kind} at {at_s:g} s stands after the one at {times[at - 1]:g} s"
                raise self.wrong(place, found, "times that increase")
            if not at_s <= duration_s:
                found = f"the {kind} at {at_s:g} s is after the end"
                raise self.wrong(place, found, f"at most duration_s, {duration_s:g} s")

    def begins_anew(self, moves: tuple[Move, ...]) -> None:
        """Refuse a way that no lead can follow, for each begins at the zero vector with share 0."""
        first = moves[0]
        if first.at_s == 0.0 and first.share > 0.0:
            found = f"the score begins with share {first.share:g}"
            raise self.wrong(("move", 0, "share"), found, "share 0 at 0 s, where each lead begins")
        for at, move in enumerate(moves[:-1]):
            if move.share == 0.0 and any(move.vector) and moves[at + 1].share > 0.0:
                found = f"the move at {move.at_s:g} s has share 0 and a vector"
                expected = "the zero vector, where a lead begins again; write vector = {}"
                raise self.wrong(("move", at, "vector"), found, expected)

    def number(
        self, table: Mapping[str, object], place: Place, least: float, most: float, kind: str
    ) -> float:
        """Return a number within these bounds."""
        name = str(place[-1])
        number = table.get(name)
        expected = f"{kind}, {least:g} to {most:g}"
        if name not in table:
            raise self.wrong(place, f"{self.table(place)} has no {name}", expected)
        if not (_is_number(number) and least <= number <= most):
            raise self.wrong(place, f"{name} is {_shown(number)}", expected)
        return float(number)

    def name(self, table: Mapping[str, object], place: Place, longest: int) -> str:
        """Return a line of text."""
        name, text = str(place[-1]), table.get(str(place[-1]))
        expected = f"one line of 1 to {longest} characters, without blanks around it"
        if name not in table:
            raise self.wrong(place, f"{self.table(place)} has no {name}", expected)
        if not isinstance(text, str):
            raise self.wrong(place, f"{name} is {_shown(text)}", f"a text, {expected}")
        if not (text and text == text.strip() and len(text) <= longest and text.isprintable()):
            found = f"{name} has {_counted(len(text), 'character')}"
            unseen = "" if text.isprintable() else ", one of them a control character"
            blank = ", with blanks around" if text != text.strip() else ""
            raise self.wrong(place, found + unseen + blank, expected)
        return text

    def known(
        self,
        table: Mapping[str, object],
        place: Place,
        names: tuple[str, ...],
        owner: str,
        kind: str = "field",
    ) -> None:
        """Refuse a member that is not one of these."""
        for name in table:
            if name in names:
                continue
            near = get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}"
            raise ScoreError(
                f"line {self.lines.line_of(*place, name)}: {owner} has no {kind} {_shown(name)}; {hint}"
            )

    def wrong(self, place: Place, found: str, expected: str) -> ScoreError:
        """Return the error of a place."""
        return ScoreError(f"line {self.lines.line_of(*place)}: {found}; expected {expected}")

    def table(self, place: Place) -> str:
        """Return the owner of a member."""
        return f"the {place[0]}" if len(place) > 1 else "the score"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: object) -> str:
    """Return a value in a sentence, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    words = repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
    return words if len(words) <= SHOWN_MOST else f"{words[: SHOWN_MOST - 3]}..."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
