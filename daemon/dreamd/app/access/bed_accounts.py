"""The beds' accounts at the broker: they follow the beds' credentials, and differences are told.

A credential that is issued to a bed becomes its account's password; a revocation removes the account. The
seat of a revoked bed is left first, in memory (`api.access`), so nothing here is on its way out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dreamd.app.access.enrolment import Enrolment
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.events.journal import Journal
from dreamd.core.access.principals import Credential, Kind, Principal
from dreamd.ports.broker_rights import BrokerRights, NoBrokerRights
from dreamd.ports.clock import SessionClock

TOLD_MAX: Final = 20
"""Differences that are told one by one; the rest is counted in one sentence."""


class BedAccounts:
    """ports.broker_rights.RightsOwner. rights: where changes go; set by the composition."""

    def __init__(
        self,
        table: PrincipalTable,
        enrolment: Enrolment,
        journal: Journal,
        clock: SessionClock,
        *,
        dreaming: Callable[[], bool],
        seated: Callable[[str], bool],
    ) -> None:
        """dreaming: whether any Dreamscape dreams. seated: whether a bed has a seat."""
        self._table = table
        self._journal = journal
        self._clock = clock
        self.dreaming = dreaming
        self.seated = seated
        self._open: tuple[str, ...] = ()
        self.rights: BrokerRights = NoBrokerRights()
        enrolment.issued.append(self._issued)
        enrolment.ended.append(self._ended)

    def beds(self) -> Mapping[str, str]:
        """The id of the newest credential of each bed that has one which is not revoked."""
        found: dict[str, str] = {}
        for principal in self._table.every_principal():
            held = self._table.credentials_of(principal.name) if principal.kind is Kind.BED else ()
            newest = next((one for one in held if not one.revoked_s), None)
            if newest is not None:
                found[principal.name] = newest.id
        return found

    def drifted(self, found: Sequence[tuple[str, str]]) -> None:
        """Tell each difference between broker and ledger; those beyond TOLD_MAX by their number."""
        now_s, journal = self._clock.now_s(), self._journal
        for name, sentence in found[:TOLD_MAX]:
            journal.append(now_s, "rights-drifted", sentence, cause=name)
        if len(found) > TOLD_MAX:
            rest = f"the broker differs from the ledger in {len(found) - TOLD_MAX} more places"
            journal.append(now_s, "rights-drifted", rest)

    def tried(self, open_to: Sequence[str]) -> None:
        """Tell when the broker begins to allow what it must refuse, and when it ends."""
        before, self._open = self._open, tuple(open_to)
        now_s, journal = self._clock.now_s(), self._journal
        if self._open and self._open != before:
            journal.append(now_s, "broker-open", "; ".join(self._open))
        elif before and not self._open:
            journal.append(now_s, "broker-closed", "the broker keeps its rules again")

    def _issued(self, principal: Principal, credential: Credential, token: str) -> None:
        if principal.kind is Kind.BED:
            self.rights.let_in(principal.name, credential.id, token)

    def _ended(self, name: str) -> None:
        principal = self._table.principal(name)
        if principal is not None and principal.kind is Kind.BED:
            self.rights.put_out(name)
