"""The artist's live lead of a Dreamscape.

The artist's vector has a share in the blend that every pod renders (DESIGN 7.4): within the plan's artist
share, which each sleeper seated has granted, and within each sleeper's own coupling.

Rules
- One artist leads at a time. A second one is refused, unless the first has been silent for ten seconds: a
  stream over a network that has gone may take minutes to end.
- A vector counts until it is a second old by the daemon's clock. Each one is taken whole or refused: a number
  that is NaN or infinite, another length, a share above the plan's. A refusal ends the lead.
- When a lead ends, however it ends, the artist has no share from the next message on.
- A severed Dreamscape gets no artist either: the broadcast of a zero holds no artist's vector.
- An artist that is severed as a sleeper leads no more (`leader_seat`).
- Each lead is a piece of its own: what was broadcast, tick by tick, is kept at the end of the lead. A lead of
  which no tick was broadcast leaves none.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan
from typing import Final, Self

import numpy as np

from dreamd.app.collective.artist_input import NO_ARTIST, ArtistInput
from dreamd.app.stage.leader_seat import LeaderSeat
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.letters.night import LEADS_KEPT, Lead
from dreamd.core.limits import ARTIST_FRESH_S, ARTIST_SHARE_MOST, PIECE_WORDS_MOST, at_most
from dreamd.core.pieces.open_piece import OpenPiece
from dreamd.core.pieces.piece import NO_CREDITS, Credits, Piece, is_score, is_words
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamwire.blend import SHARE_B_MAX, X_LIMIT
from dreamwire.schema import Schema, schema_named

assert ARTIST_SHARE_MOST <= SHARE_B_MAX, "pods take no artist above theirs"

SILENT_S: Final = 10.0
"""A lead that has been silent for longer can be followed by another."""


Now = Callable[[], float]
Say = Callable[[str, str], object]
KeepPiece = Callable[[Piece], object]


class LeadStream:
    """One artist's lead of one Dreamscape, from `LiveLead.begin` until it is closed.

    own: the artist's seat, where the artist is a sleeper. piece: the id of its piece, once it is over and was
    broadcast. ended_by: why it ended against the artist's will.
    """

    def __init__(self, artists: "LiveLead", own: LeaderSeat | None) -> None:
        self._artists = artists
        self.own = own
        self.piece = ""
        self.ended_by: Refusal | None = None

    def offer(self, vector: Sequence[float], share: float) -> Refusal | None:
        """Take the artist's newest input; None: taken.

        Args:
            vector: D numbers on the shared scale, clipped to +-6.
            share: in what is blended, 0 to the plan's artist share.
        """
        return self._artists.offer_from(self, vector, share)

    def close(self) -> None:
        """The lead is over; safe to call twice."""
        self._artists.end_lead(self)


class LiveLead:
    """The lead of one Dreamscape. say: called when a lead begins and ends. keep: with each piece."""

    def __init__(
        self,
        schema: Schema,
        most: float,
        now_s: Now,
        say: Say,
        dreamscape: str = "",
        keep: KeepPiece = lambda _piece: None,
    ) -> None:
        """Of a Dreamscape of this schema, where an artist may have a share of at most `most`."""
        self._size = schema.size
        self._of = dreamscape, schema.name
        self._keep = keep
        self._piece: OpenPiece | None = None
        self._words = NO_CREDITS
        self._most = most
        self._now_s = now_s
        self.say = say
        self._lead: LeadStream | None = None
        self._newest = NO_ARTIST
        self._at_s = 0.0
        self._now: Lead | None = None
        self._over: deque[Lead] = deque(maxlen=LEADS_KEPT)

    @classmethod
    def of_plan(cls, plan: Plan, now_s: Now, say: Say, keep: KeepPiece) -> Self:
        """Return the lead of the Dreamscape of this plan."""
        return cls(schema_named(plan.schema), plan.artist_share, now_s, say, plan.dreamscape, keep)

    def begin(
        self, artist: str = "", words: Credits = NO_CREDITS, own: LeaderSeat | None = None
    ) -> LeadStream | Refusal:
        """Begin to lead.

        Args:
            artist: the caller's name, for the letters of the sleepers; empty: not known.
            words: the artist's own; a name in them stands in the place of the caller's.
            own: the caller's own seat, where the caller is a sleeper.
        """
        refusal = wrong_words(words) or _severed(own)
        if refusal is not None:
            return refusal
        if not self._most > 0.0:
            return Refusal(Code.NOBODY_LEADS, "this Dreamscape's plan has no artist share")
        if self._lead is not None and self._now_s() - self._at_s <= SILENT_S:
            return Refusal(Code.LEAD_TAKEN, "somebody leads this Dreamscape already")
        self._keep_lead()
        self._lead, self._newest, self._at_s = LeadStream(self, own), NO_ARTIST, self._now_s()
        self._words = replace(words, artist=words.artist or fit_words(artist))
        self._piece = OpenPiece(self._words, *self._of)
        self._now = Lead(self._at_s, nan, self._words.artist, words.title)
        self.say("lead-started", "an artist leads")
        return self._lead

    def offer_from(self, lead: LeadStream, vector: Sequence[float], share: float) -> Refusal | None:
        """Take the newest input of this lead; a lead that is over is refused."""
        self._stop_severed()
        if lead is not self._lead:
            return lead.ended_by or Refusal(Code.WRONG_STATE, "this lead is over")
        share = at_most(share, self._most)
        refusal = self._wrong(vector, share)
        if refusal is not None:
            self.end_lead(lead)
            return refusal
        clipped = np.clip(np.asarray(vector, dtype=np.float32), -X_LIMIT, X_LIMIT)
        self._newest, self._at_s = (clipped, share), self._now_s()
        return None

    def broadcast(self, tick: int, applied: ArtistInput, revision: tuple[int, str]) -> None:
        """A message that grants something held this input.

        Args:
            tick: the message's number.
            applied: the vector and share in it; empty and 0: no artist's.
            revision: of the guidelines in force, its number and SHA-256.
        """
        vector, share = applied
        if not share > 0.0 or self._piece is None:
            return
        self._piece.add_tick(self._now_s(), tick, vector.tolist(), share, revision)
        if self._now is not None and not share <= self._now.share:
            self._now = replace(self._now, share=share)

    def _wrong(self, vector: Sequence[float], share: float) -> Refusal | None:
        if len(vector) != self._size:
            return bad_field("vector", f"{self._size} numbers", Figure(f"{len(vector)} numbers"))
        if not np.isfinite(np.asarray(vector, dtype=np.float32)).all():
            return bad_field("vector", "finite numbers", Figure("one that is infinite or NaN"))
        if not 0.0 <= share <= self._most:
            return bad_field("share", f"0 to {self._most}, the plan's artist share", share)
        return None

    def end_lead(self, lead: LeadStream) -> None:
        """This lead is over."""
        if lead is self._lead:
            self._newest = NO_ARTIST
            self._keep_lead()
            self._lead = None
            self.say("lead-ended", "the artist leads no longer")

    def close(self) -> None:
        """No artist leads here any more; an open lead is over."""
        if self._lead is not None:
            self.end_lead(self._lead)

    def close_piece(self) -> None:
        """The Dreamscape is over: what was led so far is a piece, whether or not the stream goes on."""
        piece = None if self._piece is None else self._piece.closed()
        if piece is not None:
            self._keep(piece)
            if self._lead is not None:
                self._lead.piece = piece.id
            self._piece = OpenPiece(self._words, *self._of)

    def _keep_lead(self) -> None:
        self.close_piece()
        self._piece = None
        if self._now is not None:
            self._over.append(replace(self._now, end_s=self._now_s()))
            self._now = None

    def leads_since(self, since_s: float) -> tuple[Lead, ...]:
        """Return the leads that were not over by this time, the last LEADS_KEPT; the present one ends now."""
        running = () if self._now is None else (replace(self._now, end_s=self._now_s()),)
        return tuple(one for one in (*self._over, *running) if one.end_s > since_s)

    def _stop_severed(self) -> None:
        """End the lead of an artist that is severed as a sleeper."""
        if self._lead is None:
            return
        no = _severed(self._lead.own)
        if no is not None:
            self._lead.ended_by = no
            self.end_lead(self._lead)

    def newest(self) -> ArtistInput:
        """The vector, float32[D], and its share; empty and 0 without a lead, or where it is silent."""
        self._stop_severed()
        age_s = self._now_s() - self._at_s
        fresh = 0.0 <= age_s <= ARTIST_FRESH_S
        return self._newest if fresh and self._newest[1] > 0.0 else NO_ARTIST


def _severed(own: LeaderSeat | None) -> Refusal | None:
    """Return why an artist with this seat may not lead."""
    return own.lead_refused() if own is not None else None


def fit_words(name: str) -> str:
    """Return a caller's name where it can be an artist's; else nothing."""
    return name if is_words(name) else ""


def wrong_words(words: Credits) -> Refusal | None:
    """Return why an artist's words cannot be those of a piece; None: they can."""
    for field, text in (("title", words.title), ("artist", words.artist)):
        if not is_words(text):
            expected = f"one line of at most {PIECE_WORDS_MOST} characters, without blanks around it"
            return bad_field(field, expected, Figure(f"{len(text)} characters"))
    if not is_score(words.score_sha256):
        got = Figure(f"{len(words.score_sha256)} characters")
        return bad_field("score_sha256", "the SHA-256 of the score's file, 64 hexadecimal digits", got)
    return None
