"""Admission: whether a principal may make a call, from its rule, its credential and the thing it names.

The order is fixed: credential, effect, role, scope. Rates stand between effect and role and are the
adapter's. Nothing is looked up for a caller that has no role for the method, so names cannot be probed: a
name out of scope and a name that does not exist are refused alike.

Rules
- For what FREES, an expired credential counts for another day, and operator, clinician, advocate and
  administrator are not bound to a site: a scope must not stand between a person and the way out. A revoked
  credential frees nothing.
- A bed has the role of a bed without a grant. A service renews its own credential and reads itself, whatever
  its grant names.
- What BINDS several sites needs a grant for all of them.
- A sleeper is in the site of their bed. A method of the sleeper alone is refused with NOT_YOURS.
- To enrol a sleeper, an operator reaches those in no bed: a walk-in is in no site yet.
- A fact that is missing refuses, except for what FREES.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Credential, Grant, Kind, Principal
from dreamd.core.access.rules import Effect, Own, Rule
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.scopes import SeverScope

UNBOUND: Final = frozenset({Role.OPERATOR, Role.CLINICIAN, Role.ADVOCATE, Role.ADMIN})
"""Roles that free in every site."""
SEES_ALL: Final = frozenset({Role.ADVOCATE, Role.AUDITOR, Role.ADMIN})
"""Roles that read in every site."""
SEES_SLEEPERS: Final = frozenset({Role.OPERATOR, Role.CLINICIAN, Role.ADVOCATE, Role.SLEEPER})
"""Roles that read the sleeper of a pod in their scope. A service reads none, unless a grant names it."""
_OF_BEDS: Final = Grant(Role.BED)
NAMES: Final = "sleepers"
"""In the methods of a service's grant: it may read the sleeper of a pod."""


class Whereabouts(Protocol):
    """The pods, Dreamscapes and sleepers there are, as far as a scope depends on them."""

    def site_of(self, pod: str) -> str:
        """The site of a pod; empty where the pod is not known."""
        ...

    def sites_of(self, dreamscape: str) -> frozenset[str]:
        """The sites of the pods in a Dreamscape, and of its plan; empty where it is not known."""
        ...

    def sleeper_in(self, pod: str) -> str:
        """The sleeper checked in at a pod; empty where there is none."""
        ...

    def dreamscape_of(self, sleeper: str) -> str:
        """The Dreamscape in which a sleeper has a seat; empty where there is none."""
        ...

    def bed_of(self, sleeper: str) -> str:
        """The pod at which a sleeper is checked in; empty where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """The thing that a request names. An empty target names the house, or the caller itself.

    pods, sites, dreamscapes, sleepers: ids. fleet: everything. everywhere: a plan that invites every site.
    """

    pods: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    dreamscapes: tuple[str, ...] = ()
    sleepers: tuple[str, ...] = ()
    fleet: bool = False

    @property
    def empty(self) -> bool:
        """Whether it names nothing."""
        return not (self.pods or self.sites or self.dreamscapes or self.sleepers or self.fleet)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller that may make the call. grants: those by which it may, at least one."""

    principal: Principal
    credential: str
    grants: tuple[Grant, ...]

    def sees_pod(self, pod: str, site: str, sleeper: str) -> bool:
        """Whether a row about this pod belongs to the caller's scope."""
        return any(
            grant.role in SEES_ALL
            or grant.has_site(site)
            or (bool(grant.sleeper) and grant.sleeper == sleeper)
            or (grant.role is Role.BED and self.principal.name == pod)
            for grant in self.grants
        )

    def sees_dreamscape(self, dreamscape: str, sites: Iterable[str], where: Whereabouts) -> bool:
        """Whether a row about this Dreamscape belongs to the caller's scope. sites: of the Dreamscape."""
        held = tuple(sites)
        return any(
            grant.role in SEES_ALL
            or grant.has_dreamscape(dreamscape)
            or any(grant.has_site(site) for site in held)
            or (not held and grant.has_site(""))
            or (bool(grant.sleeper) and where.dreamscape_of(grant.sleeper) == dreamscape)
            for grant in self.grants
        )

    def sees_sleeper(self, sleeper: str) -> bool:
        """Whether the caller may read the name of this sleeper."""
        return any(
            grant.sleeper == sleeper if grant.role is Role.SLEEPER else _names(grant) for grant in self.grants
        )

    @property
    def own_sleeper(self) -> str:
        """The sleeper that the caller is; empty where it is none."""
        return next((grant.sleeper for grant in self.grants if grant.role is Role.SLEEPER), "")

    @property
    def acts_as(self) -> str:
        """The sleeper as which the caller acts; empty where another role admits it."""
        sleepers = {grant.sleeper if grant.role is Role.SLEEPER else "" for grant in self.grants}
        return sleepers.pop() if len(sleepers) == 1 else ""

    @property
    def sees_names(self) -> bool:
        """Whether the caller reads the names of all sleepers of its scope."""
        return any(_names(grant) for grant in self.grants if grant.role is not Role.SLEEPER)

    @property
    def sees_seats(self) -> bool:
        """Whether the caller reads the seats of a Dreamscape; an artist does not."""
        return any(grant.role is not Role.ARTIST for grant in self.grants)


def _names(grant: Grant) -> bool:
    return grant.role in SEES_SLEEPERS or (grant.role is Role.SERVICE and NAMES in grant.methods)


def admit(
    rule: Rule,
    principal: Principal,
    credential: Credential,
    now_s: float,
) -> Admitted | Refusal:
    """Judge credential, effect and role; the scope is `in_scope`'s. now_s: session seconds."""
    no = refused_credential(rule, principal, credential, now_s)
    if no is not None:
        return no
    if rule.person and principal.kind is not Kind.PERSON:
        sentence = f"{principal.name} is a {principal.kind.value}, and {rule.method} needs a person"
        return Refusal(Code.PERSON_NEEDED, sentence, {"method": rule.method})
    held = (*principal.grants, _OF_BEDS) if principal.kind is Kind.BED else principal.grants
    grants = tuple(grant for grant in held if _may(rule, grant))
    if not grants and rule.sleepers_alone:
        return _not_yours(rule, principal)
    if not grants:
        needed = ", ".join(sorted(role.value for role in rule.roles))
        sentence = f"{principal.name} may not call {rule.method}: it takes one of {needed}"
        return Refusal(Code.ROLE_LACKING, sentence, {"method": rule.method, "roles": needed})
    return Admitted(principal, credential.id, grants)


def _not_yours(rule: Rule, principal: Principal) -> Refusal:
    sentence = f"{rule.method} is the sleeper's own, and {principal.name} is not this sleeper"
    return Refusal(Code.NOT_YOURS, sentence, {"method": rule.method})


def _may(rule: Rule, grant: Grant) -> bool:
    if grant.role not in rule.roles:
        return False
    return grant.role is not Role.SERVICE or rule.own is Own.SELF or rule.method in grant.methods


def refused_credential(
    rule: Rule, principal: Principal, credential: Credential, now_s: float
) -> Refusal | None:
    """Return why this credential does not count for a call of this effect; None: it counts."""
    if credential.revoked_s:
        return Refusal(Code.CREDENTIAL_REVOKED, f"the credential of {principal.name} was revoked")
    frees = rule.effect is Effect.FREES
    if not (credential.frees(now_s) if frees else credential.alive(now_s)):
        return Refusal(Code.CREDENTIAL_EXPIRED, f"the credential of {principal.name} has expired")
    if principal.paused and not frees:
        return Refusal(Code.PRINCIPAL_PAUSED, f"{principal.name} is paused: {principal.paused}")
    return None


def in_scope(rule: Rule, admitted: Admitted, target: Target, where: Whereabouts) -> Admitted | Refusal:
    """Judge the scope; return the caller with the grants that reach the target, or OUT_OF_SCOPE.

    An empty target is in every scope: the answer then holds the caller's rows alone.
    """
    if target.empty or rule.own in (Own.HOUSE, Own.SELF):
        return admitted
    grants = tuple(grant for grant in admitted.grants if _reaches(rule, grant, admitted, target, where))
    if grants:
        return Admitted(admitted.principal, admitted.credential, grants)
    if rule.own is Own.SLEEPER and all(grant.role is Role.SLEEPER for grant in admitted.grants):
        return _not_yours(rule, admitted.principal)
    sentence = f"{rule.method} of this {_what(rule)} is out of the scope of {admitted.principal.name}"
    return Refusal(Code.OUT_OF_SCOPE, sentence, {"method": rule.method})


def _what(rule: Rule) -> str:
    words = {Own.POD: "pod", Own.DREAMSCAPE: "Dreamscape", Own.PLAN: "plan", Own.SLEEPER: "sleeper"}
    return words.get(rule.own, "target")


def on_request(rule: Rule, admitted: Admitted) -> bool:
    """Whether the caller may make this call on the sleeper's request alone."""
    return bool(rule.on_request) and all(grant.role in rule.on_request for grant in admitted.grants)


def _reaches(rule: Rule, grant: Grant, admitted: Admitted, target: Target, where: Whereabouts) -> bool:
    if rule.own is Own.SLEEPER:
        return all(_reaches_sleeper(rule, grant, sleeper, where) for sleeper in target.sleepers)
    if rule.effect is Effect.FREES and grant.role in UNBOUND:
        return True
    if grant.role is Role.BED:
        return _only(target, "pods") and target.pods == (admitted.principal.name,)
    judge = _BY_ROLE.get(grant.role)
    return judge(rule, grant, target, where) if judge is not None else grant.role in SEES_ALL


def _only(target: Target, one: str) -> bool:
    """Whether the target names this kind and no other."""
    kinds = ("pods", "sites", "dreamscapes", "sleepers", "fleet")
    return all(bool(getattr(target, kind)) == (kind == one) for kind in kinds)


def _reaches_own(rule: Rule, grant: Grant, target: Target, where: Whereabouts) -> bool:
    """A sleeper: their own name, the pod they lie in, and to read, nothing else."""
    if _only(target, "sleepers"):
        return target.sleepers == (grant.sleeper,)
    if _only(target, "pods"):
        return all(bool(grant.sleeper) and where.sleeper_in(pod) == grant.sleeper for pod in target.pods)
    if rule.effect is Effect.READS and _only(target, "dreamscapes"):
        seated = where.dreamscape_of(grant.sleeper)
        return bool(seated) and target.dreamscapes == (seated,)
    return False


def _reaches_sleeper(rule: Rule, grant: Grant, sleeper: str, where: Whereabouts) -> bool:
    """One sleeper: their own, a clinician by the site of the bed, to free an artist by the seat."""
    if grant.role is Role.SLEEPER:
        return bool(sleeper) and grant.sleeper == sleeper
    if rule.effect is Effect.FREES:
        return grant.role is not Role.ARTIST or grant.has_dreamscape(where.dreamscape_of(sleeper))
    bed = where.bed_of(sleeper)
    if rule.effect is Effect.GOVERNS and not bed:  # a walk-in is in no site yet
        return True
    return grant.role in SEES_ALL or grant.has_site(where.site_of(bed) if bed else "")


def _reaches_sites(rule: Rule, grant: Grant, target: Target, where: Whereabouts) -> bool:
    """An operator, clinician or service: by the sites that the target touches."""
    if target.fleet:
        return grant.has_site("")
    sites = [where.site_of(pod) for pod in target.pods] + list(target.sites)
    wide = rule.effect is not Effect.BINDS
    for dreamscape in target.dreamscapes:
        held = where.sites_of(dreamscape) or frozenset({""})
        reached = [grant.has_site(site) for site in held]
        if not (any(reached) if wide else all(reached)):
            return False
    if target.sleepers and not grant.has_site(""):
        return False
    return all(map(grant.has_site, sites))


def _reaches_led(_rule: Rule, grant: Grant, target: Target, _where: Whereabouts) -> bool:
    """An artist: the Dreamscapes that the grant names."""
    return _only(target, "dreamscapes") and all(map(grant.has_dreamscape, target.dreamscapes))


_BY_ROLE: Final = {
    Role.SLEEPER: _reaches_own,
    Role.ARTIST: _reaches_led,
    Role.OPERATOR: _reaches_sites,
    Role.CLINICIAN: _reaches_sites,
    Role.SERVICE: _reaches_sites,
}
"""The judge of each role whose scope is not everything."""


def scoped(scope: SeverScope, target: str) -> Target:
    """The target of an order by scope."""
    match scope:
        case SeverScope.SLEEPER:
            return Target(sleepers=(target,))
        case SeverScope.POD:
            return Target(pods=(target,))
        case SeverScope.DREAMSCAPE:
            return Target(dreamscapes=(target,))
        case SeverScope.SITE:
            return Target(sites=(target,))
        case SeverScope.FLEET:
            return Target(fleet=True)
