"""The changes of accounts that wait for the broker, in the order in which they leave; pure.

Bounded: one change of each kind for each name, and PODS_MAX passwords.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dreamd.adapters.mqtt import dynamic_security as plugin
from dreamd.core.access.broker_accounts import Account, Drift, Listed, Rights, rights_of, role_of
from dreamd.core.access.principals import OVERLAP_S
from dreamd.core.limits import PODS_MAX

TRIES_MAX: Final = 2
UNEQUAL_MAX: Final = 3
"""Accounts about which broker and ledger disagree that a sentence names."""
HELD_MAX_S: Final = OVERLAP_S
"""A password waits for a seat to be left for this long at most: then the old secret ends here, too."""


class Kind(Enum):
    """The kinds of change, in the order in which they leave."""

    OUT = auto()
    SUSPEND = auto()
    LAPSE = auto()
    CLOSE = auto()
    GROUP = auto()
    MEND = auto()
    SPARE_ROLE = auto()
    BEHIND = auto()
    IN = auto()


_FIRST: Final = (Kind.OUT, Kind.SUSPEND, Kind.LAPSE)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of an account, but for CLOSE (the default), GROUP and SPARE_ROLE (theirs).

    BEHIND suspends an account whose password is no credential any more. credential: of IN, the id of the one
    that it makes the password.
    """

    kind: Kind
    name: str
    credential: str = ""


class Differences:
    """The differences between broker and ledger: those told, each once until it is mended.

    Accounts that one has and the other lacks are apart: no sleeper is bound until they are mended.
    """

    def __init__(self) -> None:
        self._told: frozenset[tuple[str, str]] = frozenset()
        self._apart: dict[str, str] = {}

    def compared(self, drift: Drift, waits_in: Callable[[str], bool]) -> list[tuple[str, str]]:
        """Take in a comparison; return what was not told before. waits_in: a password of this bed waits."""
        found = [one for one in drift.sentences if not waits_in(one[0])]
        apart = {*drift.strangers, *drift.missing}
        self._apart = {name: why for name, why in found if name in apart}
        fresh = [one for one in found if one not in self._told]
        self._told = frozenset(found)
        return fresh

    def mended(self, name: str) -> None:
        """The broker has confirmed a change of this name: what is found of it later is told again."""
        self._told = frozenset(one for one in self._told if one[0] != name)
        self._apart.pop(name, None)

    @property
    def apart(self) -> tuple[str, ...]:
        """Sentences about the accounts of which broker and ledger disagree, UNEQUAL_MAX by name."""
        told = tuple(self._apart.values())
        more = (f"and {len(told) - UNEQUAL_MAX} more accounts",) if len(told) > UNEQUAL_MAX else ()
        return (*told[:UNEQUAL_MAX], *more)


@dataclass(frozen=True, slots=True)
class _Password:
    credential: str
    text: str
    since_s: float


class RightsQueue:
    """The changes that wait, and the accounts that the broker has.

    seated: whether a bed has a seat: then its password waits, for HELD_MAX_S at most.
    """

    def __init__(self, seated: Callable[[str], bool], now_s: Callable[[], float]) -> None:
        self._seated, self._now_s = seated, now_s
        self._waiting: dict[Kind, dict[str, int]] = {kind: {} for kind in Kind}
        self._passwords: dict[str, _Password] = {}
        self._accounts: dict[str, Account] | None = None
        self._roles: dict[str, Rights | None] = {}

    @property
    def urgent(self) -> bool:
        """Whether an account is to be removed or suspended."""
        return self._accounts is not None and any(self._waiting[kind] for kind in _FIRST)

    @property
    def idle(self) -> bool:
        """Whether the broker's accounts are known, and no change waits."""
        return self._accounts is not None and not any(self._waiting.values())

    @property
    def held(self) -> bool:
        """Whether a change waits for a seat to be left."""
        return bool(self._waiting[Kind.IN] or self._waiting[Kind.BEHIND])

    def waits(self, name: str) -> bool:
        """Whether a change of this name waits."""
        return any(name in names for names in self._waiting.values())

    def waits_in(self, name: str) -> bool:
        """Whether a password of this bed waits: then the broker is not behind by a fault."""
        return name in self._waiting[Kind.IN]

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Queue the account of a bed, or its new password; the newest counts.

        An account that has this password already is left as it is.
        """
        has = (self._accounts or {}).get(bed)
        for kind in (Kind.LAPSE, Kind.BEHIND):
            self._waiting[kind].pop(bed, None)
        if has is not None and has.credential == credential:
            return
        waiting, held = self._waiting[Kind.IN], self._passwords.get(bed)
        if held is not None and held.credential == credential:
            return
        waiting[bed], self._passwords[bed] = 0, _Password(credential, password, self._now_s())
        if len(waiting) > PODS_MAX:
            oldest = next(iter(waiting))
            del waiting[oldest], self._passwords[oldest]

    def put_out(self, bed: str) -> None:
        """Queue the removal of an account; a password that waits is dropped."""
        self._forget(bed)
        self._waiting[Kind.OUT][bed] = 0

    def lapse(self, bed: str) -> None:
        """Queue the removal of an account whose credential has expired."""
        self._forget(bed)
        self._waiting[Kind.LAPSE][bed] = 0

    def suspend(self, bed: str) -> None:
        """Queue the suspension of an account; a password that waits is dropped."""
        self._forget(bed)
        self._waiting[Kind.SUSPEND][bed] = 0

    def readmit(self, bed: str, credentials: frozenset[str]) -> None:
        """Queue the rights of a suspended account, where its password is one of these credentials."""
        self._waiting[Kind.SUSPEND].pop(bed, None)
        has = (self._accounts or {}).get(bed)
        if has is not None and has.credential in credentials:
            self._waiting[Kind.MEND][bed] = 0

    def _forget(self, bed: str) -> None:
        """Drop what waits for this bed, but for its removal."""
        self._passwords.pop(bed, None)
        for kind in (Kind.SUSPEND, Kind.MEND, Kind.BEHIND, Kind.IN):
            self._waiting[kind].pop(bed, None)

    def listed(self, listed: Listed) -> None:
        """Take what the broker has; changes leave from now on."""
        self._accounts, self._roles = dict(listed.accounts), dict(listed.roles)

    def unlisted(self) -> None:
        """The connection is lost: what the broker has is not known until it is listed again."""
        self._accounts = None

    def mend(self, drift: Drift) -> None:
        """Queue what brings the broker in line, in the place of what an earlier comparison has found."""
        queued: dict[Kind, Iterable[str]] = {
            Kind.CLOSE: ("default",) if drift.opened else (),
            Kind.GROUP: drift.groups,
            Kind.MEND: drift.roles,
            Kind.SPARE_ROLE: drift.spare_roles,
            Kind.BEHIND: (one for one in drift.behind if one not in self._waiting[Kind.IN]),
        }
        for kind, names in queued.items():
            self._waiting[kind] = dict.fromkeys(names, 0)
        for name in drift.strangers:
            self._waiting[Kind.OUT].setdefault(name, 0)
        for name in drift.loose:
            self._waiting[Kind.SUSPEND].setdefault(name, 0)

    def next(self) -> Change | None:
        """The change that leaves next; None: none may, or what the broker has is not known."""
        if self._accounts is None:
            return None
        for kind, names in self._waiting.items():
            for name in names:
                if kind not in (Kind.BEHIND, Kind.IN):
                    return Change(kind, name)
                password = self._passwords.get(name) if kind is Kind.IN else None
                if self._may_drop(name, password):
                    return Change(kind, name, password.credential if password is not None else "")
        return None

    def _may_drop(self, name: str, password: _Password | None) -> bool:
        """Whether a change may drop this bed's connection now."""
        if name not in (self._accounts or {}) or not self._seated(name):
            return True
        return password is not None and not self._now_s() - password.since_s <= HELD_MAX_S

    def commands(self, change: Change) -> list[plugin.Command]:  # noqa: PLR0911 - one for each kind
        """The commands of a change; none where the broker has what it would make."""
        name, accounts = change.name, self._accounts or {}
        role, known = role_of(name), name in accounts
        match change.kind:
            case Kind.OUT | Kind.LAPSE:
                return plugin.putting_out(name, known=known, role=role if role in self._roles else "")
            case Kind.CLOSE:
                return plugin.closing()
            case Kind.GROUP:
                return [{"command": "deleteGroup", "groupname": name}]
            case Kind.MEND | Kind.SUSPEND | Kind.BEHIND if not known:
                return []
            case Kind.SUSPEND | Kind.BEHIND:
                return plugin.suspending(name)
            case Kind.MEND:
                return plugin.mending(name, role=role in self._roles)
            case Kind.SPARE_ROLE:
                return [{"command": "deleteRole", "rolename": name}]
            case Kind.IN:
                return self._letting_in(name, accounts.get(name), role=role in self._roles)

    def _letting_in(self, name: str, has: Account | None, *, role: bool) -> list[plugin.Command]:
        password = self._passwords[name]
        if has is not None and has.credential == password.credential:
            return []
        return plugin.letting_in(
            *(name, password.credential, password.text),
            known=has is not None,
            role=role,
            disabled=has is not None and has.disabled,
        )

    def done(self, change: Change) -> None:
        """The broker has confirmed it."""
        self._drop(change)
        name, accounts = change.name, self._accounts
        if accounts is None:
            return
        role, before = role_of(name), accounts.get(name)
        if change.kind in (Kind.OUT, Kind.LAPSE):
            accounts.pop(name, None)
            self._roles.pop(role, None)
        elif change.kind is Kind.SPARE_ROLE:
            self._roles.pop(name, None)
        elif change.kind in (Kind.SUSPEND, Kind.BEHIND) and before is not None:
            accounts[name] = Account(before.credential, disabled=True)
        elif change.kind is Kind.IN or (change.kind is Kind.MEND and before is not None):
            credential = change.credential or (before.credential if before is not None else "")
            accounts[name] = Account(credential, frozenset((role,)))
            self._roles[role] = rights_of(name)

    def refused(self, change: Change) -> bool:
        """The broker has refused it; return whether it was the last try, and the change is given up."""
        names = self._waiting[change.kind]
        names[change.name] = names.get(change.name, 0) + 1
        if names[change.name] < TRIES_MAX:
            return False
        self._drop(change)
        return True

    def _drop(self, change: Change) -> None:
        """Take it from the queue, but where a newer password has taken its place."""
        if change.kind is Kind.IN:
            held = self._passwords.get(change.name)
            if held is None or held.credential != change.credential:
                return
            del self._passwords[change.name]
        self._waiting[change.kind].pop(change.name, None)
