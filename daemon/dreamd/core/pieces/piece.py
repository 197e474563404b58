"""A piece: the record of one lead of a Dreamscape, as the daemon signs it.

Rules
- It holds what was led and by which artist. It has no sleeper, no bed, no site and no count of people.
- Title and artist are the artist's own words; a score is named by the SHA-256 of its file.
- Its id is the beginning of its chain, so the id names this very lead.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from re import fullmatch
from typing import Final

from dreamd.core.limits import PIECE_WORDS_MOST
from dreamd.core.pieces.chain import Chain

FORMAT: Final = "dreamd piece 1"
ID_FORM: Final = "[0-9a-f]{16}"
SHA256_FORM: Final = "[0-9a-f]{64}"
REVISIONS_MOST: Final = 16
"""Revisions of the guidelines that one piece names; a lead lasts a night, and a revision days."""


@dataclass(frozen=True, slots=True)
class Credits:
    """The artist's own words on a lead. score_sha256: of the score's file, empty: played without one."""

    title: str = ""
    artist: str = ""
    score_sha256: str = ""


NO_CREDITS: Final = Credits()
"""Of a lead whose artist has said nothing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece. begin, end: instants of the first and the last tick led, ISO 8601 in UTC.

    schema: of the vector's features. share_most: the largest share broadcast, 0..1. chain_sha256: of the last
    tick. guidelines: (revision, SHA-256) in force while it was led, in order.
    """

    credits: Credits
    dreamscape: str
    schema: str
    begin: str
    end: str
    ticks: int
    first_tick: int
    last_tick: int
    share_most: float
    chain_sha256: str
    guidelines: tuple[tuple[int, str], ...]

    @property
    def id(self) -> str:
        """Its name: 16 hexadecimal digits."""
        return self.chain_sha256[:16]

    def new_chain(self) -> Chain:
        """Return the chain that its ticks are added to, as it was at the beginning."""
        return head(self.credits, self.dreamscape, self.schema, self.begin)

    def for_json(self) -> dict[str, object]:
        """Return it as an object for JSON."""
        return {
            "format": FORMAT,
            "id": self.id,
            "title": self.credits.title,
            "artist": self.credits.artist,
            "score_sha256": self.credits.score_sha256,
            "dreamscape": self.dreamscape,
            "schema": self.schema,
            "begin": self.begin,
            "end": self.end,
            "ticks": self.ticks,
            "first_tick": self.first_tick,
            "last_tick": self.last_tick,
            "share_most": self.share_most,
            "chain_sha256": self.chain_sha256,
            "guidelines": [{"revision": revision, "sha256": name} for revision, name in self.guidelines],
        }


def head(credits_: Credits, dreamscape: str, schema: str, begin: str) -> Chain:
    """Return the chain of a piece with this head, before its first tick."""
    words = credits_.title, credits_.artist, credits_.score_sha256
    return Chain.of_head(*words, dreamscape, schema, begin)


def is_piece_id(text: str) -> bool:
    """Whether this has the form of a piece's id."""
    return fullmatch(ID_FORM, text) is not None


def instant_text(at_s: float) -> str:
    """Return a session time as a piece has it: `2026-11-30T21:41:00.250Z`."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_words(text: str) -> bool:
    """Whether this can be a title or the name of an artist: empty, or one line without blanks around it."""
    return len(text) <= PIECE_WORDS_MOST and text.isprintable() and text == text.strip()


def is_score(text: str) -> bool:
    """Whether this names a score: empty, or the SHA-256 of its file."""
    return not text or fullmatch(SHA256_FORM, text) is not None
