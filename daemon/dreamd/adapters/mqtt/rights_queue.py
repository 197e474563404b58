"""The changes of accounts that wait for the broker, in the order in which they leave; pure.

Bounded: one change of each kind for each name, and PODS_MAX passwords.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dreamd.adapters.mqtt import dynamic_security as plugin
from dreamd.core.access.broker_accounts import Account, Drift, Listed, Rights, rights_of, role_of
from dreamd.core.limits import PODS_MAX

TRIES_MAX: Final = 2


class Kind(Enum):
    """The kinds of change, in the order in which they leave."""

    OUT = auto()
    CLOSE = auto()
    GROUP = auto()
    MEND = auto()
    SPARE_ROLE = auto()
    IN = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of an account, but for CLOSE (the default), GROUP and SPARE_ROLE (theirs).

    credential: of IN, the id of the one that it makes the password.
    """

    kind: Kind
    name: str
    credential: str = ""


@dataclass(frozen=True, slots=True)
class _Password:
    credential: str
    text: str


class RightsQueue:
    """The changes that wait, and the accounts that the broker has. seated: whether a bed has a seat."""

    def __init__(self, seated: Callable[[str], bool]) -> None:
        self._seated = seated
        self._waiting: dict[Kind, dict[str, int]] = {kind: {} for kind in Kind}
        self._passwords: dict[str, _Password] = {}
        self._accounts: dict[str, Account] | None = None
        self._roles: dict[str, Rights | None] = {}

    @property
    def urgent(self) -> bool:
        """Whether an account is to be removed."""
        return bool(self._waiting[Kind.OUT]) and self._accounts is not None

    @property
    def idle(self) -> bool:
        """Whether the broker's accounts are known, and no change waits."""
        return self._accounts is not None and not any(self._waiting.values())

    @property
    def held(self) -> bool:
        """Whether a change waits for a seat to be left."""
        return bool(self._waiting[Kind.IN])

    def waits(self, name: str) -> bool:
        """Whether a change of this name waits."""
        return any(name in names for names in self._waiting.values())

    def waits_in(self, name: str) -> bool:
        """Whether a password of this bed waits: then the broker is not behind by a fault."""
        return name in self._waiting[Kind.IN]

    def let_in(self, bed: str, credential: str, password: str) -> None:
        """Queue the account of a bed, or its new password; the newest counts."""
        waiting = self._waiting[Kind.IN]
        waiting[bed], self._passwords[bed] = 0, _Password(credential, password)
        if len(waiting) > PODS_MAX:
            oldest = next(iter(waiting))
            del waiting[oldest], self._passwords[oldest]

    def put_out(self, bed: str) -> None:
        """Queue the removal of an account; a password that waits is dropped."""
        self._waiting[Kind.IN].pop(bed, None)
        self._passwords.pop(bed, None)
        self._waiting[Kind.OUT][bed] = 0

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
        }
        for kind, names in queued.items():
            self._waiting[kind] = dict.fromkeys(names, 0)
        for name in drift.strangers:
            self._waiting[Kind.OUT].setdefault(name, 0)

    def next(self) -> Change | None:
        """The change that leaves next; None: none may, or what the broker has is not known."""
        if self._accounts is None:
            return None
        for kind, names in self._waiting.items():
            for name in names:
                if kind is not Kind.IN:
                    return Change(kind, name)
                if name not in self._accounts or not self._seated(name):
                    return Change(kind, name, self._passwords[name].credential)
        return None

    def commands(self, change: Change) -> list[plugin.Command]:
        """The commands of a change; none where the broker has what it would make."""
        name, accounts = change.name, self._accounts or {}
        role, known = role_of(name), name in accounts
        match change.kind:
            case Kind.OUT:
                return plugin.putting_out(name, known=known, role=role if role in self._roles else "")
            case Kind.CLOSE:
                return plugin.closing()
            case Kind.GROUP:
                return [{"command": "deleteGroup", "groupname": name}]
            case Kind.MEND:
                return plugin.mending(name, role=role in self._roles)
            case Kind.SPARE_ROLE:
                return [{"command": "deleteRole", "rolename": name}]
            case Kind.IN:
                password = self._passwords[name]
                return plugin.letting_in(
                    name, password.credential, password.text, known=known, role=role in self._roles
                )

    def done(self, change: Change) -> None:
        """The broker has confirmed it."""
        self._drop(change)
        name, accounts = change.name, self._accounts
        if accounts is None:
            return
        role = role_of(name)
        if change.kind is Kind.OUT:
            accounts.pop(name, None)
            self._roles.pop(role, None)
        elif change.kind is Kind.SPARE_ROLE:
            self._roles.pop(name, None)
        elif change.kind in (Kind.IN, Kind.MEND):
            accounts[name] = Account(roles=frozenset((role,)))
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
