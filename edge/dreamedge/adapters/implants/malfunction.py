"""An implant that malfunctions on purpose: wraps any other, from a given second on.

The pod is not told. What it must notice, it has to notice in the samples; only the onset is known
here, so that the time from onset to alone can be measured at the pod itself.
"""

import dataclasses
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal import Block, Montage
from dreamedge.ports.implant import Felt, Implant, ImplantError
from dreamwire.messages import CalibrationSource, Device

Array = NDArray[np.float64]

_ASSUMED_FULL_SCALE_UV: Final = 187_500.0
"""Of an implant that does not know its own: a common 24-bit amplifier at gain 24."""


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

NAMES: Final = ("silence", *_SPOILERS)
"""What can go wrong here; `silence` delivers nothing at all."""


def check_name(name: str) -> str:
    """`name` if it is a malfunction.

    Raises:
        ImplantError: it is none; the text lists those there are.
    """
    if name not in NAMES:
        raise ImplantError(f"malfunction {name!r} is not known; choose one of {', '.join(NAMES)}.")
    return name


class MalfunctioningImplant:
    """`inner` until `after_s` seconds after `since_ns` (None: its first read), then malfunction `name`."""

    def __init__(self, inner: Implant, name: str, after_s: float, since_ns: int | None = None) -> None:
        self._inner = inner
        self._name = check_name(name)
        self._after_ns = int(after_s * 1e9)
        self._start_ns = since_ns
        self._now_ns = 0
        full_scale_uv = inner.montage.full_scale_uv or _ASSUMED_FULL_SCALE_UV
        self._montage = dataclasses.replace(inner.montage, full_scale_uv=full_scale_uv)

    @property
    def montage(self) -> Montage:
        """The inner montage; a full scale is assumed where it has none."""
        return self._montage

    @property
    def device(self) -> Device:
        """The inner device: nothing gives the malfunction away."""
        return self._inner.device

    @property
    def source(self) -> CalibrationSource:
        """As inside."""
        return self._inner.source

    def enrolment(self) -> Block | None:
        """As inside: the malfunction comes later."""
        return self._inner.enrolment()

    def read(self, now_ns: int) -> Block | None:
        """Samples as inside up to the onset, spoiled after it."""
        if self._start_ns is None:
            self._start_ns = now_ns
        self._now_ns = now_ns
        block = self._inner.read(now_ns)
        if block is None or block.last_ns <= self._onset_ns():
            return block
        return self._spoil(block)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """As inside."""
        self._inner.feel(felt, now_ns)

    @property
    def ended(self) -> bool:
        """As inside."""
        return self._inner.ended

    @property
    def onset_ns(self) -> int:
        """When the malfunction began; 0 while it has not."""
        return self._onset_ns() if self._start_ns is not None and self._now_ns >= self._onset_ns() else 0

    def close(self) -> None:
        """As inside."""
        self._inner.close()

    def _onset_ns(self) -> int:
        assert self._start_ns is not None
        return self._start_ns + self._after_ns

    def _spoil(self, block: Block) -> Block | None:
        rate_hz = self.montage.rate_hz
        late = int(np.ceil((block.last_ns - self._onset_ns()) * rate_hz / 1e9))
        healthy = max(0, len(block.uv) - late)
        if self._name == "silence":
            last_ns = block.last_ns - int((len(block.uv) - healthy) * 1e9 / rate_hz)
            return Block(block.uv[:healthy], last_ns, block.contact) if healthy else None
        spoiled = block.uv.copy()
        spoiled[healthy:] = _SPOILERS[self._name](spoiled[healthy:], self.montage.full_scale_uv)
        return Block(spoiled, block.last_ns, block.contact)
