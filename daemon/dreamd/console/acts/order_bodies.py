"""A page's orders, read from the body of its POST. Pure.

A way out acts where the name in the body can be recognised, whatever surrounds it: bytes that are not UTF-8,
nesting that no parser follows, a reason that is no text, megabytes of it. Its text is made fit. The body of
every other order is JSON, an object of fit texts, and at most BODY_MAX bytes; otherwise the answer names the
field and its fault.

The name is searched for only where the body is no such object. A quote within a text is always escaped in
JSON, so `"name":` cannot stand in a reason.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dreamd.core.safety.scopes import SeverScope
from dreamwire.text import fit, unfit
from dreamwire.topics import is_name

BODY_MAX: Final = 4096
LONG_MAX: Final = 16 << 20
_NAMED: Final = re.compile(r'"name"\s*:\s*"([^"\\]{1,64})"')
_SCOPED: Final = re.compile(r'"scope"\s*:\s*"([a-z]{1,16})"')
_OBJECT: Final = 'the body must be a JSON object of strings with "name"'


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has been read. headers: names in lower case; a repeated one with its values, by comma.

    whole: the body was at most BODY_MAX bytes; otherwise `body` is its first and its last BODY_MAX bytes.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    whole: bool = True


class UnfitOrderError(ValueError):
    """A body that holds no order; the message names the fault."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a page. name: a Dreamscape, for release a pod, for a scope its target."""

    name: str
    reason: str
    issuer: str
    etag: str


def read_way_out(asked: Asked) -> Order:
    """Read an order that lets people out.

    Raises:
        UnfitOrderError: its target cannot be recognised.
    """
    body = asked.body.decode("utf-8", "replace")
    told = _object(body) if asked.whole else {}
    texts = _texts(told)
    name = texts.get("name", "")
    if not is_name(name):
        found = None if name else _NAMED.search(body)
        name = found[1] if found is not None else ""
    if not is_name(name):
        raise UnfitOrderError(f"name: missing or unreadable; {_OBJECT}")
    return Order(name, texts.get("reason", ""), texts.get("issuer", ""), texts.get("etag", ""))


def read_scoped(asked: Asked) -> tuple[SeverScope, Order]:
    """Read an order that lets a whole scope out; the fleet needs no name.

    Raises:
        UnfitOrderError: its scope, or its target, cannot be recognised.
    """
    body = asked.body.decode("utf-8", "replace")
    told = _object(body) if asked.whole else {}
    found = _SCOPED.search(body)
    word = told.get("scope", found[1] if found is not None else "")
    scope = next((one for one in SeverScope if one.value == word), None)
    if scope is None:
        expected = ", ".join(one.value for one in SeverScope)
        raise UnfitOrderError(f"scope: missing or unreadable; expected one of {expected}")
    if scope is not SeverScope.FLEET:
        return scope, read_way_out(asked)
    texts = _texts(told)
    return scope, Order("", texts.get("reason", ""), texts.get("issuer", ""), "")


def _texts(told: dict[str, object]) -> dict[str, str]:
    """Return the texts of an object, each made fit."""
    return {key: fit(value) for key, value in told.items() if isinstance(value, str)}


def read_order(asked: Asked) -> Order:
    """Read any other order.

    Raises:
        UnfitOrderError: as `read_fields`.
    """
    texts = read_fields(asked)
    return Order(texts["name"], texts.get("reason", ""), texts.get("issuer", ""), texts.get("etag", ""))


def read_fields(asked: Asked) -> dict[str, str]:
    """Read the fields of a body that is no way out, with a name among them.

    Raises:
        UnfitOrderError: the body is no such object, or a text in it is not fit.
    """
    if not asked.whole:
        raise UnfitOrderError(f"the body must be at most {BODY_MAX} bytes")
    try:
        told = _object(asked.body.decode())
    except UnicodeDecodeError as error:
        raise UnfitOrderError(f"the body is not UTF-8 at byte {error.start}; {_OBJECT}") from None
    for field, value in told.items():
        if not isinstance(value, str):
            raise UnfitOrderError(f"{fit(field, 40)}: not a string; {_OBJECT}")
        wrong = unfit(value)
        if wrong:
            raise UnfitOrderError(f"{fit(field, 40)}: {wrong}; expected one line of text")
    texts = {field: str(value) for field, value in told.items()}
    if not is_name(texts.get("name", "")):
        raise UnfitOrderError(f"name: invalid; {_OBJECT}")
    return texts


def _object(body: str) -> dict[str, object]:
    """Return the object in a body; an empty one where there is none, or nesting is too deep to parse."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
