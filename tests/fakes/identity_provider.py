"""A provider without a network: its answer is what the test says."""

from dreamd.core.access.caller import Role
from dreamd.core.access.identities import Identity
from dreamd.core.access.principals import Grant
from dreamd.core.refusals import Refusal
from dreamd.ports.identity_provider import Proof, ProviderView

ISSUER = "https://id.ward.test/realms/night"
VIEW = ProviderView(ISSUER, "dreamd-site", f"{ISSUER}/authorize", "openid profile")
ANNA = Identity(ISSUER, "u-1", "Anna", (Grant(Role.OPERATOR, sites=frozenset("*")),))


class FakeProvider:
    """ports.identity_provider.IdentityProvider. proofs: what it was asked with."""

    def __init__(self) -> None:
        self.view: ProviderView | Refusal = VIEW
        self.identity: Identity | Refusal = ANNA
        self.proofs: list[Proof] = []

    async def find_provider(self) -> ProviderView | Refusal:
        """The answer that the test has set."""
        return self.view

    async def identify(self, proof: Proof, now_s: float) -> Identity | Refusal:
        """The answer that the test has set."""
        self.proofs.append(proof)
        return self.identity
