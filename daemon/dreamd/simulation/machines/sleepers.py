"""The sleepers in the beds of a simulated fleet, and the ways in which an honest implant fails.

A fleet leaves the signal path out: it has its own tests and costs a hundred times the rest. `Body` is the
sleeper of features alone that `dreamd rehearse` plays with real processes. A test may give `World` another
`Sleeper`, with the whole signal path.
"""

from typing import Final, Protocol

from dreamedge.adapters.implants.simulated.feature_only import HARD, FeatureOnlyImplant, SimulatedFault
from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.signal_path import SignalPath
from dreamedge.ports.implant import Implant

__all__ = ["HARD", "MALFUNCTIONS", "SOFT", "Body", "SimulatedFault", "Sleeper"]

SOFT: Final = ("railed", "flat", "contact", "mains", "amplitude")
MALFUNCTIONS: Final = (*SOFT, *HARD, "silence")
"""The malfunctions of an honest pod's implant."""


class Sleeper(Implant, Protocol):
    """A sleeper and the implant, which outlive the process of their pod.

    origin_ns: the pod's clock when the world began. captured_ns: the capture of the newest hop.
    """

    origin_ns: int
    captured_ns: int
    fault: SimulatedFault | None

    def template(self) -> Baseline:
        """MUST return the calibration that goes with the sleeper."""
        ...

    def signal_path(self) -> SignalPath:
        """MUST return the signal path of a process that begins now."""
        ...


class Body(FeatureOnlyImplant):
    """A sleeper of features alone: implant and signal path in one."""

    def signal_path(self) -> SignalPath:
        """The sleeper itself: a signal path without a signal has nothing to forget."""
        return self
