"""An implant that malfunctions on purpose: wraps any other, from its onset on.

The pod gets no notice and has to find the malfunction in the samples. Only the onset is known here, so that
the time from onset to alone can be measured at the pod itself.

A malfunction of the signal works with any implant. One of the sleeper (driven, paced, or under a flickering
lamp) needs a simulated one. `crosstalk` needs a second bed in the process and copies its brain. A
malfunction elsewhere in the pod (`fault_injection`) also passes through here, so that its onset is reported
in the same way.
"""

import dataclasses
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters import fault_injection
from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.implants.simulated.feature_only import (
    CROSSTALK,
    SIGNAL,
    FeatureOnlyImplant,
    SimulatedFault,
)
from dreamedge.adapters.implants.simulated.implant import SLEEPERS, SimulatedImplant
from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.recording_facts import Note
from dreamedge.ports.implant import Felt, Implant, ImplantError
from dreamwire.messages import CalibrationSource, Device

Array = NDArray[np.float64]

_ASSUMED_FULL_SCALE_UV: Final = 187_500.0
"""Assumed for an implant with an unknown full scale: a common 24-bit amplifier at gain 24."""
_COPY_UV: Final = 0.2
"""Noise of the second amplifier on one brain."""
_TAPPED: Final = 64
"""Blocks that a tap keeps for the second bed: three seconds; the oldest are dropped."""


def _flat(uv: Array, _full_scale_uv: float) -> Array:
    """A lead that has come off inside the amplifier: zeros."""
    return np.zeros_like(uv)


def _railed(uv: Array, full_scale_uv: float) -> Array:
    """An input driven out of range: stuck at the positive rail."""
    return np.full_like(uv, full_scale_uv)


def _nonfinite(uv: Array, _full_scale_uv: float) -> Array:
    """A driver that divides by zero: NaN."""
    return np.full_like(uv, np.nan)


_SPOILERS: Final[dict[str, Callable[[Array, float], Array]]] = {
    "flat": _flat,
    "railed": _railed,
    "nonfinite": _nonfinite,
}

NAMES: Final = ("silence", *_SPOILERS, *fault_injection.NAMES, CROSSTALK, *SLEEPERS)
"""All malfunctions; `silence` delivers nothing at all."""


def check_name(name: str) -> str:
    """Return `name` if it is a malfunction.

    Raises:
        ImplantError: it is not; the text lists the malfunctions.
    """
    if name not in NAMES:
        raise ImplantError(f"malfunction {name!r} is not known; choose one of {', '.join(NAMES)}.")
    return name


class _Around:
    """A wrapper that passes everything to the inner implant unless overridden."""

    def __init__(self, inner: Implant) -> None:
        self.inner = inner

    @property
    def montage(self) -> Montage:
        """The inner montage."""
        return self.inner.montage

    @property
    def device(self) -> Device:
        """The inner device: nothing reveals a malfunction."""
        return self.inner.device

    @property
    def source(self) -> CalibrationSource:
        """The inner source."""
        return self.inner.source

    @property
    def ended(self) -> bool:
        """Whether the inner implant has ended."""
        return self.inner.ended

    @property
    def onset_ns(self) -> int:
        """The inner onset."""
        return self.inner.onset_ns

    @property
    def notes(self) -> tuple[Note, ...]:
        """The inner notes."""
        return self.inner.notes

    def enrolment(self) -> Block | None:
        """The inner enrolment: a malfunction comes later."""
        return self.inner.enrolment()

    def close(self) -> None:
        """Close the inner implant."""
        self.inner.close()


class Tap(_Around):
    """An implant whose blocks are also kept for a second bed."""

    def __init__(self, inner: Implant) -> None:
        super().__init__(inner)
        self._heard: deque[Block] = deque(maxlen=_TAPPED)

    def read(self, now_ns: int) -> Block | None:
        """The inner block; a copy is kept for the second bed."""
        block = self.inner.read(now_ns)
        if block is not None:
            self._heard.append(block)
        return block

    def overheard(self) -> list[Block]:
        """The blocks read since the last call."""
        heard = list(self._heard)
        self._heard.clear()
        return heard

    def feel(self, felt: Felt, now_ns: int) -> None:
        """Pass the feedback to the inner implant."""
        self.inner.feel(felt, now_ns)


class MalfunctioningImplant(_Around):
    """`inner` until the onset, then malfunction `name`. tap: the implant whose brain `crosstalk` copies."""

    def __init__(self, inner: Implant, name: str, onset: Onset, tap: Tap | None = None) -> None:
        super().__init__(inner)
        self._name = check_name(name)
        self._onset = onset
        self._now_ns = 0
        self._injected = False
        self._tap = tap
        self._rng = np.random.default_rng(6)
        self._check()
        full_scale_uv = inner.montage.full_scale_uv or _ASSUMED_FULL_SCALE_UV
        self._montage = dataclasses.replace(inner.montage, full_scale_uv=full_scale_uv)

    def _check(self) -> None:
        simulated = isinstance(self.inner, SimulatedImplant | FeatureOnlyImplant)
        if self._name in SLEEPERS and not simulated:
            raise ImplantError(f"malfunction {self._name} needs a simulated sleeper; use sim or sim-light.")
        if self._name != CROSSTALK:
            return
        other = self._tap.inner if self._tap is not None else None
        if other is None or other.montage.names != self.inner.montage.names:
            raise ImplantError(
                "malfunction crosstalk needs a bed with the same electrodes before it in this process."
            )
        if isinstance(self.inner, FeatureOnlyImplant) and isinstance(other, FeatureOnlyImplant):
            self.inner.other = other

    @property
    def montage(self) -> Montage:
        """The inner montage; an unknown full scale is replaced by an assumed one."""
        return self._montage

    def read(self, now_ns: int) -> Block | None:
        """The inner samples up to the onset, spoiled after it."""
        self._onset.on_read(now_ns)
        self._now_ns = now_ns
        self._inject_fault()
        block = self.inner.read(now_ns)
        if self._name == CROSSTALK:
            return self._copied(block, now_ns)
        at_ns = self._onset.at_ns
        if block is None or at_ns is None or block.last_ns <= at_ns or not self._spoils:
            return block
        return self._spoil(block, at_ns)

    @property
    def _spoils(self) -> bool:
        in_signal = self._name == "silence" or self._name in _SPOILERS
        return in_signal and not isinstance(self.inner, FeatureOnlyImplant)

    def _inject_fault(self) -> None:
        """Start a malfunction of the sleeper, once."""
        at_ns = self._onset.at_ns
        if self._injected or at_ns is None:
            return
        if isinstance(self.inner, FeatureOnlyImplant):
            self._injected = True
            if self._name in (*SIGNAL, *SLEEPERS, CROSSTALK):
                self.inner.fault = SimulatedFault(self._name, at_ns)
        elif isinstance(self.inner, SimulatedImplant) and self._now_ns >= at_ns:
            self._injected = True
            if self._name in SLEEPERS:
                self.inner.inject_fault(self._name)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """Pass the feedback to the inner implant; the first share may start the malfunction."""
        self._onset.given(felt.share, now_ns)
        self.inner.feel(felt, now_ns)

    @property
    def onset_ns(self) -> int:
        """When the malfunction began; 0 while it has not."""
        at_ns = self._onset.at_ns
        return at_ns if at_ns is not None and self._now_ns >= at_ns else 0

    def _copied(self, block: Block | None, now_ns: int) -> Block | None:
        """The other bed's samples in place of this bed's own."""
        overheard = self._tap.overheard() if self._tap is not None else []
        if not self._onset.begun(now_ns) or isinstance(self.inner, FeatureOnlyImplant):
            return block
        if not overheard:
            return None
        uv = np.concatenate([one.uv for one in overheard])
        return Block(uv + self._rng.normal(0.0, _COPY_UV, uv.shape), overheard[-1].last_ns)

    def _spoil(self, block: Block, at_ns: int) -> Block | None:
        rate_hz = self.montage.rate_hz
        late = int(np.ceil((block.last_ns - at_ns) * rate_hz / 1e9))
        healthy = max(0, len(block.uv) - late)
        if self._name == "silence":
            last_ns = block.last_ns - int((len(block.uv) - healthy) * 1e9 / rate_hz)
            return Block(block.uv[:healthy], last_ns, block.contact) if healthy else None
        spoiled = block.uv.copy()
        spoiled[healthy:] = _SPOILERS[self._name](spoiled[healthy:], self.montage.full_scale_uv)
        return Block(spoiled, block.last_ns, block.contact)
