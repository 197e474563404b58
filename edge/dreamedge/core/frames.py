"""The grid at the pod: one hop an instant, and of one assignment one frame a hop.

Why the start is random: the seq is what a broadcast answers, so a pod that starts over must not be
answered for frames of its earlier life. Instants only grow; a stall leaves a gap, never a burst. A hop is
asked for at every pulse until the samples reach its instant, and given up when the next one begins.
"""

import random
from math import inf
from typing import Final

import numpy as np

from dreamedge.core.clock import SessionClock, mask_phasors, phase_limits_us
from dreamedge.core.features import Hop
from dreamedge.core.senses import SignalPath
from dreamwire.blend import first_seq, next_seq
from dreamwire.messages import Assign, Frame, StoredSever
from dreamwire.schema import HOP_MS, Schema

HOP_NS: Final = HOP_MS * 1_000_000

_ROUNDING_NS: Final = 1_000_000
"""Ample: session times are seconds since 1970 as float64, good to a quarter of a microsecond."""


class Hops:
    """The newest grid instant's hop, each once."""

    def __init__(self, path: SignalPath, clock: SessionClock) -> None:
        self._path = path
        self._clock = clock
        self._instant_ns = 0
        self._due_ns = 0
        self._due_by = -1
        self.last: Hop | None = None

    @property
    def due_ns(self) -> int:
        """No hop can be had earlier than this; 0 where the next may be had at any time.

        It holds as long as the session clock is known and takes no further answer.
        """
        return self._due_ns if self._clock.learnt == self._due_by else 0

    def newest(self, now_ns: int) -> Hop | None:
        """Return the hop if it is there; on the pod's own grid until the session's is known."""
        if now_ns < self.due_ns:
            return None
        session_ms = self._clock.session_ms(now_ns)
        if session_ms is None:
            instant_ns = now_ns // HOP_NS * HOP_NS
        else:
            instant_ns = self._clock.monotonic_ns(session_ms // HOP_MS * HOP_MS / 1000)
        if instant_ns - self._instant_ns < HOP_NS // 2:  # the same instant, a little slewed
            return None
        hop = self._path.hop(instant_ns)
        if hop is not None:
            self.last, self._instant_ns = hop, instant_ns
            if session_ms is not None:
                next_ns = self._clock.monotonic_ns((session_ms // HOP_MS + 1) * HOP_MS / 1000)
                self._due_ns, self._due_by = next_ns - _ROUNDING_NS, self._clock.learnt
        return hop


class Framer:
    """Numbers and builds frames."""

    def __init__(self, schema: Schema, rng: random.Random) -> None:
        self._code = schema.code
        self._limits_us = phase_limits_us(schema)
        self._strictest_us = float(self._limits_us.min(initial=inf))
        self._rng = rng
        self._seq = first_seq(rng.getrandbits(32))
        self._instant: int | None = None

    def assign(self) -> None:
        """Start a new, random sequence."""
        self._seq = first_seq(self._rng.getrandbits(32))
        self._instant = None

    def due(self, instant: int) -> bool:
        """Whether this grid instant is later than every one framed."""
        return self._instant is None or instant > self._instant

    def frame(
        self,
        hop: Hop,
        instant: int,
        assign: Assign,
        *,
        uncertainty_us: int,
        applied: float,
        fading: bool,
        latched: str,
        heard: tuple[int, int],
        severed: StoredSever | None,
        own_z: float,
    ) -> Frame:
        """Build the frame of one grid instant."""
        assert self.due(instant), "instants only grow"
        self._instant = instant
        self._seq = next_seq(self._seq)
        features = np.asarray(hop.features_db, dtype=np.float32)
        all_held = uncertainty_us <= self._strictest_us
        return Frame(
            assignment=assign.assignment,
            seq=self._seq,
            instant=instant,
            offset_error_us=round((hop.captured_ns - hop.instant_ns) / 1000),
            uncertainty_us=uncertainty_us,
            schema=self._code,
            features=features,
            phasors=hop.phasors if all_held else mask_phasors(hop.phasors, self._limits_us, uncertainty_us),
            quality=hop.quality,
            applied=applied,
            fading=fading,
            latched=latched,
            heard_term=heard[0],
            heard_tick=heard[1],
            severed=severed,
            own_z=own_z,
        )
