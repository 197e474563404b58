"""Enrolment: a code for a new principal, its credential against the code, a successor at half-life.

Rules
- A code is spent in the transaction that makes its credential. A code that is shown again, while that is
  being written or later, is refused. Its principal is paused until an administrator has looked: another may
  have had it.
- Ten wrong secrets end a code. The tries are counted in memory at once and written after.
- A renewed secret leaves the one before it alive until the new one's first use, for a day at most.
- A revocation acts in memory and on everything live first, and is written after. It ends the principal's open
  codes, and a credential that was still being written when it came.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.durability.audited_call import act_as
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.core.access.codes import LIVES_S, Fate, code_text, parse_code
from dreamd.core.access.codes import Code as EnrolmentCode
from dreamd.core.access.principals import (
    OVERLAP_S,
    PERSON_S,
    PROGRAM_S,
    Credential,
    Grant,
    Kind,
    Principal,
    digest_of,
    token_of,
)
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.commit import Commit
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction

Random = Callable[[int], str]
"""A text of so many random bits, in lower-case base 32."""

T = TypeVar("T")

ID_BITS: Final = 60
SECRET_BITS: Final = 256
CODE_BITS: Final = 80
REVOKED: Final = "an administrator revoked its credentials"
"""The pause of a person that signs in at a provider."""
_BASE_32: Final = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Issued:
    """A credential as it is shown, once. token: its text. expires_s: session seconds. left: from now."""

    principal: Principal
    token: str
    expires_s: float
    left: "Left"


@dataclass(frozen=True, slots=True)
class Left:
    """Seconds from now until a credential expires, and until its holder renews it; not negative."""

    expires_in_s: float
    renew_in_s: float


@dataclass(frozen=True, slots=True)
class Coded:
    """A code as it is shown, once. text: `{id}.{secret}`. expires_s: session seconds."""

    principal: Principal
    text: str
    expires_s: float


@dataclass(slots=True)
class _Names:
    """Names and ids of what is not in the ledger yet."""

    principals: set[str] = field(default_factory=set)
    credentials: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        return not (self.principals or self.credentials or self.codes)

    def add(self, other: "_Names") -> None:
        self.principals |= other.principals
        self.credentials |= other.credentials
        self.codes |= other.codes


def weak(rng: random.Random) -> Random:
    """Texts from a seeded generator, for tests and the simulation."""
    return lambda bits: "".join(rng.choice(_BASE_32) for _ in range(-(-bits // 5)))


class Enrolment:
    """Makes, renews and revokes credentials.

    issued: called with a credential that a code has made, its principal and its text. shown: likewise, with
    a credential that a call carries. renewed: with the name of a principal that has a successor of its
    credential. ended: with the name of a revoked one. paused: with the name of a principal whose code was
    shown a second time. resumed: with the name of one whose pause has ended.
    """

    def __init__(
        self, table: PrincipalTable, commits: Commits, journal: Journal, clock: SessionClock, rng: Random
    ) -> None:
        self._table = table
        self._commits = commits
        self._journal = journal
        self._clock = clock
        self._rng = rng
        self._spending: dict[str, bool] = {}
        self._revocations: Counter[str] = Counter()
        self._unsaved = _Names()
        self._writing = False
        self.issued: list[Callable[[Principal, Credential, str], None]] = []
        self.shown: list[Callable[[Principal, Credential, str], None]] = []
        self.renewed: list[Callable[[str], None]] = []
        self.ended: list[Callable[[str], None]] = []
        self.paused: list[Callable[[str], None]] = []
        self.resumed: list[Callable[[str], None]] = []

    # -- codes --------------------------------------------------------------------------------------

    def enrol(self, name: str, kind: Kind, grants: tuple[Grant, ...]) -> Coded | Refusal | Deferred[Coded]:
        """Make a principal, or change the grants of one, and a code for its next credential."""
        known = self._table.principal(name)
        if known is not None and known.kind is not kind:
            sentence = f"{name} is a {known.kind.value} already"
            return Refusal(Code.PRINCIPAL_EXISTS, sentence, {"principal": name})
        return self.give_code(Principal(name, kind, grants))

    def give_code(
        self, principal: Principal, over: Callable[[Commit[Terms]], None] = lambda _commit: None
    ) -> Coded | Refusal | Deferred[Coded]:
        """Write this principal and a code for it. over: called when the write has ended."""
        name, known = principal.name, self._table.principal(principal.name)
        now_s, secret = self._clock.now_s(), self._rng(CODE_BITS)
        code = EnrolmentCode(self._rng(ID_BITS), name, digest_of(secret), now_s + LIVES_S)

        def done(_terms: object) -> Coded:
            self._table.put_rows(principals=(principal,), codes=(code,))
            if known is not None and known.paused:
                self._resumed(name)
            sentence = f"{name}, a {principal.kind.value}, may enrol for the next quarter of an hour"
            self._journal.append(self._clock.now_s(), "enrolled", sentence, cause=name)
            return Coded(principal, code_text(code.id, secret), code.expires_s)

        asked = Transaction(principals=(principal,), codes=(code,))
        return self._commits.ask(asked, "the enrolment", done, over=over)

    def new_id(self) -> str:
        """A random id, of ID_BITS."""
        return self._rng(ID_BITS)

    def is_redeeming(self, name: str) -> bool:
        """Whether a code of this principal is being spent now."""
        return any(code and code.principal == name for code in map(self._table.code, self._spending))

    def end_codes(self, name: str) -> None:
        """End the codes of this principal that were not used, in this call."""
        self.keep_now((), (), self._table.closed_codes(name, self._clock.now_s()))

    def redeem(self, text: str) -> Issued | Refusal | Deferred[Issued]:
        """The credential for a code, once."""
        parsed, now_s = parse_code(text), self._clock.now_s()
        code = self._table.code(parsed[0]) if parsed is not None else None
        principal = self._table.principal(code.principal) if code is not None else None
        if parsed is None or code is None or principal is None:
            return _refused(Fate.WRONG)
        fate = code.fate(parsed[1], now_s)
        if fate is Fate.GOOD and code.id not in self._spending:
            return self._spend(code, principal, now_s)
        twice = fate is Fate.GOOD and self._spending[code.id]
        self._misused(code, principal, Fate.SPENT if twice else fate)
        return _refused(fate)

    def _spend(
        self, code: EnrolmentCode, principal: Principal, now_s: float
    ) -> Issued | Refusal | Deferred[Issued]:
        act_as(principal.name)
        credential, token = self.new_credential(principal, now_s)
        spent, revocations = replace(code, made=credential.id), self._revocations[principal.name]
        self._spending[code.id] = True

        def undo() -> None:
            self.keep_now((), (replace(credential, revoked_s=self._clock.now_s()),), (spent,))

        def over(_commit: Commit[Terms]) -> None:
            del self._spending[code.id]

        def given_up() -> None:
            if code.id in self._spending:  # its holder may ask once more without being taken for another
                self._spending[code.id] = False

        def done(_terms: object) -> Issued | Refusal:
            if self._revocations[principal.name] != revocations:
                undo()
                return _revoked_meanwhile(principal.name)
            self._table.put_rows(credentials=(credential,), codes=(spent,))
            self._journal.append(
                self._clock.now_s(), "code-redeemed", f"{principal.name} has enrolled", cause=principal.name
            )
            for tell in self.issued:
                tell(principal, credential, token)
            return self.show_once(principal, credential, token)

        return self._commits.ask(
            Transaction(credentials=(credential,), codes=(spent,)),
            "the credential",
            done,
            over=over,
            failed=given_up,
            undo=undo,
        )

    def _misused(self, code: EnrolmentCode, principal: Principal, fate: Fate) -> None:
        if fate is Fate.WRONG:
            self.keep_now((), (), (replace(code, tries=code.tries + 1),))
        elif fate is Fate.SPENT:
            paused = replace(principal, paused="its code was shown a second time")
            sentence = f"the code of {principal.name} was shown a second time: it is paused"
            self.keep_now((paused,), (), ())
            for tell in self.paused:
                tell(principal.name)
            self._journal.append(self._clock.now_s(), "code-reused", sentence, cause=principal.name)

    # -- credentials ----------------------------------------------------------------------------------

    def renew_credential(self, principal: Principal) -> Issued | Refusal | Deferred[Issued]:
        """A successor of the principal's credential; the older one ends at the successor's first use."""
        if principal.signs_in:
            sentence = f"the roles of {principal.name} come from the provider, so nothing renews them here"
            return Refusal(Code.NO_RENEWAL, sentence)
        now_s, name = self._clock.now_s(), principal.name
        credential, token = self.new_credential(principal, now_s)
        revocations = self._revocations[name]
        older = tuple(
            replace(one, ends_s=min(now_s + OVERLAP_S, one.ends_s or now_s + OVERLAP_S))
            for one in self._table.credentials_of(name)
            if one.alive(now_s)
        )

        def undo() -> None:
            held = self._table.credentials_of(name)
            self.keep_now((), (*held, replace(credential, revoked_s=self._clock.now_s())), ())

        def done(_terms: object) -> Issued | Refusal:
            if self._revocations[name] != revocations:
                undo()
                return _revoked_meanwhile(name)
            self._table.put_rows(credentials=(credential,))
            self.keep_now((), self._table.sooner(older), ())
            for tell in self.renewed:
                tell(name)
            return self.show_once(principal, credential, token)

        return self._commits.ask(
            Transaction(credentials=(*older, credential)), "the credential", done, undo=undo
        )

    def left(self, credential: str) -> Left | None:
        """The time that the credential of this id has left; None: there is none of this id."""
        found = self._table.find_credential(credential)
        return self._left(found[1]) if found is not None else None

    def _left(self, credential: Credential) -> Left:
        now_s = self._clock.now_s()
        return Left(max(0.0, credential.end_s - now_s), max(0.0, credential.half_life_s - now_s))

    def used(self, principal: Principal, credential: Credential, token: str) -> None:
        """A call carries this credential: its predecessors end. token: its text."""
        older = self._table.used(credential, self._clock.now_s())
        if older:
            self.keep_now((), older, ())
        for tell in self.shown:
            tell(principal, credential, token)

    def revoke(self, name: str, reason: str, answer: Callable[[Principal], T]) -> T | Refusal | Deferred[T]:
        """End every credential of a principal, in this call; what is live ends with it.

        `answer` makes the answer, once the ledger has kept it: what is not written ends with the process.
        """
        principal = self._table.principal(name)
        if principal is None:
            return Refusal(Code.PRINCIPAL_UNKNOWN, f"there is no principal {name!r}", {"principal": name})
        now_s = self._clock.now_s()
        self._revocations[name] += 1
        paused = (replace(principal, paused=REVOKED),) if principal.signs_in else ()
        ended, closed = self._table.revoked(name, now_s), self._table.closed_codes(name, now_s)
        self.keep_now(paused, ended, closed)
        for tell in self.ended:
            tell(name)
        self._journal.append(
            self._clock.now_s(),
            "credential-revoked",
            f"the credentials of {name} are revoked: {reason}",
            cause=name,
        )
        revoked = Transaction(principals=paused, credentials=ended, codes=closed)
        return self._commits.ask(revoked, "the revocation", lambda _: answer(principal), refused=_unwritten)

    def forget_principal(self, name: str) -> None:
        """An erased person's principal is gone: what is live under it ends."""
        for tell in self.ended:
            tell(name)

    def lift_pause(self, name: str) -> Principal | Refusal | Deferred[Principal]:
        """Lift the pause of a principal."""
        principal = self._table.principal(name)
        if principal is None:
            return Refusal(Code.PRINCIPAL_UNKNOWN, f"there is no principal {name!r}", {"principal": name})
        lifted = replace(principal, paused="")

        def done(_terms: object) -> Principal:
            self._table.put_rows(principals=(lifted,))
            self._resumed(name)
            return lifted

        return self._commits.ask(Transaction(principals=(lifted,)), "the end of a pause", done)

    def new_credential(self, principal: Principal, now_s: float) -> tuple[Credential, str]:
        """A credential of this principal that nothing knows yet, and its text."""
        secret, lives_s = self._rng(SECRET_BITS), PERSON_S if principal.kind is Kind.PERSON else PROGRAM_S
        credential = Credential(self._rng(ID_BITS), principal.name, digest_of(secret), now_s, now_s + lives_s)
        return credential, token_of(credential.id, secret)

    def _resumed(self, name: str) -> None:
        for tell in self.resumed:
            tell(name)

    def show_once(self, principal: Principal, credential: Credential, token: str) -> Issued:
        """The answer with a new credential."""
        return Issued(principal, token, credential.expires_s, self._left(credential))

    def keep_now(
        self,
        principals: tuple[Principal, ...],
        credentials: tuple[Credential, ...],
        codes: tuple[EnrolmentCode, ...],
    ) -> None:
        """In memory now; `write_rights` writes it."""
        self._table.put_rows(principals, credentials, codes)
        self._unsaved.principals |= {one.name for one in principals}
        self._unsaved.credentials |= {one.id for one in credentials}
        self._unsaved.codes |= {one.id for one in codes}

    def write_rights(self) -> None:
        """Write what the ledger does not have yet; one write is on its way at most."""
        names = self._unsaved
        if self._writing or names.empty:
            return
        self._unsaved, self._writing = _Names(), True

        def over(commit: Commit[Terms]) -> None:
            self._writing = False
            if not commit.done:
                self._unsaved.add(names)

        self._commits.submit(
            self._table.rows(names.principals, names.credentials, names.codes), "rights", over
        )


_WRONG: Final = {
    Fate.WRONG: (Code.CODE_UNKNOWN, "no enrolment has this code"),
    Fate.DEAD: (Code.CODE_UNKNOWN, "no enrolment has this code"),
    Fate.LATE: (Code.CODE_EXPIRED, "the code has expired"),
    Fate.SPENT: (Code.CODE_SPENT, "the code was used before"),
    Fate.GOOD: (Code.CODE_SPENT, "the code is being used now"),
}


def _revoked_meanwhile(name: str) -> Refusal:
    return Refusal(Code.CREDENTIAL_REVOKED, f"the credentials of {name} were revoked meanwhile")


def _unwritten(no: Refusal) -> Refusal:
    sentence = (
        "the revocation acts, and the ledger has not kept it yet: a restart before it has would undo it; "
        "the daemon goes on trying"
    )
    return replace(no, sentence=sentence)


def _refused(fate: Fate) -> Refusal:
    code, sentence = _WRONG[fate]
    return Refusal(code, sentence)
