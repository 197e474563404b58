"""The table of principals: every principal, credential and code, in memory.

It is read from the ledger at the start. From then on a caller is judged from memory alone, so a lost or slow
ledger keeps nobody from leaving.
"""

from collections.abc import Iterable
from dataclasses import replace

from dreamd.core.access.caller import Role
from dreamd.core.access.codes import Code
from dreamd.core.access.lifetimes import Lifetimes
from dreamd.core.access.principals import Credential, Kind, Principal
from dreamd.core.refusals import Code as RefusalCode
from dreamd.core.refusals import Refusal
from dreamd.ports.ledger.principals import PrincipalLedger
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.topics import is_pod


class PrincipalTable:
    """Principals by name, credentials by id, codes by id. One thread uses it."""

    def __init__(self, ledger: PrincipalLedger) -> None:
        self._principals = {one.name: one for one in ledger.principals()}
        self._credentials = {one.id: one for one in ledger.credentials()}
        self._codes = {one.id: one for one in ledger.codes()}
        self._logins: dict[str, set[str]] = {}
        self._note_logins(self._principals.values())
        self._people = {(one.issuer, one.subject): one.name for one in self._principals.values()}
        self._held: dict[str, set[str]] = {}
        self.lifetimes = Lifetimes()
        self._hold(self._credentials.values())

    def _hold(self, credentials: Iterable[Credential]) -> None:
        for one in credentials:
            self._held.setdefault(one.principal, set()).add(one.id)

    def administered(self, now_s: float) -> bool:
        """Whether an administrator has a credential that is not revoked, or a code that is still good.

        Neither a pause nor an expiry keeps a daemon from its start: a credential of a person lives 12 h. One
        that signs in at a provider does not count: the provider may be gone.
        """
        admins = {
            one.name
            for one in self._principals.values()
            if not one.signs_in and any(grant.role is Role.ADMIN for grant in one.grants)
        }
        return any(
            one.principal in admins and not one.revoked_s for one in self._credentials.values()
        ) or any(one.principal in admins and one.usable(now_s) for one in self._codes.values())

    @property
    def empty(self) -> bool:
        """Whether there is no principal."""
        return not self._principals

    @property
    def misnamed(self) -> tuple[str, ...]:
        """Beds with a name that no bed may have, such as an account of the daemon's own at the broker."""
        beds = (one.name for one in self._principals.values() if one.kind is Kind.BED)
        return tuple(sorted(name for name in beds if not is_pod(name)))

    def find_credential(self, credential: str) -> tuple[Principal, Credential] | None:
        """The credential of this id with its principal."""
        found = self._credentials.get(credential)
        principal = self._principals.get(found.principal) if found is not None else None
        return None if found is None or principal is None else (principal, found)

    def principal(self, name: str) -> Principal | None:
        """The principal of this name."""
        return self._principals.get(name)

    def person_of(self, issuer: str, subject: str) -> Principal | None:
        """The principal of this person at a provider."""
        name = self._people.get((issuer, subject)) if subject else None
        return self._principals[name] if name is not None else None

    def every_principal(self) -> tuple[Principal, ...]:
        """Every principal, by name."""
        return tuple(one for _, one in sorted(self._principals.items()))

    def credentials_of(self, name: str) -> tuple[Credential, ...]:
        """The credentials of a principal, the newest first."""
        held = (self._credentials[one] for one in self._held.get(name, ()))
        return tuple(sorted(held, key=lambda one: one.issued_s, reverse=True))

    def end_s(self, name: str) -> float:
        """The end of the last credential of this principal, in session seconds; 0: it has none."""
        return max((one.end_s for one in self.credentials_of(name)), default=0.0)

    def code(self, id: str) -> Code | None:  # noqa: A002 - the field's own name
        """The code of this id."""
        return self._codes.get(id)

    def put_rows(
        self,
        principals: tuple[Principal, ...] = (),
        credentials: tuple[Credential, ...] = (),
        codes: tuple[Code, ...] = (),
    ) -> None:
        """Put these in the place of those of the same name or id."""
        self._principals.update((one.name, one) for one in principals)
        self._note_logins(principals)
        self._people.update(((one.issuer, one.subject), one.name) for one in principals)
        self._credentials.update((one.id, one) for one in credentials)
        self._codes.update((one.id, one) for one in codes)
        self._hold(credentials)

    def _note_logins(self, principals: Iterable[Principal]) -> None:
        for one in principals:
            for grant in one.grants:
                if grant.sleeper:
                    self._logins.setdefault(grant.sleeper, set()).add(one.name)

    def logins_of(self, sleeper: str) -> tuple[Principal, ...]:
        """The principals with rights of this sleeper, by name."""
        named = (self._principals.get(name) for name in sorted(self._logins.get(sleeper, ())))
        return tuple(
            one for one in named if one is not None and any(grant.sleeper == sleeper for grant in one.grants)
        )

    def take_rights(self, sleeper: str) -> tuple[str, ...]:
        """Take the rights of an erased sleeper; return the principals that have none left, now gone."""
        gone: list[str] = []
        self._logins.pop(sleeper, None)
        for name, one in tuple(self._principals.items()):
            grants = tuple(grant for grant in one.grants if grant.sleeper != sleeper)
            if grants == one.grants:
                continue
            self._principals[name] = replace(one, grants=grants)
            if not grants:
                self._drop(name)
                gone.append(name)
        return tuple(gone)

    def _drop(self, name: str) -> None:
        """Drop a principal, its credentials and codes."""
        one = self._principals.pop(name)
        self._people.pop((one.issuer, one.subject), None)
        for credential in self._held.pop(name, ()):
            self._credentials.pop(credential, None)
        self._codes = {at: code for at, code in self._codes.items() if code.principal != name}

    def revoked(self, name: str, now_s: float) -> tuple[Credential, ...]:
        """The credentials of this principal, each as revoked now."""
        return tuple(replace(one, revoked_s=now_s) for one in self.credentials_of(name) if not one.revoked_s)

    def closed_codes(self, name: str, now_s: float) -> tuple[Code, ...]:
        """The codes of this principal that are not spent and not too late, each as it ends now."""
        return tuple(
            replace(one, expires_s=now_s)
            for one in self._codes.values()
            if one.principal == name and not one.made and now_s < one.expires_s
        )

    def barred(self, bed: str) -> Refusal | None:
        """Why no sleeper in this bed is bound: it is paused, revoked or expired; None: one may be.

        A bed that was never enrolled is not barred: without a site no bed is enrolled.
        """
        principal = self._principals.get(bed)
        if principal is None or principal.kind is not Kind.BED:
            return None
        if principal.paused:
            return Refusal(RefusalCode.PRINCIPAL_PAUSED, f"pod {bed} is paused: {principal.paused}")
        held = self.credentials_of(bed)
        if held and all(one.revoked_s for one in held):
            return Refusal(RefusalCode.CREDENTIAL_REVOKED, f"the credential of pod {bed} was revoked")
        if bed in self.lifetimes.ended:
            return Refusal(RefusalCode.CREDENTIAL_EXPIRED, f"the credential of pod {bed} has expired")
        return None

    def used(self, credential: Credential, now_s: float) -> tuple[Credential, ...]:
        """The older credentials of the same principal, each as it ends with the first use of this one.

        None of a person that signs in: a sign-in on one machine ends none on another.
        """
        if self._principals[credential.principal].signs_in:
            return ()
        return tuple(
            replace(one, ends_s=now_s)
            for one in self.credentials_of(credential.principal)
            if one.issued_s < credential.issued_s and one.alive(now_s)
        )

    def sooner(self, credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
        """These, but for those that end sooner already: a secret that has ended never comes back."""
        return tuple(one for one in credentials if one.end_s <= self._credentials[one.id].end_s)

    def rows(self, principals: set[str], credentials: set[str], codes: set[str]) -> Transaction:
        """The transaction that writes these as they are now, but for those that an erasure has taken."""
        held = principals & self._principals.keys(), credentials & self._credentials.keys()
        return Transaction(
            principals=tuple(self._principals[name] for name in sorted(held[0])),
            credentials=tuple(self._credentials[one] for one in sorted(held[1])),
            codes=tuple(self._codes[one] for one in sorted(codes & self._codes.keys())),
        )
