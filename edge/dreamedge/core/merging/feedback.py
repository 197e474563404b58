"""The sleeper's feedback: the own state with a share of the others (DESIGN 7.4).

f = (1 - a) x + a [(1 - b) c_-i + b A], with x the newest finite own state, c_-i the centre of the others from
the newest permission, A the artist's vector and a the rendered share.

The parts are kept here for two reasons. A fade goes on blending with the last centre of the others, so that
nothing jumps while the share falls. A fault brings NaN states just when a cue is needed: a state that is not
finite never enters, and the last finite one stays until the next. Only the artist's vector ages by itself: it
is dropped one second after it was received, fade or not.
"""

from math import sqrt
from typing import Final

from dreamedge.core.merging.cue import Felt
from dreamedge.core.merging.tether import Granted
from dreamwire.blend import feedback, finite
from dreamwire.messages import Assign, Floats

ARTIST_NS: Final = 1_000_000_000
"""Nanoseconds after which an artist's vector is dropped."""


class Blend:
    """The newest own state and the newest others, on the scale of one assignment."""

    def __init__(self, assign: Assign) -> None:
        self._mu_db = assign.mu_db
        self._sigma_db = assign.sigma_db
        self._x: Floats | None = None
        self._others: Granted | None = None
        self._made: Floats | None = None
        self._made_of = (0.0, 0.0)

    @property
    def x(self) -> Floats | None:
        """The newest finite own state, float32[D], shared scale; None before the first."""
        return self._x

    @property
    def distance(self) -> float | None:
        """Euclidean distance from the own state to the others, shared scale; None before both are known."""
        if self._x is None or self._others is None:
            return None
        away = self._x - self._others.c_minus
        return sqrt(away.dot(away))

    def own(self, x: Floats) -> None:
        """Take an own state, float32[D], shared scale; a state that is not finite is ignored."""
        if finite(x):
            self._x, self._made = x, None

    def others(self, granted: Granted) -> None:
        """Take the others from a permission."""
        self._others, self._made = granted, None

    def at(self, share: float, now_ns: int) -> Floats | None:
        """Return the feedback at this share, float32[D], shared scale; None before an own state is known."""
        if self._x is None:
            return None
        others = self._others
        if others is None:
            return self._x
        leads = 0 <= now_ns - others.received_ns < ARTIST_NS
        of = (share, others.artist_share if leads else 0.0)
        if self._made is None or self._made_of != of:
            # The result is finite, because it lies between two finite states.
            self._made, self._made_of = feedback(self._x, others.c_minus, share, others.artist, of[1]), of
        return self._made

    def felt(self, shared: Floats, share: float) -> Felt:
        """A shared-scale state as a simulated sleeper feels it, with the parts it was mixed from."""
        others = self._others
        if others is None:
            return Felt(shared, share, self._mu_db, self._sigma_db)
        c_minus, phase_means, at_ns = others.c_minus, others.phase_means, others.instant_ns
        return Felt(shared, share, self._mu_db, self._sigma_db, c_minus, phase_means, at_ns)
