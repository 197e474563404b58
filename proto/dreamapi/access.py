"""The caller's view of access: principals, codes and credentials."""

from collections.abc import AsyncIterator, Iterable

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line, new_request_id
from dreamapi.v1 import access_pb2 as access
from dreamapi.v1.access_pb2_grpc import AccessStub

Kind = access.Principal.Kind


class Access:
    """Enrol, redeem, renew, revoke."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = AccessStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def enrol(
        self, principal: str, kind: "access.Principal.Kind", grants: Iterable[access.Grant] = ()
    ) -> access.Enrolment:
        """Make a principal, or give it other grants; the answer has the code, which is shown once."""
        request = access.EnrolPrincipalRequest(
            principal_id=principal, kind=kind, grants=grants, request_id=new_request_id()
        )
        return await self._line.ask(self._stub.EnrolPrincipal, request, access.Enrolment)

    async def enrol_sleeper(self, sleeper: str) -> access.Enrolment:
        """Make the login of a walk-in, of a pseudonym that is new; the answer has the code, shown once.

        Raises:
            PrincipalExists, SleeperElsewhere, ErasureUnfinished: the house knows this sleeper already.
        """
        request = access.EnrolSleeperRequest(name=names.sleeper(sleeper))
        return await self._line.ask(self._stub.EnrolSleeper, request, access.Enrolment)

    async def redeem(self, code: str) -> access.IssuedCredential:
        """The credential for a code, once; never repeated by itself.

        Raises:
            CodeUnknown, CodeExpired, CodeSpent: it is not good, or not any more.
        """
        request = access.RedeemCodeRequest(code=code)
        return await self._line.ask(self._stub.RedeemCode, request, access.IssuedCredential)

    async def provider(self) -> access.Provider:
        """The provider at which people sign in.

        Raises:
            NoProvider, ProviderUnavailable: the site names none, or it does not answer.
        """
        return await self._line.ask(self._stub.GetProvider, access.GetProviderRequest(), access.Provider)

    async def sign_in(
        self, code: str, *, code_verifier: str, nonce: str, redirect_uri: str
    ) -> access.IssuedCredential:
        """The credential for a provider's authorization code, once.

        Raises:
            SignInRefused, NoRoleGiven, ProviderUnavailable: the message says what was wrong.
        """
        request = access.RedeemSignInRequest(
            code=code, code_verifier=code_verifier, nonce=nonce, redirect_uri=redirect_uri
        )
        return await self._line.ask(self._stub.RedeemSignIn, request, access.IssuedCredential)

    async def renew_credential(self) -> access.IssuedCredential:
        """A successor of the caller's own credential."""
        request = access.RenewCredentialRequest()
        return await self._line.ask(self._stub.RenewCredential, request, access.IssuedCredential)

    async def caller(self) -> access.Principal:
        """The caller itself."""
        return await self._line.ask(self._stub.GetCaller, access.GetCallerRequest(), access.Principal)

    async def list_principals(self) -> AsyncIterator[access.Principal]:
        """Every principal, by name."""
        token = ""
        while True:
            request = access.ListPrincipalsRequest(page_token=token)
            shown = await self._line.ask(self._stub.ListPrincipals, request, access.ListPrincipalsResponse)
            for one in shown.principals:
                yield one
            token = shown.next_page_token
            if not token:
                return

    async def revoke(self, principal: str, *, reason: str = "") -> access.Principal:
        """End every credential of a principal, and what runs under it."""
        request = access.RevokePrincipalRequest(name=names.principal(principal), reason=reason)
        return await self._line.ask(self._stub.RevokePrincipal, request, access.Principal)

    async def lift_pause(self, principal: str) -> access.Principal:
        """Lift a pause."""
        request = access.ResumePrincipalRequest(name=names.principal(principal))
        return await self._line.ask(self._stub.ResumePrincipal, request, access.Principal)

    async def rules(self) -> access.ListRulesResponse:
        """The rule of every method."""
        return await self._line.ask(self._stub.ListRules, access.ListRulesRequest(), access.ListRulesResponse)
