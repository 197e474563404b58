"""Tries, at the start and hourly, whether a broker whose accounts are kept by hand lets in a stranger.

Its rules by topic are not tried: only a broker of `dreamd init` has the account `canary`.
"""

import asyncio
from typing import Final

import aiomqtt

from dreamd.adapters.mqtt.canary import ANONYMOUS, CannotTryError, lets_in
from dreamd.adapters.mqtt.rights_keeper import AGAIN_S, EVERY_S, UNTRIED
from dreamd.ports.broker_rights import NoBrokerRights, RightsOwner
from dreamwire.broker_access import Access

HELPS: Final = "set allow_anonymous false, or use the broker of dreamd init"


class AnonymousTrial(NoBrokerRights):
    """In the place of a RightsKeeper."""

    def __init__(
        self, stranger: Access, owner: RightsOwner, *, certified: bool, again_s: float = AGAIN_S
    ) -> None:
        """stranger: the broker, without a user. certified: whether the daemon shows it a certificate.

        again_s: from one trial of an open broker to the next.
        """
        self._stranger, self._owner, self._certified, self._again_s = stranger, owner, certified, again_s
        self._trouble = UNTRIED

    @property
    def trouble(self) -> str:
        """Why nothing that binds a sleeper is begun; empty: a stranger is refused."""
        return self._trouble

    async def keep_rights(self) -> None:
        """Try for ever."""
        while True:
            await self.try_stranger()
            await asyncio.sleep(self._again_s if self._trouble else EVERY_S)

    async def try_stranger(self) -> None:
        """Try once.

        A broker that wants a certificate ends the handshake of a client without one, and that is no answer of
        MQTT: it counts as a refusal where the daemon has a certificate to show.
        """
        try:
            found = (ANONYMOUS,) if await lets_in(self._stranger) else ()
        except (CannotTryError, aiomqtt.MqttError) as error:
            if not self._certified:
                self._trouble = f"the broker cannot be tried ({error})"
                return
            found = ()
        self._trouble = f"{ANONYMOUS}; {HELPS}" if found else ""
        self._owner.tried(found)
