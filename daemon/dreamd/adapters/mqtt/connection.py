"""One connection to the broker: aiomqtt, taught to write at once.

aiomqtt's `publish` is a coroutine that lets the event loop write later. A tick computes one Dreamscape
after another without giving the loop a turn, so the first one's collective would leave with the last
one's; and a sever should be on the wire before the call that asked for it returns. `send` therefore
hands the packet to paho, which aiomqtt drives, and lets it write to the socket there and then.

That needs one correction underneath. When a packet is queued, paho asks for a writer, and aiomqtt
grants it with `call_soon_threadsafe`: later. Had we emptied the queue meanwhile, the late writer would
stay registered on a socket that is always writable, and the loop would spin. On the loop's own thread
the writer is therefore granted at once, and taken away at once; and while `send` is about to write by
itself it is not granted at all, which spares two system calls.

Underscored names of aiomqtt 2.5 are used here and nowhere else: `_client`, `_disconnected` and the
override of `_on_socket_register_write`. Never call `send` from inside a message callback: paho's lock
is not reentrant (intake keeps to that).
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import aiomqtt

from dreamd.adapters.mqtt.outbox import Parcel

KEEPALIVE_S: Final = 5
ANSWER_S: Final = 3.0
"""How long the broker may take to answer CONNECT, SUBSCRIBE or a confirmed publish."""
UNACKNOWLEDGED: Final = 4096
"""Publishes with QoS 1 that the broker has not acknowledged yet."""

Offer = Callable[[aiomqtt.Message], None]


class Connection(aiomqtt.Client):
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
            # Neither paho nor aiomqtt sets it: Nagle and delayed acknowledgements cost 40 ms a packet.
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        )
        self._thread = threading.get_ident()
        self._writes_itself = False

    def send(self, parcel: Parcel) -> bool:
        """Write a parcel to the socket; False where it does not take all that came before."""
        paho = self._client
        if paho.want_write():
            paho.loop_write()
        if paho.want_write():
            return False
        self._writes_itself = True
        try:
            taken = paho.publish(parcel.topic, parcel.payload, parcel.qos, parcel.retain)
        finally:
            self._writes_itself = False
        paho.loop_write()
        if paho.want_write():
            self._grant_writer()
        return taken.rc == 0

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

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:  # noqa: ANN401 -- as the base class has them
        if threading.get_ident() != self._thread:  # CONNECT is queued on the thread that connects
            super()._on_socket_register_write(client, userdata, sock)
        elif not self._writes_itself:
            self._grant_writer()

    def _grant_writer(self) -> None:
        sock = self._client.socket()
        if sock is not None:
            self._loop.add_writer(sock.fileno(), self._write)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001 -- as aiomqtt's own writer: whatever it is, the connection is gone
            if not self._disconnected.done():
                self._disconnected.set_exception(error)
