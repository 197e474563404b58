"""Orders of a house: ways out that a daemon took which does not own the house.

A sleeper's way out must not depend on the daemon that is called. A daemon that does not own the house can
reach no bed, so it writes the order into the house's ledger. The owner carries it out as the call it was: at
once while it lives, else the next owner does, before it grants anything.

Rules
- An order only takes away. None of the METHODS admits, seats, resumes or lifts.
- An order is carried out once, by the owner that writes so. An owner that ends in between leaves it to the
  next one, which carries it out again: what is severed twice is severed once.
- Without an owner that lives each sleeper is alone already, for every grant ends within a second.
"""

from dataclasses import dataclass
from typing import Final

from dreamd.core.access.caller import Caller, Channel, Role

METHODS: Final = (
    *("OrderSever", "SeverDreamscape", "ReleasePod", "WithdrawConsent", "OrderWake", "WakeDreamscape"),
    *("EndDreamscape", "DeclineInvitation"),
)
"""The methods of the API that an order may be of."""
WAITING_MAX: Final = 10_000
"""Orders of a house that wait for its owner; a further one is refused, the same one is not."""
LOOKED_S: Final = 1.0
"""An owner looks for orders this often; it is told of most of them sooner."""
KEPT_S: Final = 86_400.0
"""An order that was carried out is dropped after this; the audit log keeps its record."""
DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class HouseOrder:
    """One order, as it is kept.

    method: of METHODS. scope: a word of `SeverScope` or `WakeScope`; empty for other methods. target: the
    bare name of a pod, a Dreamscape or a site. sleeper: the pseudonym, where it names one. issuer: the
    principal; empty without access control. own: the sleeper as which it acts. role: a word of `Role`. told:
    the name that the request gave. via: the daemon that was called. at_s: Unix time by the ledger's clock.
    """

    id: str
    method: str
    scope: str = ""
    target: str = ""
    sleeper: str = ""
    issuer: str = ""
    own: str = ""
    role: str = Role.OPERATOR.value
    told: str = ""
    reason: str = ""
    request_id: str = ""
    via: str = ""
    at_s: float = 0.0

    @property
    def caller(self) -> Caller:
        """The caller of the command that carries it out."""
        role = next((one for one in Role if one.value == self.role), Role.OPERATOR)
        if not self.issuer:
            return Caller(self.told, role, Channel.GRPC)
        return Caller(self.issuer, role, Channel.GRPC, self.told, self.own)

    @property
    def shown_target(self) -> str:
        """The thing that it names, for the audit log; a sleeper is not in it."""
        if self.sleeper and not self.target:
            return ""
        if not self.target:
            return "fleet"
        kind = {"pod": "pods", "site": "sites"}.get(self.scope, "dreamscapes")
        return f"{'pods' if self.method == 'ReleasePod' else kind}/{self.target}"


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """The end of an order. acted_s: session seconds. zeroed, confirmed, unconfirmed: as of a sever.

    outcome: DONE, or the code of a refusal and its sentence.
    """

    id: str
    acted_s: float
    zeroed: int = 0
    confirmed: int = 0
    unconfirmed: tuple[str, ...] = ()
    outcome: str = DONE
