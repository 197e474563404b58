"""The provider at which people sign in. No running call, session or tick waits for it."""

from dataclasses import dataclass, field
from typing import Protocol

from dreamd.core.access.identities import Identity
from dreamd.core.refusals import Code, Refusal


@dataclass(frozen=True, slots=True)
class ProviderView:
    """How a browser begins at the provider. scope: words separated by spaces."""

    issuer: str
    client_id: str
    authorization_endpoint: str
    scope: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The code that a provider has sent back, and the values it was asked with; shown to it alone."""

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    redirect_uri: str


class IdentityProvider(Protocol):
    """Every method MUST answer within its own time limit, whatever the provider does."""

    async def find_provider(self) -> ProviderView | Refusal:
        """MUST return where a browser begins, or why there is no such place now."""
        ...

    async def identify(self, proof: Proof, now_s: float) -> Identity | Refusal:
        """MUST return a person whose ID token was verified, or what was wrong. now_s: Unix seconds."""
        ...


class NoProvider:
    """A site whose settings name no issuer."""

    async def find_provider(self) -> ProviderView | Refusal:
        """Always NO_PROVIDER."""
        return Refusal(Code.NO_PROVIDER, "this site names no provider at which people sign in (oidc.issuer)")

    async def identify(self, proof: Proof, now_s: float) -> Identity | Refusal:  # noqa: ARG002 - the port's own
        """Always NO_PROVIDER."""
        return Refusal(Code.NO_PROVIDER, "this site names no provider at which people sign in (oidc.issuer)")
