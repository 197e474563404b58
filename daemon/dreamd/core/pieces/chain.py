"""The chain of a piece: one hash over each tick that was led, with the vector and the share as broadcast.

Theory of operation. The chain begins with the SHA-256 of the piece's head: title, artist, score, Dreamscape,
schema and beginning. Each tick led is hashed together with the chain before it. A recording
of the same ticks gives the same last value; without one of them, or with another number in it, it does not.

Rules
- A tick counts where its message held the artist. Ticks that granted nothing are not led.
- Ticks increase. Numbers are as broadcast: the vector in float32, the share in float64, little-endian.
- It costs one hash of about 100 bytes a tick, and holds 32 bytes, however long the lead is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import pack
from typing import Final

_BEGINS: Final = b"dreamd piece 1\0"


@dataclass(slots=True)
class Chain:
    """The chain so far. value: of the last tick. ticks: led; first, last: their numbers, 0 without one."""

    value: bytes
    ticks: int = 0
    first: int = 0
    last: int = 0

    @classmethod
    def of_head(cls, *parts: str) -> "Chain":
        """Return the chain of a piece with these parts of its head, none of which holds a NUL."""
        return cls(sha256(_BEGINS + "\0".join(parts).encode()).digest())

    def add_tick(self, tick: int, vector: Sequence[float], share: float) -> None:
        """Add one tick led.

        Args:
            tick: the number of its message, above that of the tick before.
            vector: the artist's as broadcast, float32[D].
            share: of the blend, 0..1.

        Raises:
            ValueError: the tick is not above the one before.
        """
        if not tick > self.last:
            raise ValueError(f"tick {tick} comes after tick {self.last}")
        self.value = sha256(self.value + link(tick, vector, share)).digest()
        self.first, self.last, self.ticks = self.first or tick, tick, self.ticks + 1


def link(tick: int, vector: Sequence[float], share: float) -> bytes:
    """Return one tick as it is hashed: tick u64, D u32, the vector float32[D], the share float64."""
    return pack(f"<QI{len(vector)}fd", tick, len(vector), *vector, share)
