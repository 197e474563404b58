"""The callers of the simulated fleet: operators with and without a name."""

from typing import Final

from dreamd.core.access.caller import Caller, Channel, Role


def named(name: str) -> Caller:
    """An operator of this name."""
    return Caller(name, Role.OPERATOR, Channel.GRPC)


OPERATOR: Final = named("")
"""An operator without a name."""
