"""One setting's text with its source, and the readers of single values.

Each reader refuses a text that it cannot use with a sentence that names the source.
"""

import re
from dataclasses import dataclass
from typing import Final

from dreamwire.topics import is_name

_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

_MALFUNCTION: Final = re.compile(r"(?P<name>[^@]+)@(?P<merged>\+?)(?P<after>\d+(\.\d+)?)")


class SettingsError(Exception):
    """A setting cannot be used; the text is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Value:
    """A text and where it was set."""

    text: str
    source: str


def loudness_db(value: Value, what: str, bounds: tuple[float, float]) -> float:
    """A level in dB(A) within the bounds.

    Raises:
        SettingsError: it is not; the text names its source.
    """
    try:
        level_db = float(value.text)
    except ValueError:
        level_db = float("nan")
    if not bounds[0] <= level_db <= bounds[1]:
        raise SettingsError(
            f"{value.source}: {what} {value.text!r} is not a level of {bounds[0]:g} to {bounds[1]:g} dB(A)."
        )
    return level_db


def one_of(value: Value, what: str, known: tuple[str, ...]) -> str:
    """One of the known words.

    Raises:
        SettingsError: it is not; the text names its source.
    """
    if value.text not in known:
        there = ", ".join(name for name in known if name)
        raise SettingsError(f"{value.source}: {what} {value.text!r} is not known; write one of {there}.")
    return value.text


def pod_name(value: Value, what: str) -> str:
    """A name of a pod or site.

    Raises:
        SettingsError: it is not; the text names its source.
    """
    if not is_name(value.text):
        raise SettingsError(
            f"{value.source}: {what} {value.text!r} is no name; use 1 to 63 of a-z 0-9 _ . - "
            "beginning and ending with a letter or digit."
        )
    return value.text


def truth(value: Value) -> bool:
    """True or false, by the usual words.

    Raises:
        SettingsError: it is not; the text names its source.
    """
    if value.text.lower() not in _TRUTH:
        raise SettingsError(f"{value.source}: {value.text!r} is neither true nor false.")
    return _TRUTH[value.text.lower()]


def instant_ns(value: Value) -> int | None:
    """Nanoseconds of CLOCK_BOOTTIME; None if empty.

    Raises:
        SettingsError: it is not; the text names its source.
    """
    if value.text and not value.text.isdecimal():
        raise SettingsError(
            f"{value.source}: replay-from {value.text!r} is no instant; give nanoseconds of CLOCK_BOOTTIME."
        )
    return int(value.text) if value.text else None


def whole_number(value: Value) -> int:
    """A whole number from 0.

    Raises:
        SettingsError: it is not; the text names its source.
    """
    if not value.text.isdecimal():
        raise SettingsError(f"{value.source}: seed {value.text!r} is not a whole number from 0.")
    return int(value.text)


def number_from_zero(value: Value, what: str, unit: str) -> float:
    """A finite number from 0.

    Raises:
        SettingsError: it is not; the text names its source.
    """
    try:
        number = float(value.text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number < float("inf"):
        raise SettingsError(f"{value.source}: {what} {value.text!r} is not a number of {unit} from 0.")
    return number


def malfunction_of(value: Value) -> tuple[str, float, bool]:
    """A malfunction: its name (empty: none), its delay in seconds, and whether that counts from the merge on.

    Raises:
        SettingsError: it is none; the text names its source.
    """
    if not value.text:
        return "", 0.0, False
    match = _MALFUNCTION.fullmatch(value.text)
    if match is None:
        raise SettingsError(
            f"{value.source}: malfunction {value.text!r} is not NAME@SECONDS, for instance railed@25 "
            "(railed@+25: from the merge on)."
        )
    return match["name"], float(match["after"]), bool(match["merged"])
