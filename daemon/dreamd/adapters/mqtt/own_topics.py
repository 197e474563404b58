"""The daemon's own retained topics: their last sent payload, their present payload, and when to repeat.

A client with write access to the broker may empty or replace retained messages. So the daemon subscribes to
its own topics. A payload there that differs from the last one sent is corrected, at most once in AGAIN_S for
each topic, so that two daemons that disagree do not flood the broker. A stranger cannot sign. A payload
signed by this daemon's key is read first: a larger count of the ledger's writes, or a wake order that the
ledger lacks, is evidence of a lost ledger.

Rules: nothing is sent from `heard`, which the MQTT client calls from inside its reading; the loop's next turn
sends. A presence of this name with a newer stamp belongs to another daemon: it stays.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from dreamwire import codec, topics
from dreamwire.messages import DaemonPresence, WakeOrder
from dreamwire.signing import Opener, SealError, unseal

AGAIN_S: Final = 1.0
TOPICS: Final = (topics.DAEMON_LEDGER, topics.WAKE)
"""Topics subscribed to before all others; the connection that announces the presence watches it."""


class Owner(Protocol):
    """Receives the content of the daemon's own topics."""

    def on_count(self, writes: int) -> None:
        """The broker has this number of the ledger's writes."""
        ...

    def on_wake_place(self, said: WakeOrder | None) -> None:
        """The topic of wake orders does not hold the last order sent: None, or an order of our key."""
        ...


class OwnTopics:
    """Compares the content of the daemon's retained topics with the last payloads sent."""

    def __init__(
        self, owner: Owner, opener: Opener, now_s: Callable[[], float], say_presence: Callable[[], None]
    ) -> None:
        """say_presence: publishes the presence again. presence_ms: its last stamp, Unix time."""
        self._owner = owner
        self._opener = opener
        self._now_s = now_s
        self._say_presence = say_presence
        self._said: dict[str, bytes] = {}
        self._stands: dict[str, bytes] = {}
        self._due: dict[str, asyncio.Handle] = {}
        self._done_s: dict[str, float] = {}
        self.presence_ms = 0

    def said(self, topic: str, payload: bytes) -> None:
        """Remember this payload as sent, retained."""
        if topic in (*TOPICS, topics.DAEMON_PRESENCE):
            self._said[topic] = payload

    def heard(self, topic: str, payload: bytes) -> None:
        """Remember this payload as present; a later turn of the loop compares it."""
        self._stands[topic] = payload
        if payload == self._said.get(topic) or topic in self._due:
            return
        wait_s = self._done_s.get(topic, -AGAIN_S) + AGAIN_S - self._now_s()
        if topic == topics.DAEMON_PRESENCE:
            wait_s = AGAIN_S  # the announcement in progress replaces the presence of an earlier connection
        loop = asyncio.get_running_loop()
        later = wait_s > 0.0
        self._due[topic] = (
            loop.call_later(wait_s, self._look, topic) if later else loop.call_soon(self._look, topic)
        )

    def close(self) -> None:
        """Forget the present payloads: the next connection receives them again."""
        for timer in self._due.values():
            timer.cancel()
        self._due.clear()
        self._stands.clear()

    def _look(self, topic: str) -> None:
        self._due.pop(topic, None)
        payload = self._stands.get(topic, b"")
        if payload == self._said.get(topic):
            return
        self._done_s[topic] = self._now_s()
        if topic == topics.WAKE:
            self._owner.on_wake_place(self._order(payload))
        elif topic == topics.DAEMON_LEDGER:
            told = self._presence(payload)
            self._owner.on_count(told.writes if told is not None else 0)
        else:
            told = self._presence(payload)
            if told is None or not told.at_ms > self.presence_ms:
                self._say_presence()

    def _order(self, payload: bytes) -> WakeOrder | None:
        try:
            return codec.decode_wake_order(unseal(self._opener, codec.WAKE_ORDER, payload))
        except (SealError, codec.WireError):
            return None

    def _presence(self, payload: bytes) -> DaemonPresence | None:
        try:
            return codec.decode_daemon_presence(unseal(self._opener, codec.DAEMON_PRESENCE, payload))
        except (SealError, codec.WireError):
            return None
