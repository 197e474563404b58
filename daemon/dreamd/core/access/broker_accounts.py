"""The accounts at the broker: what each may say and hear, and how a broker differs from the ledger.

Rules
- An account has one role of its own. A topic that the role does not name is refused.
- A bed speaks as itself alone. It hears its own orders, its own clock answers, and what is said to all.
- `canary` may hear one topic and say nothing: the daemon tries with it whether the broker keeps these rules.
- An account that neither the ledger nor this file knows is a stranger and is removed.
- The account of a paused bed keeps its password, is disabled and has no role. So is one with a password that
  is no credential any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dreamwire import topics

DAEMON: Final = "dreamd"
KEEPER: Final = "dreamd-rights"
"""The daemon's second account: it alone changes rights, and it says nothing to a bed."""
CANARY: Final = "canary"
CANARY_BED: Final = "canary-bed"
"""The bed as which `canary` tries to speak. No bed has this name."""
CONTROL: Final = "$CONTROL/dynamic-security/v1"
ANSWERS: Final = f"{CONTROL}/response"
CANARY_HEARS: Final = topics.CANARY
TRIED_AS_BED: Final = (
    *(topics.pod_topic(CANARY_BED, leaf) for leaf in ("presence", "status", "event", "clock", "command")),
    topics.frames(CANARY, 0, CANARY_BED),
)
"""Topics on which `canary` speaks as a bed, or as the daemon to a bed."""
TRIED_TO_HEAR: Final = (
    topics.pod_topic(CANARY_BED, "command"),
    topics.clock_answer(CANARY_BED),
    topics.collective(CANARY, 0),
)
"""Topics of a bed to which `canary` tries to listen."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of a role: to publish to the topics `says`, to subscribe to and receive from `hears`."""

    says: frozenset[str] = frozenset()
    hears: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the broker lists it. credential: the id that its note names; roles: their names."""

    credential: str = ""
    roles: frozenset[str] = frozenset()
    disabled: bool = False

    @property
    def suspended(self) -> bool:
        """Whether it may not connect, and would have no right if it did."""
        return self.disabled and not self.roles


@dataclass(frozen=True, slots=True)
class Listed:
    """The accounts, roles and groups of a broker. closed: whether it refuses a topic that no role names."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    roles: Mapping[str, Rights | None] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Drift:
    """How a broker differs from the ledger.

    strangers, groups: to be removed. roles: to be set, by account. spare_roles: to be removed. opened:
    whether the default must be closed. missing: beds without an account. older: beds whose account has a
    password that is no credential of theirs any more. behind: those of them that are not suspended, nor
    paused. loose: paused beds whose account is not suspended.
    """

    strangers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    spare_roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    opened: bool = False

    @property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """Each difference: the name of the account, role or group, and a sentence."""
        told = [(one, f"the broker has an account {one} that the ledger lacks") for one in self.strangers]
        told += [(one, f"the rights of {one} at the broker are not its own") for one in self.roles]
        told += [(one, f"the broker has a role {one} of no account") for one in self.spare_roles]
        told += [(one, f"the broker has a group {one} that may give rights") for one in self.groups]
        told += [(one, f"{one} has no account at the broker: {_remedy(one)}") for one in self.missing]
        told += [(one, f"{one} has an older password at the broker: {_remedy(one)}") for one in self.older]
        told += [(one, f"{one} is paused and may use the broker") for one in self.loose]
        return (*told, *([("default", "the broker allows what no role names")] if self.opened else []))


def _remedy(account: str) -> str:
    if account in HOUSE:
        return "put dynamic-security.json of dreamd init back, and restart the broker"
    again = f"enrol it again (dreamd enrol {account}), or revoke it"
    return f"its agent shows its credential; if that is lost, {again}"


def rights_of_bed(bed: str) -> Rights:
    """The rights of a bed."""
    presence = topics.pod_topic(bed, "presence")
    said = (topics.pod_topic(bed, leaf) for leaf in ("status", "event", "clock"))
    heard = topics.pod_topic(bed, "command"), topics.clock_answer(bed)
    everyone = f"{topics.ROOT}/collective/+/+", topics.WAKE, topics.DAEMON_PRESENCE
    return Rights(
        frozenset((presence, *said, f"{topics.ROOT}/frames/+/+/{bed}")),
        frozenset((presence, *heard, *everyone)),
    )


_DAEMON: Final = Rights(
    says=frozenset(
        (
            *(f"{topics.ROOT}/pods/+/command", f"{topics.ROOT}/clock/+", f"{topics.ROOT}/collective/+/+"),
            *(topics.WAKE, topics.DAEMON_PRESENCE, topics.DAEMON_LEDGER),
        )
    ),
    hears=frozenset(
        (*topics.POD_REPORTS, topics.FRAMES, topics.WAKE, topics.DAEMON_PRESENCE, topics.DAEMON_LEDGER)
    ),
)
_KEEPER: Final = Rights(
    says=frozenset((f"{CONTROL}/#", *TRIED_TO_HEAR, CANARY_HEARS)),
    hears=frozenset((ANSWERS, *TRIED_AS_BED, CANARY_HEARS)),
)
HOUSE: Final = {DAEMON: _DAEMON, KEEPER: _KEEPER, CANARY: Rights(hears=frozenset((CANARY_HEARS,)))}
"""The accounts that `dreamd init` makes, with their rights."""


def role_of(account: str) -> str:
    """The name of an account's own role."""
    return account if account in HOUSE else f"bed:{account}"


def rights_of(account: str) -> Rights:
    """The rights of an account."""
    house = HOUSE.get(account)
    return house if house is not None else rights_of_bed(account)


def drift_of(beds: Mapping[str, frozenset[str]], paused: frozenset[str], listed: Listed) -> Drift:
    """Compare a broker with the ledger.

    beds: the ids of the credentials of each bed that has one alive. paused: those of them that are paused.
    """
    known = {*beds, *HOUSE}
    present = known & set(listed.accounts)
    older = {one for one in present & set(beds) if listed.accounts[one].credential not in beds[one]}
    open_ = {one for one in present if not listed.accounts[one].suspended}
    own = {role_of(one) for one in known}
    return Drift(
        strangers=tuple(sorted(set(listed.accounts) - known)),
        roles=tuple(sorted(one for one in present - paused - older if not _has_its_own(one, listed))),
        spare_roles=tuple(sorted(set(listed.roles) - own)),
        groups=tuple(sorted(listed.groups)),
        missing=tuple(sorted(known - present - paused)),
        older=tuple(sorted(older)),
        behind=tuple(sorted(older & open_ - paused)),
        loose=tuple(sorted(paused & open_)),
        opened=not listed.closed,
    )


def _has_its_own(name: str, listed: Listed) -> bool:
    account, role = listed.accounts[name], role_of(name)
    alone = account.roles == frozenset((role,)) and not account.disabled
    return alone and listed.roles.get(role) == rights_of(name)
