"""What the agent's decisions stand on, as a protocol: the signal path.

Why a protocol inside the core: a whole fleet in virtual time needs no raw signal, so a simulation plugs a
source of finished hops here; the agent cannot tell. `features.FrontEnd` is the real one.
"""

from typing import Protocol

from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.features import Hop


class SignalPath(Protocol):
    """Samples in, hops out."""

    def push(self, block: Block) -> None:
        """MUST take the samples; MUST NOT raise for what is in them."""
        ...

    def hop(self, instant_ns: int) -> Hop | None:
        """MUST return the hop at this monotonic stamp once, and None while samples do not reach it."""
        ...

    def use(self, calibration: Baseline | None) -> None:
        """MUST judge by this calibration from now on, None: by none."""
        ...

    @property
    def missing_features(self) -> tuple[str, ...]:
        """MUST name the features of the schema this device can never measure."""
        ...
