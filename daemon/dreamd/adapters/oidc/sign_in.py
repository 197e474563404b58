"""Sign-ins beside the daemon's thread: few at once, each with a time limit, and each failure as a refusal.

Each runs on a thread of its own that neither the event loop nor the end of the daemon waits for. A name
server that hangs keeps its thread, and so one of AT_ONCE places, until it answers; callers are answered in
time all the same.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from dreamd.adapters.oidc.fetching import ProviderError
from dreamd.adapters.oidc.id_token import TokenError
from dreamd.adapters.oidc.provider import Provider
from dreamd.core.access.identities import Identity
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.identity_provider import Proof, ProviderView
from dreamwire.detached_thread import aside

AT_ONCE: Final = 4
ANSWERS_WITHIN_S: Final = 8.0
"""Of a whole sign-in, seconds."""

T = TypeVar("T")


class OidcProvider:
    """ports.identity_provider.IdentityProvider. within_s: of one answer."""

    def __init__(self, provider: Provider, within_s: float = ANSWERS_WITHIN_S) -> None:
        self._provider = provider
        self._within_s = within_s
        self._places = threading.Semaphore(AT_ONCE)

    async def find_provider(self) -> ProviderView | Refusal:
        """Where a browser begins."""
        return await self._asked(self._provider.view)

    async def identify(self, proof: Proof, now_s: float) -> Identity | Refusal:
        """The person of a code."""
        return await self._asked(lambda: self._provider.identify(proof, now_s))

    async def _asked(self, work: Callable[[], T]) -> T | Refusal:
        if not self._places.acquire(blocking=False):
            sentence = f"the provider is asked for {AT_ONCE} sign-ins already"
            return Refusal(Code.RATE_EXCEEDED, sentence, {"retry_s": "1.000"})

        def run() -> T:
            try:
                return work()
            finally:
                self._places.release()

        try:
            async with asyncio.timeout(self._within_s):
                return await aside(run, "sign-in")
        except TimeoutError:
            sentence = f"the provider did not answer within {self._within_s:g} s"
            return Refusal(Code.PROVIDER_UNAVAILABLE, sentence)
        except ProviderError as no:
            return Refusal(Code.PROVIDER_UNAVAILABLE, str(no))
        except TokenError as no:
            return Refusal(Code.SIGN_IN_REFUSED, str(no))
