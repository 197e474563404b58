"""The fields of a scenario's tables: each with its form, read or refused with its line."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from math import isfinite
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from dreamd.core.toml_lines import Place, TomlLines
from dreamwire.topics import is_name

T = TypeVar("T")
SHOWN_MOST: Final = 80


class FestivalFileError(ValueError):
    """A scenario is refused, in one sentence that begins with the line at fault."""


class Table:
    """One table of the file: its fields are taken one by one, and none may be left over."""

    def __init__(self, lines: TomlLines, place: Place, values: object) -> None:
        """place: of the table; empty: the top of the file."""
        self._lines, self._place = lines, place
        if not isinstance(values, Mapping):
            raise self.fault_of("", f"expected a table under a line [{place[0] if place else ''}]")
        self._left: dict[str, object] = dict(values)

    def __contains__(self, key: str) -> bool:
        """Whether this field is still to be taken."""
        return key in self._left

    def fault_of(self, key: str, sentence: str) -> FestivalFileError:
        """The error of a field, with its line."""
        place = (*self._place, key) if key else self._place
        path = ".".join(str(part) for part in place if isinstance(part, str))
        told = f"{path}: {sentence}" if path else sentence
        return FestivalFileError(f"line {self._lines.line_of(*place)}: {told}")

    def field(self, key: str, form: Callable[[object], T], default: T | None = None) -> T:
        """Take a field. form: returns its value, or raises ValueError with what is expected.

        Raises:
            FestivalFileError: it is missing and has no default, or is not of its form.
        """
        if key not in self._left:
            if default is None:
                raise self.fault_of(key, "is missing")
            return default
        found = self._left.pop(key)
        try:
            return form(found)
        except ValueError as error:
            shown = repr(found)
            shown = shown if len(shown) <= SHOWN_MOST else f"{shown[: SHOWN_MOST - 1]}…"
            raise self.fault_of(key, f"found {shown}, expected {error}") from error

    def no_more(self, expected: str) -> None:
        """No field may be left over.

        Raises:
            FestivalFileError: one is.
        """
        for key in self._left:
            raise self.fault_of(key, f"is no field here; there are {expected}")


def words(most: int = 120) -> Callable[[object], str]:
    """A text of at most so many characters, on one line."""

    def form(found: object) -> str:
        if not (isinstance(found, str) and 0 < len(found.strip()) <= most and found.isprintable()):
            raise ValueError(f"a text of 1 to {most} characters")
        return found.strip()

    return form


def name(found: object) -> str:
    """A name on the wire."""
    if not (isinstance(found, str) and is_name(found)):
        raise ValueError("a name of lower-case letters, digits and dashes")
    return found


def one_of(*allowed: str) -> Callable[[object], str]:
    """One of these words."""

    def form(found: object) -> str:
        if not (isinstance(found, str) and found in allowed):
            raise ValueError(f"one of {', '.join(allowed)}")
        return found

    return form


def some_of(allowed: frozenset[str]) -> Callable[[object], tuple[str, ...]]:
    """A list of these words, each once."""

    def form(found: object) -> tuple[str, ...]:
        known = isinstance(found, list) and all(isinstance(one, str) and one in allowed for one in found)
        if not (known and isinstance(found, list) and len(set(found)) == len(found)):
            raise ValueError(f"a list of {', '.join(sorted(allowed))}")
        return tuple(found)

    return form


def whole(least: int, most: int) -> Callable[[object], int]:
    """A whole number."""

    def form(found: object) -> int:
        if not (isinstance(found, int) and not isinstance(found, bool) and least <= found <= most):
            raise ValueError(f"a whole number from {least} to {most}")
        return found

    return form


def number(least: float, most: float) -> Callable[[object], float]:
    """A finite number."""

    def form(found: object) -> float:
        plain = isinstance(found, int | float) and not isinstance(found, bool)
        if not (plain and isfinite(found) and least <= found <= most):  # type: ignore[arg-type, operator]
            raise ValueError(f"a number from {least:g} to {most:g}")
        return float(found)  # type: ignore[arg-type]

    return form


def cents(most: float) -> Callable[[object], int]:
    """Money such as 12.5, as whole cents."""

    def form(found: object) -> int:
        money = number(0.0, most)(found)
        if not abs(money * 100.0 - round(money * 100.0)) < 1e-6:  # noqa: PLR2004 - of a cent
            raise ValueError(f"money from 0 to {most:g} in whole cents")
        return round(money * 100.0)

    return form


def yes_or_no(found: object) -> bool:
    """True or false."""
    if not isinstance(found, bool):
        raise ValueError("true or false")  # noqa: TRY004 - a form is refused as a value
    return found


def clock_time(found: object) -> time:
    """A time of the wall clock: 22:30:00, or "22:30"."""
    if isinstance(found, time):
        return found
    try:
        return time.fromisoformat(found if isinstance(found, str) else "")
    except ValueError:
        raise ValueError("a time such as 22:30") from None


def day(found: object) -> date:
    """A date, without a time."""
    if isinstance(found, date) and not isinstance(found, datetime):
        return found
    raise ValueError("a date such as 2026-12-05")


def zone(found: object) -> str:
    """A zone of the wall clock."""
    try:
        ZoneInfo(found if isinstance(found, str) else "")
    except (ValueError, OSError, KeyError):
        raise ValueError("a zone such as Europe/Zurich") from None
    return str(found)
