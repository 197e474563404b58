"""An MQTT client that writes at once: aiomqtt, without waiting for the event loop.

aiomqtt's `publish` is a coroutine that lets the event loop write later. Both ends do a tick's work in one
turn of the loop: a daemon computes one Dreamscape after another, a ward pulses one bed after another. So the
first one's message would leave with the last one's, and a sever should be on the wire before its call
returns. `send` therefore hands the packet to paho, which aiomqtt drives, and lets it write to the socket
there and then.

That needs one correction underneath. When a packet is queued, paho asks for a writer, and aiomqtt grants it
with `call_soon_threadsafe`: later. If the queue were emptied meanwhile, the late writer would stay registered
on a socket that is always writable, and the loop would spin. On the loop's own thread the writer is therefore
granted at once, and taken away at once. While `send` is about to write by itself it is not granted at all,
which saves two system calls.

Arrivals go to `offer` in the reader's callback: aiomqtt's own iterator makes a task for each message, so its
queue is replaced by one that passes them on, and only `lost` uses the iterator.

Connecting runs on a thread of its own (`aside`), name look-up and TLS handshake included: at worst it takes
ten seconds and more. It takes none of the loop's time, and the end of the program does not wait for it. Each
failure is described in words here for both ends (`_told`), and leaves nothing open.

A cancelled connection ends at once. aiomqtt waits with `asyncio.wait_for`, which in Python 3.11 can swallow a
cancellation that arrives together with the answer; `_wait_for` is therefore replaced, and a cancelled client
does not wait for the broker's side of the goodbye.

A broker silently drops a publication that its access rules forbid: MQTT 3.1.1 has no refusal for it, and
mosquitto acknowledges it all the same. So `announce` publishes the presence and succeeds only when it has
received it back. Otherwise a pod with the user name of another would dream on unheard.

With `offer_all` a `SocketReader` takes the whole socket at once. After a busy read it rests for REST_S, so
that the next one brings what has come meanwhile.

Underscored names of aiomqtt 2.5 are used here and nowhere else: `_client`, `_client_connect`, `_connected`,
`_disconnected`, `_lock`, `_loop` and the overrides of `_wait_for`, `_on_socket_open`,
`_on_socket_register_write` and `_on_disconnect`. Never call `send` from inside a message callback: paho's
lock is not reentrant.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiomqtt

from dreamwire.broker_access import Access
from dreamwire.detached_thread import aside
from dreamwire.operating_system import ready_to_read
from dreamwire.packet_splitter import Published
from dreamwire.socket_reader import SocketReader

T = TypeVar("T")

NO_DELAY: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Neither paho nor aiomqtt sets it: Nagle and delayed acknowledgements cost 40 ms a packet."""

READ_S: Final = 0.02
"""The longest time that one turn of the loop spends on reading arrivals."""

BUSY: Final = 8
"""Publications of one read from which on the reader rests before the next."""
REST_S: Final = 0.005

Offer = Callable[[aiomqtt.Message], None]
OfferAll = Callable[[list[Published]], None]

_UNHEARD: Final = logging.getLogger(__name__)
"""Paho's log of failures. Each failure is also returned by value, so the log is silenced."""
_UNHEARD.disabled = True

_GRANT_REFUSED: Final = 0x80
_CONNECT_REFUSED: Final = (134, 135)
"""Bad user name or password, not authorised: brokers use either code for either."""
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_WRONG_NAMES: Final = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH; above, _CERT_NOT_YET_VALID and so on."""


class LoginRefusedError(aiomqtt.MqttError):
    """The broker does not accept this user with this password."""


class PromptClient(aiomqtt.Client):
    """aiomqtt's client with `send`, used once; created on the thread of its event loop."""

    def __init__(
        self,
        access: Access,
        offer: Offer,
        *,
        offer_all: OfferAll | None = None,
        **options: Any,  # noqa: ANN401 -- aiomqtt's own options
    ) -> None:
        """Prepare; entering the context connects.

        offer_all: gets the publications at QoS 0 of a read together, in the reader's callback; `offer` gets
        the others. None: `offer` gets all.

        Raises (on entering):
            aiomqtt.MqttError: the broker is absent, fails the identity check, or refuses; the text names
                which.
        """
        route = self._route

        class Routed(asyncio.Queue[aiomqtt.Message]):
            """aiomqtt's hook for incoming messages."""

            def put_nowait(self, item: aiomqtt.Message) -> None:
                """Pass the message on instead of keeping it."""
                route(item)

        super().__init__(
            access.address.host,
            access.address.port,
            username=access.user or None,
            password=access.password or None,
            tls_context=access.tls,
            logger=_UNHEARD,
            queue_type=Routed,
            **options,
        )
        self._access, self._offer, self._offer_all = access, offer, offer_all
        self._reader = None if offer_all is None else SocketReader(self._client, self._deliver)
        self._own_topic, self._own_word = "", b""
        self._said_there: Callable[[bytes], None] | None = None
        self._heard_itself = asyncio.Event()
        self._thread = threading.get_ident()
        self._entering = self._writes_itself = self._abandoned = False
        self.behind = False
        """Whether more has arrived than could be read in READ_S."""

    async def __aenter__(self) -> Self:
        """Connect; a failure leaves no socket behind."""
        self._entering = True
        try:
            await self._connect()
        except aiomqtt.MqttError as error:
            self._abandon()
            raise _kind(error)(_told(error, self._access)) from error
        except BaseException:
            self._abandon()
            raise
        finally:
            self._entering = False
        return self

    async def _connect(self) -> None:
        """Connect as the base class does, but on a thread that only this call waits for."""
        await self._lock.acquire()
        try:
            await aside(self._reach, "mqtt connect")
        except OSError as error:
            raise aiomqtt.MqttError(str(error)) from None
        end = self._client.socket()
        if isinstance(end, socket.socket):
            for option in NO_DELAY:
                end.setsockopt(*option)
        await self._wait_for(self._connected, timeout=None)

    def _reach(self) -> None:
        """Connect, on the thread; close a connection that came too late."""
        self._client_connect()
        if self._abandoned:
            self._loop.call_soon_threadsafe(self._abandon)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Send the goodbye and wait until it is sent; a cancelled client sends it without waiting."""
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            self._abandon()
            return
        try:
            await super().__aexit__(kind, error, trace)
        except asyncio.CancelledError:
            self._abandon()
            raise

    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109 -- as the base class has it
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await fut
        except TimeoutError:
            raise aiomqtt.MqttError("Operation timed out") from None

    def _abandon(self) -> None:
        """Close the socket, also of an incomplete connection, which aiomqtt leaves open."""
        self._entering, self._abandoned = False, True
        self._client.disconnect()
        self._client.loop_write()

    async def hear(self, filters: Sequence[tuple[str, int]]) -> None:
        """Subscribe to these, each with its QoS.

        Raises:
            aiomqtt.MqttError: the broker refuses one of them, or is gone.
        """
        grants = await self.subscribe(list(filters))
        if any(grant == _GRANT_REFUSED for grant in grants):
            raise aiomqtt.MqttError("it refuses our subscriptions; look at its access rules (ACL)")

    async def overhear(self, filters: Sequence[tuple[str, int]]) -> None:
        """Subscribe to these topics; without the broker's permission, go on without them.

        Raises:
            aiomqtt.MqttError: the broker is gone.
        """
        await self.subscribe(list(filters))

    async def announce(
        self, topic: str, payload: bytes, said_there: Callable[[bytes], None] | None = None
    ) -> None:
        """Publish the presence, retained, and receive it back: this proves the broker's access rules.

        said_there: gets every message on the topic, the own one too, in the reader's callback.

        Raises:
            aiomqtt.MqttError: the presence does not come back, or the broker is gone.
        """
        self._own_topic, self._own_word, self._said_there = topic, payload, said_there
        self._heard_itself.clear()
        await self.hear([(topic, 1)])
        await self.publish(topic, payload, qos=1, retain=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.timeout):
                await self._heard_itself.wait()
        if self._disconnected.done():
            raise aiomqtt.MqttError("the connection was lost")
        if not self._heard_itself.is_set():
            who = f"user {self._access.user}" if self._access.user else "us"
            raise aiomqtt.MqttError(
                f"its access rules (ACL) do not let {who} speak as {topic}; correct them, or our user name"
            )

    async def lost(self) -> str:
        """Wait until the connection is lost; returns why."""
        try:
            await anext(self.messages)
        except aiomqtt.MqttError as error:
            why = str(error.__cause__ or error)
            return "the connection was lost" if why.endswith("Unspecified error") else why
        raise AssertionError("a message reached the iterator")

    def send(self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False) -> bool:
        """Write a message to the socket; False if the socket has not taken all earlier ones."""
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

    def _route(self, message: aiomqtt.Message) -> None:
        if message.topic.value != self._own_topic:
            self._offer(message)
            return
        self._hear_own(bytes(message.payload))

    def _hear_own(self, payload: bytes) -> None:
        if payload == self._own_word:
            self._heard_itself.set()
        if self._said_there is not None:
            self._said_there(payload)

    def _on_disconnect(self, *told: Any) -> None:  # noqa: ANN401 -- as the base class has them
        if self._entering and not self._connected.done():  # aiomqtt would wait for an answer that cannot come
            self._connected.set_exception(aiomqtt.MqttError(self._hung_up()))
            self._connected.exception()  # retrieved, in case it is awaited no more
        super()._on_disconnect(*told)
        self._heard_itself.set()  # `announce` waits no longer

    def _hung_up(self) -> str:
        port = self._access.address.port
        wants = "a certificate of ours" if self._access.tls else "TLS (mqtts://)"
        return f"it hangs up before it has answered; does it want {wants} on port {port}?"

    def _on_socket_open(self, client: Any, userdata: Any, sock: Any) -> None:  # noqa: ANN401 -- as the base class has them
        super()._on_socket_open(client, userdata, sock)
        self._inward = ready_to_read(sock.fileno())
        # After the base class's own: the newer reader of a socket replaces the older one.
        self._loop.call_soon_threadsafe(self._listen, sock)

    def _listen(self, sock: Any) -> None:  # noqa: ANN401 -- a socket, with TLS or without
        """Read from this socket while it is the connection's."""
        held = self._client.socket()
        if held is not None and held is sock:
            self._loop.add_reader(held.fileno(), self._read if self._reader is None else self._read_all)

    def _read_all(self) -> None:
        """Read the whole socket, for READ_S at most; then rest, where it was busy."""
        assert self._reader is not None
        try:
            count, stopped = self._reader.read_all(self._loop.time, self._loop.time() + READ_S)
            self.behind = stopped and self._more()
        except Exception as error:  # noqa: BLE001 -- as the base class: whatever it is, the connection is gone
            if not self._disconnected.done():
                self._disconnected.set_exception(error)
            return
        sock: Any = self._client.socket()
        if self.behind:
            self._loop.call_soon(self._read_all)  # TLS may hold data that the socket has no more
        elif count >= BUSY and sock is not None:
            self._loop.remove_reader(sock.fileno())
            self._loop.call_later(REST_S, self._listen, sock)

    def _deliver(self, published: list[Published]) -> None:
        own = [payload for topic, payload, _ in published if topic == self._own_topic]
        for payload in own:
            self._hear_own(payload)
        if own:
            published = [one for one in published if one[0] != self._own_topic]
        if published and self._offer_all is not None:
            self._offer_all(published)

    def _read(self) -> None:
        """Read all arrivals, for READ_S at most; the base class takes a turn of the loop per packet."""
        until_s = self._loop.time() + READ_S
        try:
            while True:
                self._client.loop_read()
                self.behind = self._more()
                if not self.behind or self._loop.time() >= until_s:
                    return
        except Exception as error:  # noqa: BLE001 -- as the base class: whatever it is, the connection is gone
            if not self._disconnected.done():
                self._disconnected.set_exception(error)

    def _more(self) -> bool:
        """Whether unread data has arrived."""
        end = self._client.socket()
        if isinstance(end, ssl.SSLSocket) and end.pending():
            return True
        return end is not None and self._inward()

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:  # noqa: ANN401 -- as the base class has them
        if threading.get_ident() != self._thread:  # CONNECT is queued on the connecting thread
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


def _kind(error: aiomqtt.MqttError) -> type[aiomqtt.MqttError]:
    code = getattr(error.rc, "value", error.rc) if isinstance(error, aiomqtt.MqttCodeError) else None
    return LoginRefusedError if code in _CONNECT_REFUSED else aiomqtt.MqttError


def _told(error: aiomqtt.MqttError, access: Access) -> str:
    """Why there is no connection, with the remedy unless the broker is absent."""
    cause = error.__context__
    if isinstance(error, aiomqtt.MqttCodeError):
        value = getattr(error.rc, "value", error.rc)
        if value in _CONNECT_REFUSED:
            who = f"user {access.user} with this password" if access.user else "anyone without a password"
            return f"it does not accept {who}; correct that here or at the broker"
    elif isinstance(cause, TimeoutError):
        return "it does not answer in time"
    elif isinstance(cause, ssl.SSLCertVerificationError):
        return _distrusted(cause, access)
    elif isinstance(cause, ssl.SSLError | ConnectionResetError) and access.tls:
        return f"no TLS with it ({cause.strerror}); is {access.address.port} its port for TLS?"
    return str(error)


def _distrusted(cause: ssl.SSLCertVerificationError, access: Access) -> str:
    if cause.verify_code == _EXPIRED:
        return "its certificate has expired; renew it at the broker, or set this machine's clock"
    if cause.verify_code == _NOT_YET_VALID:
        return "its certificate is not valid yet; set this machine's clock, or the broker's"
    if cause.verify_code in _WRONG_NAMES:
        return f"its certificate is not for {access.address.host}; connect by a name that is in it"
    return f"its certificate is not from a CA we trust ({cause.verify_message}); name its CA's file"
