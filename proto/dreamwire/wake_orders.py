"""Wake orders and moratoria: the messages of the retained place. Plain values, no protobuf."""

from dataclasses import dataclass
from enum import IntEnum


class WakeScope(IntEnum):
    """The scope of a wake order."""

    UNSPECIFIED = 0
    POD = 1
    DREAMSCAPE = 2
    SITE = 3
    FLEET = 4


@dataclass(frozen=True, slots=True)
class Moratorium:
    """While it acts, no pod that it reaches merges.

    scope: SITE or FLEET. Times are Unix milliseconds: it acts from from_ms to until_ms, and once seconded to
    ends_ms. people_only: pods in which no person lies are left out. clause: that called it.
    """

    id: str
    scope: WakeScope
    target: str
    issuer: str
    reason: str
    called_ms: int
    from_ms: int
    until_ms: int
    ends_ms: int
    seconded: bool
    people_only: bool = False
    clause: str = ""


@dataclass(frozen=True, slots=True)
class WakeOrder:
    """Wake a pod, a Dreamscape, a site or the fleet; the highest revision wins.

    moratoria: all that act or will, under a revision of their own; 0: none was ever called.
    """

    id: str
    revision: int
    scope: WakeScope
    target: str
    issuer: str
    reason: str
    at_ms: int
    lifted: bool
    moratoria: tuple[Moratorium, ...] = ()
    moratoria_revision: int = 0
