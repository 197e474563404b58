"""Who a pod is, and what it was when it last stopped."""

from dataclasses import dataclass

from dreamedge.core.merging.obeyed_wakes import Wake
from dreamwire.messages import CalibrationSource, Device, Presence, StoredSever, Versions
from dreamwire.schema import WIRE_REVISION, Schema


@dataclass(frozen=True, slots=True)
class Identity:
    """Which pod this is; `incarnation` grows with every start of the agent."""

    pod: str
    site: str
    device: Device
    software: str
    schema: Schema
    source: CalibrationSource
    incarnation: int

    def presence(self, *, online: bool) -> Presence:
        """Return what the pod says on arriving, and what its will says."""
        versions = Versions(self.software, WIRE_REVISION)
        return Presence(
            self.pod, self.incarnation, online, self.site, self.device, self.schema.name, versions
        )


@dataclass(frozen=True, slots=True)
class Restored:
    """What the pod's disk remembers of its earlier life."""

    latched: str = ""
    severed: StoredSever | None = None
    woken: tuple[Wake, ...] = ()
