"""A bundle: the clauses of one revision, each checked against the vocabulary."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from re import fullmatch
from types import MappingProxyType
from typing import Final
from unicodedata import category, normalize

from dreamd.core.guidelines.forms import DAY_MIN, Form, Key, Limit, Place, Window
from dreamd.core.guidelines.keys import KEYS
from dreamd.core.refusals import Code

CLAUSES_MOST: Final = 200
TEXT_MOST: Final = 1000
"""Characters of a clause's text, and of its basis."""
REVISION_MOST: Final = 1_000_000
NUMBER_FORM: Final = "[1-9][0-9]?(\\.[1-9][0-9]?){1,2}"
HOURS_FORM: Final = "([01][0-9]|2[0-3]):[0-5][0-9]/([01][0-9]|2[0-3]):[0-5][0-9]"


class BundleError(ValueError):
    """A bundle is refused, with a code of the catalogue. clause: its number, or empty."""

    def __init__(
        self, sentence: str, code: Code = Code.INVALID_ARGUMENT, clause: str = "", at: str = ""
    ) -> None:
        """At: the field of the clause that is wrong, by its name in the file."""
        super().__init__(sentence)
        self.code = code
        self.clause = clause
        self.at = at


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. limit: None for a principle and without a key.

    basis: the law of a retention, or the evidence of a declared rate.
    """

    number: str
    text: str
    key: Key | None = None
    limit: Limit | None = None
    basis: str = ""

    @property
    def name(self) -> str:
        """The name by which refusals cite it, such as G-3.1."""
        return f"G-{self.number}"

    @property
    def bound(self) -> Limit | None:
        """The limit that it judges by: a principle's fixed value too; None without a key."""
        if self.key is None:
            return None
        return self.key.bounds[0] if self.limit is None else self.limit

    def document(self) -> dict[str, object]:
        """Its members for the canonical form; what is not set is left out."""
        limit = str(self.limit) if isinstance(self.limit, Window) else self.limit
        members = {
            "number": self.number,
            "key": self.key and self.key.name,
            "limit": limit,
            "text": self.text,
        }
        members["basis"] = self.basis or None
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class Bundle:
    """The clauses of a revision, in the order of their numbers; each required key has exactly one clause."""

    revision: int
    clauses: tuple[Clause, ...]
    title: str = field(default="")

    @cached_property
    def by_key(self) -> Mapping[str, Clause]:
        """The clause of each key that has one."""
        return MappingProxyType({c.key.name: c for c in self.clauses if c.key is not None})

    @cached_property
    def matched(self) -> Mapping[str, Clause]:
        """Each clause by its key, else its number: so it matches the clause of another revision."""
        return MappingProxyType({c.key.name if c.key is not None else c.number: c for c in self.clauses})

    @cached_property
    def by_place(self) -> Mapping[Place, tuple[Clause, ...]]:
        """The clauses with a key, by the place that enforces them."""
        places: dict[Place, tuple[Clause, ...]] = dict.fromkeys(Place, ())
        for clause in self.clauses:
            if clause.key is not None:
                places[clause.key.place] += (clause,)
        return MappingProxyType(places)

    def limit(self, key: str) -> Limit:
        """Return the limit of a key; of an optional one without a clause its tightest.

        Raises:
            KeyError: no such key.
        """
        clause = self.by_key.get(key)
        bound = None if clause is None else clause.bound
        return KEYS[key].absent if bound is None else bound

    def number(self, key: str) -> float:
        """Return the limit of a key that is no window of hours.

        Raises:
            KeyError: no such key, or its limit is a window.
        """
        limit = self.limit(key)
        if isinstance(limit, Window):
            raise KeyError(key)
        return limit

    def document(self) -> dict[str, object]:
        """The document whose canonical form (RFC 8785) names the revision by its SHA-256."""
        members: dict[str, object] = {
            "revision": self.revision,
            "clauses": [c.document() for c in self.clauses],
        }
        return members | ({"title": self.title} if self.title else {})


def order(number: str) -> tuple[int, ...]:
    """Return a clause's number in a form that sorts: 2.10 after 2.9."""
    return tuple(int(part) for part in number.split("."))


def make_clause(members: Mapping[str, object]) -> Clause:
    """Return the clause of these members: number, text, key, limit, basis.

    Raises:
        BundleError: a member is missing, unknown, or outside its bounds.
    """
    number = members.get("number")
    if not isinstance(number, str) or fullmatch(NUMBER_FORM, number) is None:
        raise BundleError(f'number: expected text such as "3.1", got {number!r}', at="number")
    unknown = sorted(members.keys() - {"number", "text", "key", "limit", "basis"})
    if unknown:
        raise BundleError(f"clause {number} has no field {unknown[0]!r}", clause=number, at=unknown[0])
    text = _text(number, "text", members.get("text"))
    basis = _text(number, "basis", members["basis"]) if "basis" in members else ""
    if "key" not in members:
        if "limit" in members:
            raise BundleError(f"clause {number} has a limit and no key", clause=number, at="limit")
        return Clause(number, text, basis=basis)
    key = KEYS.get(str(members["key"]))
    if key is None:
        raise BundleError(f"clause {number}: unknown key {members['key']!r}", clause=number, at="key")
    if key.optional and not basis:
        raise BundleError(f"clause {number}: {key.name} needs its basis in law", clause=number, at="key")
    return Clause(number, text, key, _limit(number, key, members), basis)


def _text(number: str, field: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > TEXT_MOST:
        expected = f"expected 1 to {TEXT_MOST} characters"
        raise BundleError(f"clause {number}, {field}: {expected}", clause=number, at=field)
    if text != normalize("NFC", text) or any(category(sign)[0] == "C" for sign in text):
        sentence = (
            f"clause {number}, {field}: expected one line in Unicode's form NFC, without control characters"
        )
        raise BundleError(sentence, Code.NOT_CANONICAL, number, field)
    return text


def _limit(number: str, key: Key, members: Mapping[str, object]) -> Limit | None:
    if key.form is Form.PRINCIPLE:
        if "limit" in members:
            raise BundleError(
                f"clause {number}: {key.name} is a principle and takes no limit", clause=number, at="limit"
            )
        return None
    if "limit" not in members:
        raise BundleError(
            f"clause {number}: {key.name} needs a limit, {_expected(key)}", clause=number, at="key"
        )
    limit = _read(key, members["limit"])
    if limit is None:
        got = f"expected {_expected(key)}, got {members['limit']!r}"
        raise BundleError(f"clause {number}, {key.name}: {got}", clause=number, at="limit")
    if not key.is_bounded(limit):
        sentence = (
            f"clause {number}, {key.name}: no ratification passes {_expected(key)}, got {members['limit']!r}"
        )
        raise BundleError(sentence, Code.BEYOND_BOUND, number, "limit")
    return limit


def _read(key: Key, limit: object) -> Limit | None:
    """Return the limit in the key's form; None where it is not in that form, or not a number."""
    if key.form is Form.HOURS:
        return window(limit) if isinstance(limit, str) else None
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit != limit:  # noqa: PLR0124 - NaN
        return None
    if key.form is Form.WHOLE and limit not in (float("inf"), float("-inf")) and limit != int(limit):
        return None
    return float(limit) if abs(limit) < 2**53 else float("inf")


def _expected(key: Key) -> str:
    if key.form is Form.HOURS:
        return 'hours such as "20:00/09:00"'
    lowest, highest = key.bounds
    unit = f" {key.unit}" if key.unit else ""
    return f"a {key.form.value} from {lowest:g} to {highest:g}{unit}"


def window(text: str) -> Window | None:
    """Return the window written as `HH:MM/HH:MM`; None where it is not."""
    if fullmatch(HOURS_FORM, text) is None:
        return None
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("/"))
    return Window(start % DAY_MIN, end % DAY_MIN)


def make_bundle(revision: object, clauses: Iterable[Clause], title: object = "") -> Bundle:
    """Return the bundle of these clauses.

    Raises:
        BundleError: a number or key stands twice, or a required key has no clause.
    """
    if isinstance(revision, bool) or not isinstance(revision, int) or not 1 <= revision <= REVISION_MOST:
        raise BundleError(f"revision: expected a whole number from 1, got {revision!r}", at="revision")
    shown = _text("0", "title", title) if title else ""
    numbers: set[str] = set()
    keys: dict[str, str] = {}
    ordered = sorted(clauses, key=lambda clause: order(clause.number))
    if len(ordered) > CLAUSES_MOST:
        raise BundleError(f"expected at most {CLAUSES_MOST} clauses, got {len(ordered)}")
    for clause in ordered:
        if clause.number in numbers:
            raise BundleError(f"clause {clause.number} stands twice", clause=clause.number, at="number")
        numbers.add(clause.number)
        if clause.key is None:
            continue
        other = keys.setdefault(clause.key.name, clause.number)
        if other != clause.number:
            sentence = f"clause {clause.number}: key {clause.key.name} is set by clause {other} already"
            raise BundleError(sentence, clause=clause.number, at="key")
    missing = [key.name for key in KEYS.values() if not key.optional and key.name not in keys]
    if missing:
        raise BundleError(f"no clause has the key {missing[0]}; each revision sets every key")
    return Bundle(revision, tuple(ordered), shown)
