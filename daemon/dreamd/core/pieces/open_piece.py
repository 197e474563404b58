"""A piece while it is led: its chain grows with each tick, in memory alone. A killed daemon loses it."""

from collections.abc import Sequence

from dreamd.core.pieces.chain import Chain
from dreamd.core.pieces.piece import REVISIONS_MOST, Credits, Piece, head, instant_text


class OpenPiece:
    """The piece of one lead of this Dreamscape. schema: its name."""

    def __init__(self, words: Credits, dreamscape: str, schema: str) -> None:
        self._head = words, dreamscape, schema
        self._chain: Chain | None = None
        self._begin = self._end = ""
        self._share_most = 0.0
        self._guidelines: list[tuple[int, str]] = []

    def add_tick(
        self, at_s: float, tick: int, vector: Sequence[float], share: float, revision: tuple[int, str]
    ) -> None:
        """Add a tick whose message held the artist; one whose number is not above the last is left out.

        Args:
            at_s: session time.
            tick: the number of the message.
            vector: as broadcast, float32[D].
            share: of the blend, above 0.
            revision: of the guidelines in force: its number and SHA-256.
        """
        if self._chain is None:
            self._begin = instant_text(at_s)
            self._chain = head(*self._head, self._begin)
        if not tick > self._chain.last:
            return
        self._chain.add_tick(tick, vector, share)
        self._end = max(self._begin, instant_text(at_s))
        self._share_most = max(self._share_most, share)
        if revision not in self._guidelines[-1:]:
            self._guidelines = [*self._guidelines, revision][-REVISIONS_MOST:]

    def closed(self) -> Piece | None:
        """Return the piece as far as it was led; None: no tick was."""
        chain = self._chain
        if chain is None or not chain.ticks:
            return None
        return Piece(
            *self._head,
            begin=self._begin,
            end=self._end,
            ticks=chain.ticks,
            first_tick=chain.first,
            last_tick=chain.last,
            share_most=self._share_most,
            chain_sha256=chain.value.hex(),
            guidelines=tuple(self._guidelines),
        )
