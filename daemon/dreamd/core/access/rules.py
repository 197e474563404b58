"""The rule of a method: its effect, the roles that may call it, and the thing that its request names.

The rules are options of the methods in the .proto files. An adapter reads them there once. Here they are
values.
"""

from dataclasses import dataclass
from enum import Enum

from dreamd.core.access.caller import Role


class Effect(Enum):
    """The effect of a call on a person."""

    FREES = "frees"  # lets people out: no rate, no ledger; an expired credential may for a day
    BINDS = "binds"  # a merge, a seat, a plan
    READS = "reads"  # changes nothing
    GOVERNS = "governs"  # changes the rights themselves, or reads the record of their use


class Own(Enum):
    """The thing that a request names, by which the scope of a caller is judged."""

    HOUSE = "the rows of the caller's scope"
    POD = "a pod"
    DREAMSCAPE = "a Dreamscape"
    PLAN = "the sites and pods of a plan"
    TARGET = "a scope and its target"
    BREAKER = "a pod or a Dreamscape"
    SELF = "the caller's own credential"
    SLEEPER = "a sleeper"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of one method. person: no service may call it. open: a caller without a credential may.

    on_request: roles that call it on the sleeper's request alone. pair: it takes two people in two roles.
    """

    method: str
    effect: Effect
    roles: frozenset[Role]
    own: Own = Own.HOUSE
    person: bool = False
    open: bool = False
    on_request: frozenset[Role] = frozenset()
    pair: bool = False

    @property
    def sleepers_alone(self) -> bool:
        """Whether the sleeper calls it, and no other."""
        return self.own is Own.SLEEPER and self.roles == {Role.SLEEPER}
