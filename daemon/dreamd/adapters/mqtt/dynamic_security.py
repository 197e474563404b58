"""Commands of mosquitto's dynamic-security plugin, and its answers, as JSON on a control topic.

Written for mosquitto 2.0.11. Measured there: a role's access list is enforced on publishing, subscribing and
receiving; `%u` is not expanded; `modifyClient` and `setClientPassword` drop the client's connection;
`modifyRole` drops nothing; `deleteClient` drops the connection and refuses the next one.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dreamd.core.access.broker_accounts import HOUSE, Account, Rights, rights_of, role_of
from dreamwire.text import shown

Command = dict[str, Any]

SAYS: Final = "publishClientSend"
HEARS: Final = "publishClientReceive"
SUBSCRIBES: Final = "subscribePattern"
DEFAULTS: Final = {
    "publishClientSend": False,
    "publishClientReceive": False,
    "subscribe": False,
    "unsubscribe": True,
}
"""The answer to a topic that no role names."""
ROUNDS: Final = 101
"""Rounds of PBKDF2-SHA512, as mosquitto itself takes them; a credential has 256 random bits."""
_SALT_BYTES: Final = 12
NAME_MAX: Final = 80
"""Characters of a stranger's name that are kept."""


class RefusedError(Exception):
    """The plugin refused a command; the message has the command and its reason."""


def acls(rights: Rights) -> list[dict[str, object]]:
    """The access list of a role."""
    listed = [(SAYS, one) for one in sorted(rights.says)]
    listed += [(kind, one) for one in sorted(rights.hears) for kind in (SUBSCRIBES, HEARS)]
    return [{"acltype": kind, "topic": topic, "priority": 0, "allow": True} for kind, topic in listed]


def letting_in(
    bed: str, credential: str, password: str, *, known: bool, role: bool, disabled: bool = False
) -> list[Command]:
    """Commands that give a bed an account.

    known, role: whether the broker has its account, its role. disabled: whether the account is disabled.
    """
    first: Command = {
        "command": "modifyRole" if role else "createRole",
        "rolename": role_of(bed),
        "acls": acls(rights_of(bed)),
    }
    account: Command = {
        "command": "modifyClient" if known else "createClient",
        "username": bed,
        "password": password,
        "textname": credential,
        "roles": [{"rolename": role_of(bed), "priority": 0}],
    }
    return [first, account, *([{"command": "enableClient", "username": bed}] if disabled else [])]


def putting_out(account: str, *, known: bool, role: str) -> list[Command]:
    """Commands that remove an account, and its role where `role` names one that the broker has."""
    client: list[Command] = [{"command": "deleteClient", "username": account}] if known else []
    return client + ([{"command": "deleteRole", "rolename": role}] if role else [])


def suspending(account: str) -> list[Command]:
    """Commands that drop an account's connection and leave it no right; its password stays.

    Both: an account that is only disabled is let back in with a certificate.
    """
    bare: Command = {"command": "modifyClient", "username": account, "roles": []}
    return [bare, {"command": "disableClient", "username": account}]


def mending(account: str, *, role: bool) -> list[Command]:
    """Commands that give an account its own rights again, and no others. role: the broker has its role."""
    name = role_of(account)
    first: Command = {
        "command": "modifyRole" if role else "createRole",
        "rolename": name,
        "acls": acls(rights_of(account)),
    }
    roles: Command = {
        "command": "modifyClient",
        "username": account,
        "roles": [{"rolename": name, "priority": 0}],
    }
    return [first, roles, {"command": "enableClient", "username": account}]


def closing() -> list[Command]:
    """The command that refuses again what no role names."""
    listed = [{"acltype": kind, "allow": allow} for kind, allow in DEFAULTS.items()]
    return [{"command": "setDefaultACLAccess", "acls": listed}]


def request(commands: Iterable[Command], number: int) -> bytes:
    """The payload of one message; each command carries its place, by which its answer is told."""
    numbered = [{**one, "correlationData": f"{number}.{place}"} for place, one in enumerate(commands)]
    return json.dumps({"commands": numbered}, separators=(",", ":")).encode()


def answers(payload: bytes) -> list[tuple[str, Mapping[str, Any]]]:
    """The answers in a message: each one's correlation, and the answer; nothing where it is not readable."""
    try:
        listed = json.loads(payload)["responses"]
        return [(str(one.get("correlationData", "")), one) for one in listed]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def check(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of an answer; raises RefusedError where it is a refusal."""
    if "error" in answer:
        raise RefusedError(f"{answer.get('command')}: {shown(str(answer['error'])[:NAME_MAX])}")
    data = answer.get("data", {})
    return data if isinstance(data, dict) else {}


def accounts_in(data: Mapping[str, Any]) -> dict[str, Account]:
    """The accounts of a page of `listClients`, by name."""
    return {
        str(one["username"])[:NAME_MAX]: Account(
            str(one.get("textname", "")),
            frozenset(str(role["rolename"]) for role in one.get("roles", ())),
            disabled=bool(one.get("disabled")),
        )
        for one in data.get("clients", ())
    }


def roles_in(data: Mapping[str, Any]) -> dict[str, Rights | None]:
    """The roles of a page of `listRoles`, by name; None: it has an entry that no role of ours has."""
    return {str(one["rolename"]): _rights(one.get("acls", ())) for one in data.get("roles", ())}


def is_closed(data: Mapping[str, Any]) -> bool:
    """Whether the answer to `getDefaultACLAccess` refuses what no role names."""
    told = {one.get("acltype"): one.get("allow") for one in data.get("acls", ())}
    return all(told.get(kind) is False for kind, allow in DEFAULTS.items() if not allow)


def _rights(listed: Sequence[Mapping[str, Any]]) -> Rights | None:
    found: dict[str, set[str]] = {SAYS: set(), HEARS: set(), SUBSCRIBES: set()}
    for one in listed:
        kind = found.get(str(one.get("acltype")))
        if kind is None or one.get("allow") is not True:
            return None
        kind.add(str(one.get("topic")))
    if found[HEARS] != found[SUBSCRIBES]:
        return None
    return Rights(frozenset(found[SAYS]), frozenset(found[HEARS]))


def first_file(passwords: Mapping[str, str]) -> str:
    """The plugin's file as `dreamd init` makes it: the daemon's own accounts, nothing else allowed.

    passwords: of every account in HOUSE.
    """
    clients = [
        {"username": name, **_hashed(passwords[name]), "roles": [{"rolename": role_of(name)}]}
        for name in HOUSE
    ]
    roles = [{"rolename": role_of(name), "acls": acls(rights)} for name, rights in HOUSE.items()]
    content = {"defaultACLAccess": DEFAULTS, "clients": clients, "groups": [], "roles": roles}
    return json.dumps(content, indent=1) + "\n"


def _hashed(password: str) -> dict[str, object]:
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    texts = base64.b64encode(digest).decode(), base64.b64encode(salt).decode()
    return {"password": texts[0], "salt": texts[1], "iterations": ROUNDS}
