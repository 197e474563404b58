"""A pod's identity, and its state at its last stop."""

from dataclasses import dataclass

from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamwire.messages import CalibrationSource, Device, Presence, StoredSever, Versions
from dreamwire.schema import WIRE_REVISION, Schema


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of a pod; `incarnation` grows with every start of the agent."""

    pod: str
    site: str
    device: Device
    software: str
    schema: Schema
    source: CalibrationSource
    incarnation: int
    gateway: str = ""
    """A sender at the broker that may send its frames besides itself; empty: none."""
    renderer: str = ""
    """The kinds of its renderers, joined by commas, for its status."""

    def presence(self, *, online: bool) -> Presence:
        """Return the pod's presence message; `online` False is its will."""
        versions = Versions(self.software, WIRE_REVISION)
        return Presence(
            self.pod,
            self.incarnation,
            online,
            self.site,
            self.device,
            self.schema.name,
            versions,
            self.gateway,
        )


@dataclass(frozen=True, slots=True)
class Restored:
    """The state that the pod's disk kept from its earlier run. consents: None where they cannot be read."""

    latched: str = ""
    severed: StoredSever | None = None
    woken: tuple[Wake, ...] = ()
    consents: tuple[HeldConsent, ...] | None = ()
