"""The signal path as a protocol: the source of the hops that the agent decides by.

A whole fleet in virtual time needs no raw signal, so a simulation provides finished hops here, and the agent
sees no difference. `features.FrontEnd` is the real one.
"""

from typing import Protocol

from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.features import Hop


class SignalPath(Protocol):
    """Samples in, hops out."""

    def push(self, block: Block) -> None:
        """MUST take the samples; MUST NOT raise whatever they contain."""
        ...

    def hop(self, instant_ns: int) -> Hop | None:
        """MUST return the hop at this monotonic stamp once, and None while samples do not reach it."""
        ...

    def use(self, calibration: Baseline | None) -> None:
        """MUST judge by this calibration from now on, None: without one."""
        ...

    @property
    def missing_features(self) -> tuple[str, ...]:
        """MUST name the features of the schema that this device can never measure."""
        ...
