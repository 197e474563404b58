"""The accounts of the simulated broker: mosquitto's dynamic-security plugin, as far as the daemon uses it.

It takes the commands that the daemon sends to the real plugin and answers as that does. `drift` is what the
faults of a night do to it behind the daemon's back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from dreamd.adapters.mqtt import dynamic_security as plugin
from dreamd.core.access.broker_accounts import (
    CANARY,
    HOUSE,
    TRIED_AS_BED,
    TRIED_TO_HEAR,
    Listed,
    rights_of,
    role_of,
)

ALL: Final = {"publishClientSend", "publishClientReceive", "subscribe"}


def matches(pattern: str, topic: str) -> bool:
    """Whether an MQTT filter holds for a topic."""
    wanted, words = pattern.split("/"), topic.split("/")
    for place, word in enumerate(wanted):
        if word == "#":
            return True
        if place >= len(words) or word not in ("+", words[place]):
            return False
    return len(wanted) == len(words)


@dataclass
class BrokerAccounts:
    """Clients, roles, groups and the default of one broker.

    dropped: called with the name of a client when a change ends its connection. anonymous: it lets clients in
    that have no account.
    """

    dropped: Callable[[str], None]
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    roles: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    default: dict[str, bool] = field(default_factory=lambda: dict(plugin.DEFAULTS))
    anonymous: bool = False

    def __post_init__(self) -> None:
        """Begin with the accounts that `dreamd init` makes."""
        for name in HOUSE:
            self.roles[role_of(name)] = plugin.acls(rights_of(name))
            self.clients[name] = {"username": name, "roles": [{"rolename": role_of(name)}]}

    def lets_in(self, name: str, password: str) -> bool:
        """Whether a client of this name and password may connect."""
        client = self.clients.get(name)
        if client is None:
            return self.anonymous
        return client.get("password") == password and not client.get("disabled")

    def carry_out(self, commands: Iterable[plugin.Command]) -> None:
        """Carry out the commands of one message, in order.

        Raises:
            RefusedError: the plugin refuses one of them; those before it are done.
        """
        for command in commands:
            error = self._one(command)
            if error:
                plugin.check({"command": command["command"], "error": error})

    def _one(self, command: plugin.Command) -> str:
        kind, name = str(command["command"]), str(command.get("username") or command.get("rolename") or "")
        if kind in ("createRole", "modifyRole"):
            if (name in self.roles) is (kind == "createRole"):
                return "Role already exists" if name in self.roles else "Role not found"
            self.roles[name] = list(command["acls"])
        elif kind == "deleteRole":
            return "" if self.roles.pop(name, None) is not None else "Role not found"
        elif kind == "deleteGroup":
            self.groups.remove(str(command["groupname"]))
        elif kind == "setDefaultACLAccess":
            self.default.update({str(one["acltype"]): bool(one["allow"]) for one in command["acls"]})
        else:
            return self._client(kind, name, command)
        return ""

    def _client(self, kind: str, name: str, command: plugin.Command) -> str:
        if (name in self.clients) is (kind == "createClient"):
            return "Client already exists" if name in self.clients else "Client not found"
        if kind == "deleteClient":
            del self.clients[name]
            self.dropped(name)
            return ""
        client = self.clients.setdefault(name, {})
        client.update({key: value for key, value in command.items() if key != "command"})
        if kind in ("enableClient", "disableClient"):
            client["disabled"] = kind == "disableClient"
        if kind in ("modifyClient", "disableClient"):
            self.dropped(name)
        return ""

    def listed(self) -> Listed:
        """Everything there is, as the daemon reads it."""
        listed = [{"rolename": name, "acls": acls} for name, acls in self.roles.items()]
        default = [{"acltype": kind, "allow": allow} for kind, allow in self.default.items()]
        return Listed(
            plugin.accounts_in({"clients": list(self.clients.values())}),
            plugin.roles_in({"roles": listed}),
            tuple(self.groups),
            closed=plugin.is_closed({"acls": default}),
        )

    def open_to(self) -> tuple[str, ...]:
        """The things that the canary finds allowed and that must be refused, in sentences."""
        return (
            *(["the broker lets a client in without a password"] if self.anonymous else []),
            *(
                f"the broker lets canary speak as {topic}"
                for topic in TRIED_AS_BED
                if self._allows(CANARY, topic, plugin.SAYS, "publishClientSend")
            ),
            *(
                f"the broker lets canary hear {topic}"
                for topic in TRIED_TO_HEAR
                if self._allows(CANARY, topic, plugin.HEARS, "publishClientReceive")
                and self._allows(CANARY, topic, plugin.SUBSCRIBES, "subscribe")
            ),
        )

    def _allows(self, name: str, topic: str, kind: str, default: str) -> bool:
        held = [str(role["rolename"]) for role in self.clients.get(name, {}).get("roles", ())]
        for acl in (acl for role in held for acl in self.roles.get(role, ())):
            if acl["acltype"] == kind and matches(str(acl["topic"]), topic):
                return bool(acl["allow"])
        return self.default[default]

    # -- what a night does to it ----------------------------------------------------------------------

    def add_stranger(self, name: str) -> None:
        """An account that the ledger lacks, with a role that may hear and say everything."""
        self.roles[name] = [
            {"acltype": kind, "topic": "#", "priority": 0, "allow": True}
            for kind in (plugin.SAYS, plugin.HEARS, plugin.SUBSCRIBES)
        ]
        self.clients[name] = {"username": name, "password": name, "roles": [{"rolename": name}]}

    def widen_role(self, account: str) -> None:
        """The role of an account may hear and say everything."""
        self.roles[role_of(account)] = [
            {"acltype": kind, "topic": "#", "priority": 0, "allow": True}
            for kind in (plugin.SAYS, plugin.HEARS, plugin.SUBSCRIBES)
        ]

    def is_right(self, bed: str) -> bool:
        """Whether a bed has its account, with its own role: an enrolment has written both anew."""
        return bed in self.clients and self.roles.get(role_of(bed)) == plugin.acls(rights_of(bed))

    def open_default(self) -> None:
        """The broker allows what no role names."""
        self.default.update(dict.fromkeys(ALL, True))

    def lose_account(self, bed: str) -> None:
        """The account of a bed is gone, and its connection with it."""
        if self.clients.pop(bed, None) is not None:
            self.roles.pop(role_of(bed), None)
            self.dropped(bed)
