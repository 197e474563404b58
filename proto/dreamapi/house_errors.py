"""The refusals of a daemon that does not own its house, as types."""

from dreamapi.errors import Refused


class OwnerElsewhere(Refused, reason="OWNER_ELSEWHERE"):
    """Another daemon owns the house; metadata: its `address`, HOST:PORT, where others reach it.

    The client asks there by itself. A program sees this class only where that does not lead to the owner.
    """


class NoStandby(Refused, reason="NO_STANDBY"):
    """No standby waits that could take the house over, so it stays with its owner."""


class HouseUnowned(Refused, reason="HOUSE_UNOWNED"):
    """No daemon owns the house for the moment, or none is known; the client asks again in its deadline."""
