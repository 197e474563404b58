"""The beds' accounts at the broker: they follow the beds' credentials, and differences are told.

Rules
- A credential that a code has made becomes its account's password at once. A renewed one does so when the bed
  first shows it in a call: then the bed has it on its disk. A bed that the broker refuses makes a call, too.
- A revocation removes the account, and so does the end of a bed's last credential. A pause suspends it.
- The seat of a bed is left first, in memory, so nothing here is on its way out. Of a revoked or paused bed
  the API leaves it (`api.access`), of an expired one this file does.
- Removal and suspension close the bed's connection. So they wait until the bed has reported that it has left
  its slot, for LEAVES_S at most: without its release it would render on until its lease ends.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dreamd.app.access.enrolment import Enrolment
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.events.journal import Journal
from dreamd.core.access.principals import Credential, Kind, Principal
from dreamd.ports.broker_rights import BrokerRights, NoBrokerRights
from dreamd.ports.clock import SessionClock

LEAVES_S: Final = 0.5
"""The longest that the end of a connection waits for the bed to have left its slot."""
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
        release: Callable[[str, str], object] = lambda _bed, _reason: None,
    ) -> None:
        """dreaming: whether any Dreamscape dreams. seated: whether a bed has a seat, or its slot still.

        release: lets a bed go, now, for this reason; of a bed whose credential has expired.
        """
        self._table = table
        self._journal = journal
        self._clock = clock
        self.dreaming = dreaming
        self.seated = seated
        self._release = release
        self._open: tuple[str, ...] = ()
        self._leaving: dict[str, tuple[float, Callable[[], None]]] = {}
        self.rights: BrokerRights = NoBrokerRights()
        self._lifetimes = table.lifetimes
        self._begin()
        enrolment.issued.append(self._issued)
        enrolment.shown.append(self._shown)
        enrolment.renewed.append(self._renewed)
        enrolment.ended.append(self._ended)
        enrolment.paused.append(self._paused)
        enrolment.resumed.append(self._resumed)

    def _begin(self) -> None:
        now_s = self._clock.now_s()
        for principal in self._table.every_principal():
            end_s = self._table.end_s(principal.name) if principal.kind is Kind.BED else 0.0
            if now_s < end_s:
                self._lifetimes.put(principal.name, end_s)
            elif end_s:
                self._lifetimes.ended.add(principal.name)

    def beds(self) -> Mapping[str, frozenset[str]]:
        """The ids of the credentials that are alive, of each bed that has one."""
        found: dict[str, frozenset[str]] = {}
        for principal in self._table.every_principal():
            alive = self._alive(principal.name) if principal.kind is Kind.BED else None
            if alive:
                found[principal.name] = alive
        return found

    def paused(self) -> frozenset[str]:
        """The beds that are paused."""
        every = self._table.every_principal()
        return frozenset(one.name for one in every if one.paused and one.kind is Kind.BED)

    def end_expired(self, now_s: float) -> None:
        """Once a tick: each bed whose last credential has ended leaves its seat, then loses its account."""
        for bed in self._lifetimes.due(now_s):
            self._release(bed, "its credential has expired")
            self._once_left(bed, lambda bed=bed: self.rights.lapse(bed))  # type: ignore[misc]
            sentence = f"the credential of {bed} has expired: it is alone until it is enrolled again"
            self._journal.append(now_s, "credential-expired", sentence, cause=bed)

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

    def close_left(self, now_s: float) -> None:
        """Once a tick: close the connections of the beds that have left their slot, or had the time to."""
        for name, (until_s, _) in tuple(self._leaving.items()):
            if not (self.seated(name) and now_s < until_s):
                self._close(name)

    def _once_left(self, name: str, close: Callable[[], None]) -> None:
        """Close a bed's connection once it has left its slot; a later reason to takes the place of this."""
        self._leaving[name] = (self._clock.now_s() + LEAVES_S, close)
        if not self.seated(name):
            self._close(name)

    def _close(self, name: str) -> None:
        waiting = self._leaving.pop(name, None)
        if waiting is not None:
            waiting[1]()

    def _issued(self, principal: Principal, credential: Credential, token: str) -> None:
        if principal.kind is not Kind.BED:
            return
        self._renewed(principal.name)
        known = self._table.principal(principal.name)
        if known is not None and not known.paused:
            self._close(principal.name)  # a removal that waits must not take the new password with it
            self.rights.let_in(principal.name, credential.id, token)

    def _shown(self, principal: Principal, credential: Credential, token: str) -> None:
        """A call carries this credential; the newest one that does is the account's password."""
        held = self._table.credentials_of(principal.name) if principal.kind is Kind.BED else ()
        newest = next((one for one in held if one.alive(self._clock.now_s())), None)
        if newest is not None and newest.issued_s <= credential.issued_s:
            self.rights.let_in(principal.name, credential.id, token)

    def _renewed(self, name: str) -> None:
        end_s = self._table.end_s(name) if self._is_bed(name) else 0.0
        if end_s:
            self._lifetimes.put(name, end_s)

    def _ended(self, name: str) -> None:
        if self._is_bed(name):
            self._lifetimes.drop(name)
            self._once_left(name, lambda: self.rights.put_out(name))

    def _paused(self, name: str) -> None:
        if self._is_bed(name) and name not in self._leaving:
            self._once_left(name, lambda: self.rights.suspend(name))

    def _resumed(self, name: str) -> None:
        if self._is_bed(name):
            self._close(name)
            self.rights.readmit(name, self._alive(name))

    def _alive(self, name: str) -> frozenset[str]:
        now_s = self._clock.now_s()
        return frozenset(one.id for one in self._table.credentials_of(name) if one.alive(now_s))

    def _is_bed(self, name: str) -> bool:
        principal = self._table.principal(name)
        return principal is not None and principal.kind is Kind.BED
