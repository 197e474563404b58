"""The engine that a house's settings ask for."""

import secrets
import socket

from dreamd.adapters.cluster.ray_engine import RayEngine
from dreamd.ports.cohort_engine import CohortEngine, NoEngine


def engine_of(address: str, houses: int) -> CohortEngine:
    """Return the engine at this address, starting; one that joins nothing where the address is empty."""
    return RayEngine(address, houses) if address else NoEngine()


def house_name() -> str:
    """Return a name for this process among the houses: the machine's, made unique."""
    return f"{socket.gethostname()[:64]} {secrets.token_hex(4)}"
