"""One connection of the daemon to the broker: used once, its messages handed on, its end awaited.

Writing at once is `dreamwire.connection`'s. Never call `send` from inside a message callback (intake
keeps to that).
"""

import asyncio
from collections.abc import Callable
from typing import Final

import aiomqtt

from dreamd.adapters.mqtt.outbox import Parcel
from dreamwire.connection import PromptClient

KEEPALIVE_S: Final = 5
ANSWER_S: Final = 3.0
"""How long the broker may take to answer CONNECT, SUBSCRIBE or a confirmed publish."""
UNACKNOWLEDGED: Final = 4096
"""Publishes with QoS 1 that the broker has not acknowledged yet."""

Offer = Callable[[aiomqtt.Message], None]


class Connection(PromptClient):
    """A clean session that is used once; messages go to `offer`, never to the iterator."""

    def __init__(self, host: str, port: int, *, identifier: str, will: Parcel, offer: Offer) -> None:
        """Prepare; entering the context connects.

        Raises (on entering):
            aiomqtt.MqttError: the broker is not there, or refuses.
        """

        class Routed(asyncio.Queue[aiomqtt.Message]):
            """aiomqtt's hook for incoming messages; its own iterator makes a task for each."""

            def put_nowait(self, item: aiomqtt.Message) -> None:
                """Hand on instead of keeping."""
                offer(item)

        super().__init__(
            host,
            port,
            identifier=identifier,
            queue_type=Routed,
            will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain),
            clean_session=True,
            timeout=ANSWER_S,
            keepalive=KEEPALIVE_S,
            max_queued_outgoing_messages=UNACKNOWLEDGED,
            max_inflight_messages=UNACKNOWLEDGED,
        )

    def give(self, parcel: Parcel) -> bool:
        """Write a parcel to the socket; False where it does not take all that came before."""
        return self.send(parcel.topic, parcel.payload, parcel.qos, retain=parcel.retain)

    async def lost(self) -> str:
        """Wait until the connection is lost; returns why."""
        try:
            await anext(self.messages)
        except aiomqtt.MqttError as error:
            why = str(error.__cause__ or error)
            return "the connection was lost" if why.endswith("Unspecified error") else why
        raise AssertionError("a message reached the iterator")

    def abandon(self) -> None:
        """Close the socket of a connection that was never completed; aiomqtt leaves it open."""
        self._client.disconnect()
        self._client.loop_write()
