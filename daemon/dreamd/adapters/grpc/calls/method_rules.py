"""The rules of access, read once from the options of the .proto files, and the things that requests name.

Health and reflection have no options of ours, so their rules stand in a table here. A method without a rule
ends the start of the daemon.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, Protocol, cast

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from dreamapi import names
from dreamapi.v1 import rules_pb2
from dreamd.adapters.grpc.calls.api_methods import methods_of_api
from dreamd.core.access.admission import Admitted, Target, scoped
from dreamd.core.access.caller import Role
from dreamd.core.access.rules import Effect, Own, Rule
from dreamd.core.audit.records import Act
from dreamd.core.limits import REASON_MAX
from dreamd.core.safety.scopes import SeverScope
from dreamwire.text import fit

HEALTH: Final = frozenset(f"/grpc.health.v1.Health/{method}" for method in ("Check", "List", "Watch"))
"""Health checks: a caller without a credential may make them."""
READERS: Final = frozenset(Role) - {Role.BED, Role.DAEMON}
"""Roles that may ask which methods there are."""
_REFLECTION: Final = Rule("ServerReflectionInfo", Effect.READS, READERS)
FOREIGN: Final = {
    f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo": _REFLECTION
    for version in ("v1", "v1alpha")
}
"""Rules of methods whose .proto files are not ours."""


class _Named(Protocol):
    """A request with a name."""

    name: str


class MethodWithoutRuleError(Exception):
    """A method has no rule, or one that cannot be used; the message names it."""


def rules_of(methods: Iterable[tuple[str, MethodDescriptor]]) -> dict[str, Rule]:
    """The rule of each method, by its path.

    Raises:
        MethodWithoutRuleError: a method has no rule, no effect, no role, or a role of none.
    """
    return {path: _rule(path, method) for path, method in methods}


def rules_of_api() -> dict[str, Rule]:
    """The rule of every method of dreamapi.v1, by its path."""
    return rules_of(methods_of_api().items())


def check_rules(served: Iterable[str]) -> dict[str, Rule]:
    """Return the rule of every served path but the HEALTH checks.

    Raises:
        MethodWithoutRuleError: a served method has no rule, or a rule names a method that is not served.
    """
    rules = {**rules_of_api(), **FOREIGN}
    paths = set(served)
    if paths - HEALTH != set(rules):
        missing, unknown = sorted(paths - HEALTH - set(rules)), sorted(set(rules) - paths)
        raise MethodWithoutRuleError(f"methods without a rule: {missing}; rules without a method: {unknown}")
    return rules


def told_rule(method: MethodDescriptor) -> rules_pb2.Rule | None:
    """The rule as the .proto file states it; None: it states none."""
    options, extension = method.GetOptions(), cast("Any", rules_pb2.rule)
    return options.Extensions[extension] if options.HasExtension(extension) else None


def _rule(path: str, method: MethodDescriptor) -> Rule:
    told = told_rule(method)
    if told is None:
        raise MethodWithoutRuleError(f"{path} has no rule; add `option (rule)` to it in its .proto file")
    roles = [_word(rules_pb2.Role, role) for role in told.roles]
    effect = _word(rules_pb2.Effect, told.effect)
    if effect == "UNSPECIFIED" or bool(roles) is told.open or "UNSPECIFIED" in roles:
        raise MethodWithoutRuleError(f"{path} has a rule without an effect or a role; name both")
    own = _word(rules_pb2.Own, told.own)
    return Rule(
        method=method.name,
        effect=Effect[effect],
        roles=frozenset(Role[role] for role in roles),
        own=Own.HOUSE if own == "UNSPECIFIED" else Own[own],
        person=told.person,
        open=told.open,
        on_request=frozenset(Role[_word(rules_pb2.Role, role)] for role in told.on_request),
        pair=told.pair,
    )


def _word(enum: names.EnumNames, value: int) -> str:
    return str(enum.Name(value)).partition("_")[2]


def target_of(rule: Rule, request: Message, admitted: Admitted | None = None) -> Target:
    """The thing that a request names. A name that cannot be read is kept as it is: it is in no scope.

    admitted: its own sleeper stands for `sleepers/-`.
    """
    target = _NAMED[rule.own](request)
    own = admitted.own_sleeper if admitted is not None and rule.own is Own.SLEEPER else ""
    return Target(sleepers=(own,)) if own and target.sleepers == (names.OWN,) else target


def _id(collection: str, name: str) -> str:
    return names.id_in(collection, name) or name


def _nothing(_request: Message) -> Target:
    return Target()


def _pod(request: Message) -> Target:
    return Target(pods=(_id("pods", cast("_Named", request).name),))


def _dreamscape(request: Message) -> Target:
    return Target(dreamscapes=(_id("dreamscapes", cast("_Named", request).name),))


def _sleeper(request: Message) -> Target:
    name = cast("_Named", request).name
    found = names.sleeper_in(name)
    return Target(sleepers=(found[0] if found is not None else name,))


def _breaker(request: Message) -> Target:
    name = cast("_Named", request).name.removeprefix("breakers/")
    if name.startswith("dreamscapes/"):
        return Target(dreamscapes=(_id("dreamscapes", name),))
    return Target(pods=(_id("pods", name),))


def _planned(request: Message) -> Target:
    """The pods or the site of a plan; a plan with neither invites every pod."""
    asked = cast("Any", request)
    changed = hasattr(asked, "dreamscape")
    plan = asked.dreamscape.plan if changed else asked.plan
    of = (_id("dreamscapes", asked.dreamscape.name),) if changed else ()
    pods = tuple(_id("pods", name) for name in plan.pods)
    sites = (_id("sites", plan.site),) if plan.site else ()
    return Target(pods=pods, sites=sites, dreamscapes=of, fleet=not (pods or sites or changed))


_COLLECTIONS: Final = {"SLEEPER": "sleepers", "POD": "pods", "DREAMSCAPE": "dreamscapes", "SITE": "sites"}


def _ordered(request: Message) -> Target:
    asked = cast("Any", request)
    field = asked.DESCRIPTOR.fields_by_name.get("scope")
    word = None if field is None else field.enum_type.values_by_number.get(asked.scope)
    named = "" if word is None else word.name.removeprefix("SCOPE_")
    if named not in SeverScope.__members__:
        return Target(fleet=True)
    scope = SeverScope[named]
    return scoped(scope, _id(_COLLECTIONS.get(named, ""), asked.target))


_NAMED: Final[dict[Own, Callable[[Message], Target]]] = {
    Own.HOUSE: _nothing,
    Own.SELF: _nothing,
    Own.POD: _pod,
    Own.DREAMSCAPE: _dreamscape,
    Own.BREAKER: _breaker,
    Own.PLAN: _planned,
    Own.TARGET: _ordered,
    Own.SLEEPER: _sleeper,
}
assert set(_NAMED) == set(Own), "every thing that a request may name is read"


def _needs(rule: Rule) -> str:
    return " (a person)" if rule.person else " (without a credential)" if rule.open else ""


def _cell(rule: Rule, role: Role) -> str:
    """The condition on which a role may call a method, in a word; `-`: it may not."""
    if role not in rule.roles:
        return "-"
    if rule.own is not Own.SLEEPER:
        return "pair" if rule.pair else "yes"
    if role is Role.SLEEPER:
        return "own"
    if rule.effect is Effect.FREES:
        return "led" if role is Role.ARTIST else "all"
    if rule.effect is Effect.GOVERNS:
        return "walk-in"
    return "on request" if role in rule.on_request else "site"


def matrix() -> str:
    """The methods and the roles that may call them, as a table in Markdown."""
    rules = sorted(rules_of_api().values(), key=lambda one: (list(Effect).index(one.effect), one.method))
    roles = [role for role in Role if role not in (Role.DAEMON, Role.BED)]
    head = "| method | effect | " + " | ".join(role.value for role in roles) + " |\n"
    line = "|---|---|" + "---|" * len(roles) + "\n"
    rows = (
        f"| {rule.method}{_needs(rule)} | {rule.effect.value} | "
        + " | ".join(_cell(rule, role) for role in roles)
        + " |\n"
        for rule in rules
    )
    return "".join((head, line, *rows))


def named_act(act: Act, rule: Rule, request: Message, admitted: Admitted | None) -> Act:
    """The record with what the request names. A name that it tells is kept as on behalf of whom it acts."""
    target, told = target_of(rule, request, admitted), _text(request, "by") or _text(request, "issuer")
    principal = admitted.principal.name if admitted is not None else ""
    return replace(
        act,
        principal=principal,
        own=admitted.acts_as if admitted is not None else "",
        on_behalf_of="" if told == principal else told,
        target=_shown(target) if rule.own is not Own.HOUSE else _named_row(request),
        sleeper=" ".join(target.sleepers),
        reason=_text(request, "reason"),
    )


def _named_row(request: Message) -> str:
    """The name in a request about the house: of a principal or a wake order; empty where it has none."""
    return _text(request, "name") or _text(request, "principal_id")


def _text(request: Message, field: str) -> str:
    told = getattr(request, field, "")
    return fit(told).replace("\0", "")[:REASON_MAX] if isinstance(told, str) else ""


def _shown(target: Target) -> str:
    """Everything a target names but its sleepers."""
    names = (
        *(f"pods/{_clean(one)}" for one in target.pods),
        *(f"dreamscapes/{_clean(one)}" for one in target.dreamscapes),
        *(f"sites/{_clean(one)}" for one in target.sites),
        *(("fleet",) if target.fleet else ()),
    )
    return " ".join(names)


def _clean(name: str) -> str:
    return fit(name).removeprefix("pods/").removeprefix("dreamscapes/").removeprefix("sites/")
