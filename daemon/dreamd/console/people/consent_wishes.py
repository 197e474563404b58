"""A grant as the page asks for it, read from the body of its POST. Pure.

A body names each choice; what it does not name is not granted. Every value is judged by the daemon.
"""

import json
from datetime import UTC, datetime
from typing import Final

import dreamapi
from dreamapi.v1.consents_pb2 import ConsentGrant
from dreamd.console.acts.order_bodies import Asked, UnfitOrderError
from dreamd.console.people.consent_shapes import DAYS
from dreamd.core.consent.grant import Modality, Scope
from dreamwire.text import unfit
from dreamwire.topics import is_name

BODY_MOST: Final = 8192
_SCOPES: Final = frozenset(one.value for one in Scope)
_MODALITIES: Final = frozenset(one.value for one in Modality)
DAY_S: Final = 86_400.0
WHO5_ITEMS: Final = 5
WHO5_MOST: Final = 5

Told = dict[str, object]


def read_told(asked: Asked) -> Told:
    """The object in a body.

    Raises:
        UnfitOrderError: the body is no JSON object.
    """
    try:
        told = json.loads(asked.body) if asked.whole else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise UnfitOrderError(f"the body must be a JSON object of at most {BODY_MOST} bytes")
    return told


def read_sleeper(told: Told) -> str:
    """The pseudonym that a page without a site names; empty: it names none.

    Raises:
        UnfitOrderError: it is no pseudonym.
    """
    sleeper = read_text(told, "sleeper")
    if sleeper and not is_name(sleeper):
        raise UnfitOrderError("sleeper: expected a pseudonym: 1 to 63 of a-z 0-9 _ . -")
    return sleeper


def read_grant(told: Told, now_s: float) -> ConsentGrant:
    """The grant that a body asks for. now_s: Unix seconds.

    Raises:
        UnfitOrderError: a field is missing or invalid; the message names it.
        InvalidArgument: a text is not fit.
    """
    days = told.get("days", 0)
    if isinstance(days, bool) or days not in (0, *DAYS):
        raise UnfitOrderError(f"days: expected 0 for this night, or one of {', '.join(map(str, DAYS))}")
    return dreamapi.consent_grant(
        scopes=_read_words(told, "scopes", _SCOPES),
        modalities=_read_words(told, "modalities", _MODALITIES),
        ceiling=_read_number(told, "ceiling"),
        artist_share=_read_number(told, "artist_share"),
        hours=read_text(told, "hours"),
        zone=read_text(told, "zone"),
        until=datetime.fromtimestamp(now_s + days * DAY_S, UTC) if days else None,
        notice_sha256=read_text(told, "notice_sha256"),
        language=read_text(told, "language"),
        adult=told.get("adult") is True,
    )


def read_morning(told: Told) -> tuple[int | None, int | None]:
    """KSS and the sum of WHO-5 of a body; None: not answered. The five answers are 0 to 5 each.

    Raises:
        UnfitOrderError: an answer is no whole number, or not all five are given.
    """
    kss, who5 = told.get("kss"), told.get("who5")
    if kss is not None and type(kss) is not int:
        raise UnfitOrderError("kss: expected a whole number from 1 to 9, or null")
    if who5 is None:
        return kss, None
    given = who5 if isinstance(who5, list) else []
    sound = [one for one in given if type(one) is int and 0 <= one <= WHO5_MOST]
    if not len(sound) == len(given) == WHO5_ITEMS:
        raise UnfitOrderError("who5: expected five whole numbers from 0 to 5, or null")
    return kss, sum(sound)


def read_text(told: Told, field: str) -> str:
    """A text of the body, one line; empty where it is left out.

    Raises:
        UnfitOrderError: it is no such text.
    """
    value = told.get(field, "")
    if not isinstance(value, str) or (wrong := unfit(value)):
        raise UnfitOrderError(f"{field}: {'not a string' if not isinstance(value, str) else wrong}")
    return value


def _read_words(told: Told, field: str, known: frozenset[str]) -> list[str]:
    value = told.get(field, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one in known for one in value):
        raise UnfitOrderError(f"{field}: expected a list of {', '.join(sorted(known))}")
    return value


def _read_number(told: Told, field: str) -> float:
    value = told.get(field, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitOrderError(f"{field}: expected a number")
    return float(value)
