"""A piece read from its document: exactly the members that it has, each within its bounds."""

from collections.abc import Mapping
from math import isfinite
from re import fullmatch
from typing import Final

from dreamd.core.limits import ARTIST_SHARE_MOST, PIECE_WORDS_MOST
from dreamd.core.pieces.piece import FORMAT, REVISIONS_MOST, SHA256_FORM, Credits, Piece, is_score, is_words

MEMBERS: Final = (
    *("format", "id", "title", "artist", "score_sha256", "dreamscape", "schema", "begin", "end"),
    *("ticks", "first_tick", "last_tick", "share_most", "chain_sha256", "guidelines"),
)
_NAME: Final = "[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?"
_INSTANT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
_TICK_MOST: Final = 2**53


class PieceError(ValueError):
    """A document is no piece; the message is one sentence."""


def read_piece(document: Mapping[str, object]) -> Piece:
    """Return the piece of a document.

    Raises:
        PieceError: it is none; the sentence names the member.
    """
    if document.get("format") != FORMAT:
        raise PieceError(f"its format is not '{FORMAT}'; a newer dreamd may have written it")
    other = sorted(set(MEMBERS) ^ set(document))
    if other:
        raise PieceError(f"a piece has the members {', '.join(MEMBERS)}; this one differs in {other[0]!r}")
    piece = Piece(
        credits=Credits(_words(document, "title"), _words(document, "artist"), _score(document)),
        dreamscape=_formed(document, "dreamscape", _NAME),
        schema=_formed(document, "schema", _NAME),
        begin=_formed(document, "begin", _INSTANT),
        end=_formed(document, "end", _INSTANT),
        ticks=_whole(document, "ticks"),
        first_tick=_whole(document, "first_tick"),
        last_tick=_whole(document, "last_tick"),
        share_most=_share(document),
        chain_sha256=_formed(document, "chain_sha256", SHA256_FORM),
        guidelines=_revisions(document["guidelines"]),
    )
    if document["id"] != piece.id:
        raise PieceError(f"id is not {piece.id}, the beginning of its chain")
    if not piece.begin <= piece.end:
        raise PieceError("end is before begin")
    if not piece.ticks <= piece.last_tick - piece.first_tick + 1:
        raise PieceError(f"ticks is more than there are from {piece.first_tick} to {piece.last_tick}")
    return piece


def _words(document: Mapping[str, object], name: str) -> str:
    value = document[name]
    if not isinstance(value, str) or not is_words(value):
        raise PieceError(f"{name} is not one line of at most {PIECE_WORDS_MOST} characters")
    return value


def _score(document: Mapping[str, object]) -> str:
    value = document["score_sha256"]
    if not isinstance(value, str) or not is_score(value):
        raise PieceError("score_sha256 is neither empty nor 64 hexadecimal digits")
    return value


def _formed(document: Mapping[str, object], name: str, form: str) -> str:
    value = document[name]
    if not isinstance(value, str) or fullmatch(form, value) is None:
        raise PieceError(f"{name} is not of the form {form}")
    return value


def _whole(document: Mapping[str, object], name: str) -> int:
    value = document[name]
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _TICK_MOST:
        return value
    raise PieceError(f"{name} is not a whole number from 1")


def _share(document: Mapping[str, object]) -> float:
    value = document["share_most"]
    if isinstance(value, float | int) and isfinite(value) and 0.0 < value <= ARTIST_SHARE_MOST:
        return float(value)
    raise PieceError(f"share_most is not a share above 0 and up to {ARTIST_SHARE_MOST:g}")


def _revisions(value: object) -> tuple[tuple[int, str], ...]:
    rows = value if isinstance(value, list) else []
    found = tuple(_revision(one) for one in rows)
    if not 1 <= len(found) <= REVISIONS_MOST:
        raise PieceError(f"guidelines is not a list of 1 to {REVISIONS_MOST} revisions")
    return found


def _revision(one: object) -> tuple[int, str]:
    if isinstance(one, dict) and set(one) == {"revision", "sha256"}:
        number, name = one["revision"], one["sha256"]
        sound = isinstance(number, int) and not isinstance(number, bool) and number >= 1
        if sound and isinstance(name, str) and fullmatch(SHA256_FORM, name):
            return number, name
    raise PieceError("guidelines has an entry that is not a revision with its number and SHA-256")
