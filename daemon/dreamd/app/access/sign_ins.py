"""Sign-ins: a person whom the site's provider knows gets a credential of ours, for twelve hours.

Rules
- A person is issuer and subject. The first sign-in makes the principal, and each later one gives it the roles
  that the provider tells now; a person without a role keeps none and gets no credential.
- The credential, the roles and the audit record are one transaction.
- A person that an administrator has revoked is paused, and signs in again once the pause is lifted. A
  revocation during a sign-in wins.
- LIVE_EACH credentials of one person are alive at once; one more ends the oldest.
"""

from dataclasses import replace

from dreamd.app.access.enrolment import Enrolment, Issued
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.durability.audited_call import act_as
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.access.identities import LIVE_EACH, Identity, principal_name
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.transaction import Transaction


class SignIns:
    """Issues credentials to people whose identity was verified."""

    def __init__(
        self,
        table: PrincipalTable,
        enrolment: Enrolment,
        commits: Commits,
        journal: Journal,
        clock: SessionClock,
    ) -> None:
        self._table = table
        self._enrolment = enrolment
        self._commits = commits
        self._journal = journal
        self._clock = clock

    def sign_in(self, identity: Identity) -> Issued | Refusal | Deferred[Issued]:
        """A credential for this person, with the roles that the provider tells now."""
        known = self._table.person_of(identity.issuer, identity.subject)
        name = (
            known.name
            if known is not None
            else principal_name(identity.issuer, identity.subject, identity.shown)
        )
        act_as(name)
        if known is None and self._table.principal(name) is not None:
            return Refusal(Code.PRINCIPAL_EXISTS, f"{name} is a principal of another kind already")
        if known is not None and known.paused:
            return _paused(known)
        if not identity.grants:
            return self._without_role(known, name)
        return self._issue(identity.as_principal(name))

    def _without_role(self, known: Principal | None, name: str) -> Refusal:
        """Take the roles that the person had before; a credential of before then reaches nothing."""
        if known is not None and known.grants:
            self._enrolment.keep_now((replace(known, grants=()),), (), ())
            sentence = f"{name} has no role any more: the provider tells none"
            self._journal.append(self._clock.now_s(), "roles-taken", sentence, cause=name)
        return Refusal(Code.NO_ROLE_GIVEN, f"nothing that the provider tells of {name} gives a role here")

    def _issue(self, principal: Principal) -> Issued | Refusal | Deferred[Issued]:
        now_s = self._clock.now_s()
        credential, token = self._enrolment.new_credential(principal, now_s)
        credentials = (*self._beyond(principal.name, now_s), credential)

        def done(_terms: object) -> Issued | Refusal:
            current = self._table.principal(principal.name)
            if current is not None and current.paused:
                self._take_back(principal, credential)
                return _paused(current)
            self._table.put_rows((principal,), credentials)
            sentence = f"{principal.name} has signed in at the provider"
            self._journal.append(self._clock.now_s(), "signed-in", sentence, cause=principal.name)
            return self._enrolment.show_once(principal, credential, token)

        return self._commits.ask(
            Transaction(principals=(principal,), credentials=credentials),
            "the credential",
            done,
            undo=lambda: self._take_back(principal, credential),
        )

    def _beyond(self, name: str, now_s: float) -> tuple[Credential, ...]:
        """The oldest live credentials that end, so that the new one has room."""
        live = [one for one in self._table.credentials_of(name) if one.alive(now_s)]
        return tuple(replace(one, ends_s=now_s) for one in live[LIVE_EACH - 1 :])

    def _take_back(self, principal: Principal, credential: Credential) -> None:
        """A credential was written that must not be used; a pause made meanwhile stays."""
        current = self._table.principal(principal.name)
        kept = replace(principal, paused=current.paused if current is not None else "")
        self._enrolment.keep_now((kept,), (replace(credential, revoked_s=self._clock.now_s()),), ())


def _paused(principal: Principal) -> Refusal:
    return Refusal(Code.PRINCIPAL_PAUSED, f"{principal.name} is paused: {principal.paused}")
