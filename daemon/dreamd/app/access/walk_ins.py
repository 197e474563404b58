"""Logins of walk-ins, made at the desk by an operator.

Rules
- A login is made for a sleeper of whom the house has no login that was ever used, and none of an
  administrator's. So no login opens what another has granted, or reads their letters.
- There is one code at a time. Each earlier one ends in the call that makes the next, so none is kept aside
  until the sleeper has enrolled.
- The name is random. It stands in copies of the ledger, and must not tell the pseudonym.
"""

from typing import Final

from dreamd.app.access.enrolment import Coded, Enrolment
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred

WALK_IN: Final = "walk-in."
"""Begins the name of each such login; no other principal is made under such a name."""


class WalkIns:
    """Makes logins of walk-ins."""

    def __init__(self, table: PrincipalTable, enrolment: Enrolment) -> None:
        self._table = table
        self._enrolment = enrolment
        self._under_way: set[str] = set()

    def make_login(self, sleeper: str, made_by: str) -> Coded | Refusal | Deferred[Coded]:
        """Make a login and its code; or another code, where the first was not used. made_by: a principal."""
        held = self._table.logins_of(sleeper)
        if sleeper in self._under_way or any(map(self._has_begun, held)):
            return Refusal(Code.PRINCIPAL_EXISTS, "this sleeper has a login, or a code of an administrator")
        for one in held:
            self._enrolment.end_codes(one.name)
        name = held[0].name if held else f"{WALK_IN}{self._enrolment.new_id()}"
        rights = (Grant(Role.SLEEPER, sleeper=sleeper),)
        self._under_way.add(sleeper)
        return self._enrolment.give_code(
            Principal(name, Kind.PERSON, rights, made_by=made_by),
            over=lambda _commit: self._under_way.discard(sleeper),
        )

    def _has_begun(self, login: Principal) -> bool:
        """Whether this login has had a credential, is getting one, or is an administrator's."""
        had = bool(self._table.credentials_of(login.name))
        return had or not login.name.startswith(WALK_IN) or self._enrolment.is_redeeming(login.name)
