"""Principals, rules and records in the shape that the page of access draws. Pure."""

from collections.abc import Iterable, Mapping

from dreamapi.names import bare, word
from dreamapi.v1.access_pb2 import Grant, MethodRule, Principal
from dreamapi.v1.pods_pb2 import Pod
from dreamapi.v1.rules_pb2 import Effect, Role
from dreamd.console.shapes import given
from dreamd.core.audit.records import Record


def principal_shape(one: Principal, beds: Mapping[str, Pod]) -> dict[str, object]:
    """A principal. beds: the pods that the viewer may read, by their bare names."""
    name = bare(one.name)
    bed = beds.get(name) if one.kind == Principal.KIND_BED else None
    return {
        "name": name,
        "kind": word(Principal.Kind, one.kind),
        "roles": [grant_words(grant) for grant in one.grants],
        "state": _state(one),
        "paused": one.paused,
        "issued_s": given(one, "issue_time"),
        "expires_s": given(one, "expire_time"),
        "revoked_s": given(one, "revoke_time"),
        "bed": None if bed is None else {"state": word(Pod.State, bed.state), "site": bed.site},
    }


def _state(one: Principal) -> str:
    if one.HasField("revoke_time"):
        return "revoked"
    if one.paused:
        return "paused"
    return "enrolled" if one.HasField("expire_time") else "not enrolled yet"


def grant_words(grant: Grant) -> str:
    """A role, and where it holds."""
    where = [*grant.sites, *grant.dreamscapes, *filter(None, (bare(grant.sleeper),)), *grant.methods]
    return role_word(grant.role) + (f" ({', '.join(where)})" if where else "")


def role_word(role: "Role") -> str:
    """A role in a small word."""
    return _small(Role.Name(role))


def _small(name: str) -> str:
    return name.removeprefix("ROLE_").lower()


def rules_shape(rules: Iterable[MethodRule]) -> dict[str, object]:
    """The matrix: a row for each method, with the roles that may call it."""
    rows = [
        {
            "method": one.method.rpartition("/")[2],
            "effect": Effect.Name(one.rule.effect).removeprefix("EFFECT_").lower(),
            "roles": [role_word(role) for role in one.rule.roles],
            "person": one.rule.person,
            "open": one.rule.open,
        }
        for one in rules
    ]
    unnamed = ("ROLE_UNSPECIFIED", "ROLE_BED")
    roles = [_small(name) for name in Role.keys() if name not in unnamed]  # noqa: SIM118 - no dict
    return {"roles": roles, "rules": rows}


def record_shape(one: Record) -> dict[str, object]:
    """A record of the audit log."""
    return {
        "n": one.n,
        "at_s": one.at_ms / 1000,
        "principal": one.principal,
        "on_behalf_of": one.on_behalf_of,
        "method": one.method,
        "target": one.target,
        "effect": one.effect,
        "outcome": one.outcome,
    }
