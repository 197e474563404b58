"""An MQTT client that writes at once: aiomqtt, taught not to wait for the event loop.

aiomqtt's `publish` is a coroutine that lets the event loop write later. Both ends do a tick's work in one
turn of the loop: a daemon computes one Dreamscape after another, a ward pulses one bed after another. So
the first one's message would leave with the last one's; and a sever should be on the wire before the
call that asked for it returns. `send` therefore hands the packet to paho, which aiomqtt drives, and lets
it write to the socket there and then.

That needs one correction underneath. When a packet is queued, paho asks for a writer, and aiomqtt
grants it with `call_soon_threadsafe`: later. Had we emptied the queue meanwhile, the late writer would
stay registered on a socket that is always writable, and the loop would spin. On the loop's own thread
the writer is therefore granted at once, and taken away at once; and while `send` is about to write by
itself it is not granted at all, which spares two system calls.

Underscored names of aiomqtt 2.5 are used here and nowhere else: `_client`, `_disconnected`, `_loop` and the
override of `_on_socket_register_write`. Never call `send` from inside a message callback: paho's lock
is not reentrant.
"""

import socket
import threading
from typing import Any, Final

import aiomqtt

NO_DELAY: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Neither paho nor aiomqtt sets it: Nagle and delayed acknowledgements cost 40 ms a packet."""


class PromptClient(aiomqtt.Client):
    """aiomqtt's client with `send`; made on the thread that runs its event loop."""

    def __init__(self, host: str, port: int, **options: Any) -> None:  # noqa: ANN401 -- aiomqtt's own options
        """Prepare; entering the context connects.

        Raises (on entering):
            aiomqtt.MqttError: the broker is not there, or refuses.
        """
        super().__init__(host, port, socket_options=NO_DELAY, **options)
        self._thread = threading.get_ident()
        self._writes_itself = False

    def send(self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False) -> bool:
        """Write a message to the socket; False where it does not take all that came before."""
        paho = self._client
        if paho.want_write():
            paho.loop_write()
        if paho.want_write():
            return False
        self._writes_itself = True
        try:
            taken = paho.publish(topic, payload, qos, retain)
        finally:
            self._writes_itself = False
        paho.loop_write()
        if paho.want_write():
            self._grant_writer()
        return taken.rc == 0

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
