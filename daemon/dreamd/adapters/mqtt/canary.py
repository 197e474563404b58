"""Tries whether a broker refuses what it must: by real clients, and by what is delivered.

Three clients take part. One without a password must not be let in. `canary` speaks as a bed, and listens to a
bed's topics. The observer, which has the right to, hears the first and says the second, and ends with END on
the topic that both hear. A broker delivers to a subscriber in the order in which messages arrive, so silence
before END is a refusal, and not a message that is late.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import aiomqtt

from dreamd.core.access.broker_accounts import CANARY_HEARS, TRIED_AS_BED, TRIED_TO_HEAR
from dreamwire.broker_access import Access
from dreamwire.connection import PromptClient

BED: Final = b"as a bed"
DAEMON: Final = b"to a bed"
END: Final = b"end"
ANONYMOUS: Final = "the broker lets a client in without a password"
ANSWER_S: Final = 3.0
_QOS: Final = 1
_OPTIONS: Final[dict[str, Any]] = {"clean_session": True, "timeout": ANSWER_S, "keepalive": 5}


class CannotTryError(Exception):
    """The broker could not be tried; the message says why."""


class Overheard:
    """The topics on which a client received this payload before END; each once."""

    def __init__(self, payload: bytes) -> None:
        self.topics: dict[str, None] = {}
        self._payload = payload
        self._over = asyncio.Event()

    def offer(self, message: aiomqtt.Message) -> None:
        """A message has arrived."""
        if self._over.is_set():
            return
        if message.topic.value == CANARY_HEARS:
            if message.payload == END:
                self._over.set()
        elif message.payload == self._payload:
            self.topics[message.topic.value] = None

    async def over(self) -> None:
        """Wait for END; raises CannotTryError where it does not come."""
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._over.wait()
        except TimeoutError:
            raise CannotTryError(f"the broker does not deliver {CANARY_HEARS}") from None


async def open_to(
    observer: PromptClient, listen: Callable[[Overheard], None], canary: Access
) -> tuple[str, ...]:
    """Try the broker; return each thing that it allows and must refuse, in sentences.

    observer: connected and subscribed, as the account that may hear and say all that is tried. listen: gives
    the observer's arrivals to this from now on. canary: of the account `canary`.

    Raises:
        CannotTryError: the canary is not let in, or its own topic is not delivered.
        aiomqtt.MqttError: the observer's connection is lost.
    """
    open_to_all = await lets_in(replace(canary, user="", password=""))
    said, heard = Overheard(BED), Overheard(DAEMON)
    client = PromptClient(canary, heard.offer, identifier="canary", **_OPTIONS)
    try:
        async with client:
            await client.hear([(CANARY_HEARS, _QOS)])
            await client.overhear([(one, _QOS) for one in TRIED_TO_HEAR])
            listen(said)
            for topic in TRIED_AS_BED:
                await client.publish(topic, BED, _QOS)
            for topic in TRIED_TO_HEAR:
                await observer.publish(topic, DAEMON, _QOS)
            await observer.publish(CANARY_HEARS, END, _QOS)
            await said.over()
            await heard.over()
    except aiomqtt.MqttError as error:
        raise CannotTryError(f"the account canary: {error}") from error
    return (
        *([ANONYMOUS] if open_to_all else []),
        *(f"the broker lets canary speak as {topic}" for topic in said.topics),
        *(f"the broker lets canary hear {topic}" for topic in heard.topics),
    )


async def lets_in(access: Access) -> bool:
    """Whether the broker lets this client in; CannotTryError where it answers neither way."""
    try:
        async with PromptClient(access, lambda _message: None, **_OPTIONS):
            return True
    except aiomqtt.MqttError as error:
        if isinstance(error.__cause__, aiomqtt.MqttCodeError):
            return False
        raise CannotTryError(f"a client without a password: {error}") from error
