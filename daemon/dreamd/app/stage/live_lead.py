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
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan
from typing import Final

import numpy as np

from dreamd.app.collective.artist_input import NO_ARTIST, ArtistInput
from dreamd.core.letters.night import LEADS_KEPT, Lead
from dreamd.core.limits import ARTIST_FRESH_S, ARTIST_SHARE_MOST, at_most
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamwire.blend import SHARE_B_MAX, X_LIMIT
from dreamwire.schema import Schema

assert ARTIST_SHARE_MOST <= SHARE_B_MAX, "pods take no artist above theirs"

SILENT_S: Final = 10.0
"""A lead that has been silent for longer can be followed by another."""


class LeadStream:
    """One artist's lead of one Dreamscape, from `LiveLead.begin` until it is closed."""

    def __init__(self, artists: "LiveLead") -> None:
        self._artists = artists

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
    """The lead of one Dreamscape. say: called when a lead begins and ends."""

    def __init__(
        self, schema: Schema, most: float, now_s: Callable[[], float], say: Callable[[str, str], object]
    ) -> None:
        """Of a Dreamscape of this schema, where an artist may have a share of at most `most`."""
        self._size = schema.size
        self._most = most
        self._now_s = now_s
        self.say = say
        self._lead: LeadStream | None = None
        self._newest = NO_ARTIST
        self._at_s = 0.0
        self._now: Lead | None = None
        self._over: deque[Lead] = deque(maxlen=LEADS_KEPT)

    def begin(self, artist: str = "") -> LeadStream | Refusal:
        """Begin to lead. artist: a name for the letters of the sleepers; empty: not known."""
        if not self._most > 0.0:
            return Refusal(Code.NOBODY_LEADS, "this Dreamscape's plan has no artist share")
        if self._lead is not None and self._now_s() - self._at_s <= SILENT_S:
            return Refusal(Code.LEAD_TAKEN, "somebody leads this Dreamscape already")
        self._keep_lead()
        self._lead, self._newest, self._at_s = LeadStream(self), NO_ARTIST, self._now_s()
        self._now = Lead(self._at_s, nan, artist)
        self.say("lead-started", "an artist leads")
        return self._lead

    def offer_from(self, lead: LeadStream, vector: Sequence[float], share: float) -> Refusal | None:
        """Take the newest input of this lead; a lead that is over is refused."""
        if lead is not self._lead:
            return Refusal(Code.WRONG_STATE, "this lead is over")
        share = at_most(share, self._most)
        refusal = self._wrong(vector, share)
        if refusal is not None:
            self.end_lead(lead)
            return refusal
        clipped = np.clip(np.asarray(vector, dtype=np.float32), -X_LIMIT, X_LIMIT)
        self._newest, self._at_s = (clipped, share), self._now_s()
        if self._now is not None and not share <= self._now.share:
            self._now = replace(self._now, share=share)
        return None

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
            self._lead, self._newest = None, NO_ARTIST
            self._keep_lead()
            self.say("lead-ended", "the artist leads no longer")

    def close(self) -> None:
        """No artist leads here any more; an open lead is over."""
        if self._lead is not None:
            self.end_lead(self._lead)

    def _keep_lead(self) -> None:
        if self._now is not None:
            self._over.append(replace(self._now, end_s=self._now_s()))
            self._now = None

    def leads_since(self, since_s: float) -> tuple[Lead, ...]:
        """Return the leads that were not over by this time, the last LEADS_KEPT; the present one ends now."""
        running = () if self._now is None else (replace(self._now, end_s=self._now_s()),)
        return tuple(one for one in (*self._over, *running) if one.end_s > since_s)

    def newest(self) -> ArtistInput:
        """The vector, float32[D], and its share; empty and 0 without a lead, or where it is silent."""
        age_s = self._now_s() - self._at_s
        fresh = 0.0 <= age_s <= ARTIST_FRESH_S
        return self._newest if fresh and self._newest[1] > 0.0 else NO_ARTIST
