"""The grid at the pod: one hop per instant, and one frame per hop and assignment.

The first sequence number is random: a broadcast answers a sequence number, so a restarted pod must not be
answered for frames of its earlier run. Instants only grow; a stall leaves a gap, never a burst. A hop is
requested at every pulse until the samples reach its instant, and given up when the next instant begins.
"""

import random
from typing import Final

import numpy as np

from dreamedge.core.clock import SessionClock, between, mask_phasors, phase_limits_us
from dreamedge.core.signal.features import Hop
from dreamedge.core.signal.signal_path import SignalPath
from dreamwire.blend import first_seq, next_seq
from dreamwire.messages import Assign, Floats, Frame, StoredSever
from dreamwire.schema import HOP_MS, INSTANTS_PER_HOP, Schema

HOP_NS: Final = HOP_MS * 1_000_000

_ROUNDING_NS: Final = 1_000_000
"""Ample: session times are seconds since 1970 as float64, good to a quarter of a microsecond."""


class Hops:
    """The hop of the newest grid instant, each returned once."""

    def __init__(self, path: SignalPath, clock: SessionClock) -> None:
        self._path = path
        self._clock = clock
        self._instant_ns = 0
        self._due_ns = 0
        self._due_by = -1
        self._due_s: float | None = None
        self.last: Hop | None = None

    @property
    def due_ns(self) -> int:
        """The earliest possible time of the next hop, by the present session clock; 0: any time."""
        learnt = self._clock.learnt
        if learnt != self._due_by and self._due_s is not None:
            due_ns = self._clock.monotonic_ns(self._due_s) - _ROUNDING_NS
            # Only a clock that was stepped far can yield another instant before the next one.
            self._due_ns = due_ns if abs(due_ns - self._due_ns) < HOP_NS // 4 else 0
            self._due_by = learnt
        return self._due_ns

    def newest(self, now_ns: int) -> Hop | None:
        """Return the newest hop if ready; on the pod's own grid until the session clock is known."""
        if now_ns < self.due_ns:
            return None
        session_ms = self._clock.session_ms(now_ns)
        if session_ms is None:
            instant_ns = now_ns // HOP_NS * HOP_NS
        else:
            instant_ns = self._clock.monotonic_ns(session_ms // HOP_MS * HOP_MS / 1000)
        if instant_ns - self._instant_ns < HOP_NS // 2:  # the same instant, slightly slewed
            return None
        hop = self._path.hop(instant_ns)
        if hop is not None:
            self.last, self._instant_ns = hop, instant_ns
            if session_ms is not None:
                self._due_s = (session_ms // HOP_MS + 1) * HOP_MS / 1000
                self._due_ns = self._clock.monotonic_ns(self._due_s) - _ROUNDING_NS
                self._due_by = self._clock.learnt
        return hop


class Framer:
    """Numbers and builds frames."""

    def __init__(self, schema: Schema, rng: random.Random) -> None:
        self._code = schema.code
        self._limits_us = phase_limits_us(schema)
        self._one = np.ones((INSTANTS_PER_HOP, len(schema.phase_bands), 2), dtype=np.float32)
        self._mask, self._mask_us = self._one, (0.0, 0.0)
        self._rng = rng
        self._seq = first_seq(rng.getrandbits(32))
        self._instant: int | None = None

    def restart_sequence(self) -> None:
        """Start a new, random sequence."""
        self._seq = first_seq(self._rng.getrandbits(32))
        self._instant = None

    def due(self, instant: int) -> bool:
        """Whether this grid instant is later than every framed one."""
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
        return Frame(
            assignment=assign.assignment,
            seq=self._seq,
            instant=instant,
            offset_error_us=round((hop.captured_ns - hop.instant_ns) / 1000),
            uncertainty_us=uncertainty_us,
            schema=self._code,
            features=features,
            phasors=self._masked(hop.phasors, uncertainty_us),
            quality=hop.quality,
            applied=applied,
            fading=fading,
            latched=latched,
            heard_term=heard[0],
            heard_tick=heard[1],
            severed=severed,
            own_z=own_z,
        )

    def _masked(self, phasors: Floats, uncertainty_us: int) -> Floats:
        """The masked phasors, see `mask_phasors`; the mask is reused until a limit is crossed."""
        above_us, up_to_us = self._mask_us
        if not above_us < uncertainty_us <= up_to_us:
            self._mask = mask_phasors(self._one, self._limits_us, uncertainty_us)
            self._mask_us = between(self._limits_us, uncertainty_us)
        return phasors * self._mask
