"""Surveillance: the watches are read, and an alarm is lifted by two people that the site has enrolled."""

from datetime import tzinfo
from typing import Final

from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.api.people.surveillance_protocol import WatchView
from dreamd.app.surveillance.exposure_response import ExposureResponse, ResponseQuery
from dreamd.app.surveillance.surveillance import Surveillance
from dreamd.core.access.caller import Caller, Role
from dreamd.core.access.principals import Kind
from dreamd.core.refusals import Code, Figure, Refusal, bad_field
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.core.surveillance.watch import Watch
from dreamd.ports.deferred import Deferred

NIGHTS_MOST: Final = 36_500
"""Nights over which exposure-response can be asked."""


class SurveillanceCommands:
    """Implements `SurveillanceApi`. house: the surveillance itself."""

    def __init__(self, house: Surveillance, responses: ResponseQuery, principals: PrincipalTable) -> None:
        self.house = house
        self._responses = responses
        self._principals = principals

    @property
    def zone(self) -> tzinfo:
        """The zone of the house."""
        return self.house.zone

    def watches_now(self, caller: Caller) -> tuple[WatchView, ...]:
        """Every watch, in the order of the kinds."""
        return tuple(self._view(watch) for watch in self.house.watches)

    def _view(self, watch: Watch) -> WatchView:
        declared = self.house.declared
        past = tuple(one for one in self.house.past if one.kind == watch.kind.value)
        rate = watch.next_rate(declared.rate)
        own = not watch.declares(declared.rate)
        return WatchView(watch, rate, own, declared.clause, declared.limit, past)

    def lift_alarm(
        self, caller: Caller, kind: HarmKind, role: Role | None = None
    ) -> WatchView | Refusal | Deferred[WatchView]:
        """The caller agrees in this role, one of its own; None: in the role it acts in."""
        principal = self._principals.principal(caller.name)
        if principal is None or principal.kind is not Kind.PERSON:
            return Refusal(Code.PERSON_NEEDED, "an alarm is lifted by people that the site has enrolled")
        acting = role or caller.role
        if acting not in {grant.role for grant in principal.grants}:
            sentence = f"{caller.name} is no {acting.value}, and so does not act as one"
            return Refusal(Code.WRONG_ROLE, sentence)
        return self.house.lift(kind, caller.name, acting, self._view)

    def response(self, caller: Caller, nights: int) -> Refusal | Deferred[ExposureResponse]:
        """How low check-ins go with the planned dose, over so many nights; 0: over all that are kept."""
        if not 0 <= nights <= NIGHTS_MOST:
            return bad_field("nights", f"0 to {NIGHTS_MOST} nights", Figure(nights))
        return self._responses.ask(nights)
