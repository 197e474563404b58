"""What lies in the beds of a simulated fleet: sleepers of features alone, and implants that fail on demand.

The signal path is left out (it has its own tests and costs a hundred times the rest): see `implants.light`,
which `dreamd rehearse` plays with real processes.
"""

from typing import Final

from dreamedge.adapters.implants.simulated.feature_only import HARD, FeatureOnlyImplant, SimulatedFault

__all__ = ["HARD", "MALFUNCTIONS", "SOFT", "Body", "SimulatedFault"]

Body = FeatureOnlyImplant
"""A sleeper and their implant: the agent's signal path and its implant in one."""

SOFT: Final = ("railed", "flat", "contact", "mains", "amplitude")
MALFUNCTIONS: Final = (*SOFT, *HARD, "silence")
"""How an honest pod's implant may fail."""
