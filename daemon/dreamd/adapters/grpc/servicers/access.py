"""The Access service: principals, codes, sign-ins, credentials, and the rules of every method.

A code and a credential are shown once, in the answer that makes them. So an answer with one is not kept for a
second request of the same id: the caller enrols again.
"""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Awaitable, Callable
from time import monotonic, time
from typing import Final, cast

from dreamapi.v1 import access_pb2 as access
from dreamapi.v1 import rules_pb2
from dreamapi.v1.access_pb2_grpc import AccessServicer
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.api_methods import methods_of_api
from dreamd.adapters.grpc.calls.callers import caller_of
from dreamd.adapters.grpc.calls.errors import Declined, bad_input, granted
from dreamd.adapters.grpc.calls.interceptor import Context, admitted_of
from dreamd.adapters.grpc.calls.lanes import host_of
from dreamd.adapters.grpc.calls.method_rules import told_rule
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import kept
from dreamd.adapters.grpc.servicers.attempts import Attempts
from dreamd.adapters.grpc.servicers.responses import moment, span
from dreamd.adapters.grpc.servicers.sign_in_fields import proof_of
from dreamd.app.access.enrolment import Coded, Issued
from dreamd.app.api.access import PrincipalView
from dreamd.app.api.protocols import AccessApi
from dreamd.core.access.admission import Admitted
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant, Kind, Principal
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.identity_provider import IdentityProvider, NoProvider
from dreamd.ports.site_facts import SiteFacts

KINDS: Final = {
    access.Principal.KIND_BED: Kind.BED,
    access.Principal.KIND_PERSON: Kind.PERSON,
    access.Principal.KIND_SERVICE: Kind.SERVICE,
}
ROLES: Final[dict[int, Role]] = {
    rules_pb2.Role.Value(f"ROLE_{role.name}"): role for role in Role if role is not Role.DAEMON
}
_NUMBER_OF_KIND: Final = {kind: number for number, kind in KINDS.items()}
_NUMBER_OF_ROLE: Final[dict[Role, rules_pb2.Role]] = {
    role: cast("rules_pb2.Role", number) for number, role in ROLES.items()
}
GRANTS_MAX: Final = 16
"""Grants of one principal."""
NAMES_MAX: Final = 256
"""Sites, Dreamscapes or methods of one grant."""
BROKER_WITHIN_S: Final = 1.5
"""The longest that the answer to a code waits for the broker; a bed that comes earlier tries again."""


Settled = Callable[[str, float], Awaitable[None]]
"""Waits for the broker's account of a bed, for so many seconds at most."""


class Access(AccessServicer):
    """Serves dreamapi.v1.Access."""

    def __init__(
        self,
        principals: AccessApi,
        facts: SiteFacts,
        now_s: Callable[[], float] = monotonic,
        *,
        settled: Settled | None = None,
        provider: IdentityProvider | None = None,
        unix_s: Callable[[], float] = time,
    ) -> None:
        """settled: absent, no account of a bed is waited for. provider: absent, people do not sign in.

        unix_s: the clock by which ID tokens are judged.
        """
        self._principals = principals
        self._facts = facts
        self._settled = settled
        self._provider = provider or NoProvider()
        self._unix_s = unix_s
        self._redeemed = Attempts(now_s, "redeem {} codes a second")
        self._sign_ins = Attempts(now_s, "sign in {} times a second")
        self._lookups = Attempts(now_s, "ask for the provider {} times a second")

    async def EnrolPrincipal(
        self, request: access.EnrolPrincipalRequest, context: Context
    ) -> access.Enrolment:
        """Make a principal and its code."""
        kind = KINDS.get(request.kind)
        if kind is None:
            raise bad_input("kind", ", ".join(f"KIND_{one.name}" for one in Kind), request.kind)
        if len(request.grants) > GRANTS_MAX:
            raise bad_input("grants", f"at most {GRANTS_MAX}", len(request.grants))
        grants = tuple(_grant(one, f"grants[{number}]") for number, one in enumerate(request.grants))
        asked = self._principals.enrol(caller_of(context), request.principal_id, kind, grants)
        return _enrolment(await kept(asked))

    async def EnrolSleeper(self, request: access.EnrolSleeperRequest, context: Context) -> access.Enrolment:
        """Make a walk-in's login and its code."""
        sleeper = request_fields.sleeper_id(request.name, "name")
        return _enrolment(await kept(self._principals.enrol_sleeper(caller_of(context), sleeper)))

    async def RedeemCode(
        self, request: access.RedeemCodeRequest, context: Context
    ) -> access.IssuedCredential:
        """The credential for a code."""
        self._redeemed.take_attempt(host_of(context.peer()))
        issued = await kept(self._principals.redeem(request.code))
        if self._settled is not None and issued.principal.kind is Kind.BED:
            await self._settled(issued.principal.name, BROKER_WITHIN_S)
        return self._issued(issued)

    async def GetProvider(self, _request: access.GetProviderRequest, context: Context) -> access.Provider:
        """The provider at which people sign in."""
        self._lookups.take_attempt(host_of(context.peer()))
        found = granted(await self._provider.find_provider())
        return access.Provider(
            issuer=found.issuer,
            client_id=found.client_id,
            authorization_endpoint=found.authorization_endpoint,
            scope=found.scope,
        )

    async def RedeemSignIn(
        self, request: access.RedeemSignInRequest, context: Context
    ) -> access.IssuedCredential:
        """The credential for a provider's code."""
        self._sign_ins.take_attempt(host_of(context.peer()))
        identity = granted(await self._provider.identify(proof_of(request), self._unix_s()))
        return self._issued(await kept(self._principals.sign_in(identity)))

    async def RenewCredential(
        self, _request: access.RenewCredentialRequest, context: Context
    ) -> access.IssuedCredential:
        """A successor of the caller's credential."""
        return self._issued(await kept(self._principals.renew_credential(_admitted(context).principal)))

    async def GetCaller(self, _request: access.GetCallerRequest, context: Context) -> access.Principal:
        """The caller itself."""
        admitted = _admitted(context)
        return _viewed(self._principals.shown_caller(admitted.principal, admitted.credential))

    async def ListPrincipals(
        self, request: access.ListPrincipalsRequest, _context: Context
    ) -> access.ListPrincipalsResponse:
        """Every principal, in pages."""
        shown, token = page(
            self._principals.list_principals,
            lambda view: view.principal.name,
            _viewed,
            request.page_size,
            request.page_token,
        )
        return access.ListPrincipalsResponse(principals=shown, next_page_token=token)

    async def RevokePrincipal(
        self, request: access.RevokePrincipalRequest, context: Context
    ) -> access.Principal:
        """End every credential of a principal, now."""
        name, reason = request_fields.principal_id(request.name), request_fields.reason(request.reason)
        return _viewed(await kept(self._principals.revoke(caller_of(context), name, reason)))

    async def ResumePrincipal(
        self, request: access.ResumePrincipalRequest, context: Context
    ) -> access.Principal:
        """Lift a pause."""
        name = request_fields.principal_id(request.name)
        return _principal(await kept(self._principals.lift_pause(caller_of(context), name)))

    async def ListRules(
        self, _request: access.ListRulesRequest, _context: Context
    ) -> access.ListRulesResponse:
        """The rule of every method."""
        told = (
            access.MethodRule(method=path, rule=told_rule(method))
            for path, method in sorted(methods_of_api().items())
        )
        return access.ListRulesResponse(rules=told)

    def _issued(self, issued: Issued) -> access.IssuedCredential:
        return access.IssuedCredential(
            principal=_principal(issued.principal),
            credential=issued.token,
            expire_time=moment(issued.expires_s),
            authority=self._facts.authority,
            signing_keys=self._facts.signing_keys,
            broker_url=self._facts.broker_url,
            expires_in=span(issued.left.expires_in_s),
            renew_in=span(issued.left.renew_in_s),
        )


def _enrolment(coded: Coded) -> access.Enrolment:
    return access.Enrolment(
        principal=_principal(coded.principal), code=coded.text, expire_time=moment(coded.expires_s)
    )


def _admitted(context: Context) -> Admitted:
    admitted = admitted_of(context)
    if admitted is None:
        raise Declined(Refusal(Code.CREDENTIAL_MISSING, "this daemon has no access control"))
    return admitted


def _grant(told: access.Grant, field: str) -> Grant:
    role = ROLES.get(told.role)
    if role is None:
        raise bad_input(f"{field}.role", ", ".join(f"ROLE_{one.name}" for one in _NUMBER_OF_ROLE), told.role)
    for name in ("sites", "dreamscapes", "methods"):
        if len(getattr(told, name)) > NAMES_MAX:
            raise bad_input(f"{field}.{name}", f"at most {NAMES_MAX}", len(getattr(told, name)))
    sleeper = request_fields.sleeper_id(told.sleeper, f"{field}.sleeper") if told.sleeper else ""
    methods = frozenset(told.methods)
    return Grant(role, frozenset(told.sites), frozenset(told.dreamscapes), sleeper, methods)


def _principal(principal: Principal) -> access.Principal:
    return access.Principal(
        name=f"principals/{principal.name}",
        kind=_NUMBER_OF_KIND[principal.kind],
        grants=[
            access.Grant(
                role=_NUMBER_OF_ROLE[grant.role],
                sites=sorted(grant.sites),
                dreamscapes=sorted(grant.dreamscapes),
                sleeper=f"sleepers/{grant.sleeper}" if grant.sleeper else "",
                methods=sorted(grant.methods),
            )
            for grant in principal.grants
        ],
        paused=principal.paused,
        display_name=principal.shown,
        issuer=principal.issuer,
        subject=principal.subject,
        made_by=f"principals/{principal.made_by}" if principal.made_by else "",
    )


def _viewed(view: PrincipalView) -> access.Principal:
    message, newest = _principal(view.principal), view.newest
    if newest is not None:
        for field, at_s in (
            (message.issue_time, newest.issued_s),
            (message.expire_time, newest.expires_s),
            (message.revoke_time, newest.revoked_s),
        ):
            told = moment(at_s)
            if told is not None:
                field.CopyFrom(told)
    if view.left is not None:
        message.expires_in.CopyFrom(span(view.left.expires_in_s))
        message.renew_in.CopyFrom(span(view.left.renew_in_s))
    return message
