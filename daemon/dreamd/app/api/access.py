"""Access: enrol principals, redeem their codes, renew and revoke their credentials.

A revocation acts at once: the credentials end in memory, then every call under them, and the seat of a bed is
left, before anything is written. A bed that is paused leaves its seat at once, too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from dreamd.app.access.enrolment import Coded, Enrolment, Issued, Left
from dreamd.app.access.principal_table import PrincipalTable
from dreamd.app.access.sign_ins import SignIns
from dreamd.app.access.walk_ins import WALK_IN, WalkIns
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.access.identities import PREFIX, Identity
from dreamd.core.access.principals import Credential, Grant, Kind, Principal, unfit_grant
from dreamd.core.dreamscapes.admission import NAME_RULE
from dreamd.core.refusals import Code, Refusal, bad_field
from dreamd.ports.deferred import Deferred
from dreamwire.topics import RESERVED, is_name

_HOUSE: Final = Caller("", Role.DAEMON, Channel.GRPC)


@dataclass(frozen=True, slots=True)
class PrincipalView:
    """A principal with its newest credential; None where it has none.

    left: the time left of the credential that a call carries; None: not asked for.
    """

    principal: Principal
    newest: Credential | None
    left: Left | None = None


@dataclass(frozen=True, slots=True)
class SleeperFacts:
    """The facts about a sleeper on which a login depends.

    is_erasing: whether an erasure is on its way, which takes each login. has_granted: whether they have ever
    granted or withdrawn. bed_of: the pod they lie in; empty: in none.
    """

    is_erasing: Callable[[str], bool] = lambda _sleeper: False
    has_granted: Callable[[str], bool] = lambda _sleeper: False
    bed_of: Callable[[str], str] = lambda _sleeper: ""


class AccessCommands:
    """Implements `AccessApi`."""

    def __init__(
        self,
        table: PrincipalTable,
        enrolment: Enrolment,
        sign_ins: SignIns,
        release: Callable[[Caller, str, str], object] = lambda _caller, _pod, _reason: None,
        sleepers: SleeperFacts | None = None,
    ) -> None:
        """release: lets a pod go, now; of a bed that is revoked or paused.

        sleepers: absent, no sleeper is known.
        """
        self._release = release
        self._sleepers = sleepers or SleeperFacts()
        self._table = table
        self._enrolment = enrolment
        self._walk_ins = WalkIns(table, enrolment)
        self._sign_ins = sign_ins
        enrolment.paused.append(self._paused)

    def enrol(
        self, caller: Caller, name: str, kind: Kind, grants: tuple[Grant, ...]
    ) -> Coded | Refusal | Deferred[Coded]:
        """Make a principal, or give one other grants, and a code for its credential."""
        if not is_name(name) or name in RESERVED:
            return bad_field("principal_id", f"{NAME_RULE}, not the daemon's own name", name)
        if name.startswith(PREFIX):
            return bad_field("principal_id", f"a name that does not begin with {PREFIX}", name)
        if name.startswith(WALK_IN) and self._table.principal(name) is None:
            return bad_field("principal_id", f"a name that does not begin with {WALK_IN}", name)
        wrong = _wrong(kind, grants) or self._erasing(grants)
        return wrong if wrong is not None else self._enrolment.enrol(name, kind, grants)

    def enrol_sleeper(self, caller: Caller, sleeper: str) -> Coded | Refusal | Deferred[Coded]:
        """Make a walk-in's login and its code. The caller cannot check this sleeper in."""
        refusal = self._erasing((Grant(Role.SLEEPER, sleeper=sleeper),))
        if refusal is not None:
            return refusal
        if self._sleepers.has_granted(sleeper):
            return Refusal(
                Code.PRINCIPAL_EXISTS, "the house knows this sleeper: it holds a consent of theirs"
            )
        if self._sleepers.bed_of(sleeper):
            sentence = "this sleeper lies in a bed, and a walk-in has their login before"
            return Refusal(Code.SLEEPER_ELSEWHERE, sentence)
        return self._walk_ins.make_login(sleeper, caller.name)

    def _erasing(self, grants: tuple[Grant, ...]) -> Refusal | None:
        if not any(grant.sleeper and self._sleepers.is_erasing(grant.sleeper) for grant in grants):
            return None
        return Refusal(
            Code.ERASURE_UNFINISHED, "an erasure of this sleeper is under way and takes each login"
        )

    def redeem(self, code: str) -> Issued | Refusal | Deferred[Issued]:
        """The credential for a code."""
        return self._enrolment.redeem(code)

    def sign_in(self, identity: Identity) -> Issued | Refusal | Deferred[Issued]:
        """A credential for a person whom the site's provider knows."""
        return self._sign_ins.sign_in(identity)

    def renew_credential(self, principal: Principal) -> Issued | Refusal | Deferred[Issued]:
        """A successor of the caller's credential."""
        return self._enrolment.renew_credential(principal)

    def list_principals(self, after: str = "") -> Iterator[PrincipalView]:
        """Every principal, by name, behind the name `after`."""
        return (self.shown(one) for one in self._table.every_principal() if one.name > after)

    def shown(self, principal: Principal) -> PrincipalView:
        """The principal with its newest credential."""
        held = self._table.credentials_of(principal.name)
        return PrincipalView(principal, held[0] if held else None)

    def shown_caller(self, principal: Principal, credential: str) -> PrincipalView:
        """The caller itself, with the time that is left of its credential. credential: the id."""
        return replace(self.shown(principal), left=self._enrolment.left(credential))

    def revoke(
        self, caller: Caller, name: str, reason: str
    ) -> PrincipalView | Refusal | Deferred[PrincipalView]:
        """End every credential of a principal, and what runs under it, in this call; the answer waits."""
        known = self._table.principal(name)
        if known is not None and known.kind is Kind.BED:
            self._release(caller, name, "its credential is revoked")
        why = f"{caller.signature}: {reason}" if reason else caller.signature
        return self._enrolment.revoke(name, why, self.shown)

    def _paused(self, name: str) -> None:
        known = self._table.principal(name)
        if known is not None and known.kind is Kind.BED:
            self._release(_HOUSE, name, known.paused)

    def lift_pause(self, caller: Caller, name: str) -> Principal | Refusal | Deferred[Principal]:
        """Lift a pause."""
        return self._enrolment.lift_pause(name)


def _wrong(kind: Kind, grants: tuple[Grant, ...]) -> Refusal | None:
    """The first grant that cannot be given; None: all can."""
    if not grants and kind is not Kind.BED:
        return bad_field("grants", "at least one role", "none")
    for number, grant in enumerate(grants):
        expected = unfit_grant(kind, grant)
        if expected:
            return bad_field(f"grants[{number}]", expected, grant.role.value)
    return None
