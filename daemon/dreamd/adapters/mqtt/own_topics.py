"""Our own retained topics: what we said there last, what stands there now, and when to say it again.

A client with write access to the broker may empty or replace what is retained. So the daemon hears its own
topics. What is not its newest word there is set right, at most once in AGAIN_S for each topic, so that two
that disagree do not make a storm of it. A stranger cannot sign. What our own key has signed is read first: a
larger count of the ledger's writes, or a wake order that the ledger does not know, tells of a ledger that was
lost.

Rules: nothing is sent from `heard`, which the MQTT client calls from inside its reading; the loop's next turn
does it. A presence of ours that is newer than our own is another daemon's: it stays.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from dreamwire import codec, topics
from dreamwire.messages import DaemonPresence, WakeOrder
from dreamwire.signing import Opener, SealError, unseal

AGAIN_S: Final = 1.0
TOPICS: Final = (topics.DAEMON_LEDGER, topics.WAKE)
"""What is subscribed to before anything else; the presence is heard by the connection that announces it."""


class Owner(Protocol):
    """Who is told what stands there."""

    def on_count(self, writes: int) -> None:
        """The broker remembers so many writes of our ledger."""
        ...

    def on_wake_place(self, said: WakeOrder | None) -> None:
        """The place of wake orders holds what we did not say last: None, or an order of our key."""
        ...


class OwnTopics:
    """Compares what stands in our retained topics with what we said."""

    def __init__(
        self, owner: Owner, opener: Opener, now_s: Callable[[], float], say_presence: Callable[[], None]
    ) -> None:
        """say_presence: publishes our presence again. presence_ms: when it was said last, Unix time."""
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
        """We have published this, retained."""
        if topic in (*TOPICS, topics.DAEMON_PRESENCE):
            self._said[topic] = payload

    def heard(self, topic: str, payload: bytes) -> None:
        """This stands there now; looked at in a later turn of the loop."""
        self._stands[topic] = payload
        if payload == self._said.get(topic) or topic in self._due:
            return
        wait_s = self._done_s.get(topic, -AGAIN_S) + AGAIN_S - self._now_s()
        if topic == topics.DAEMON_PRESENCE:
            wait_s = AGAIN_S  # what an earlier connection left is replaced by the announcement under way
        loop = asyncio.get_running_loop()
        later = wait_s > 0.0
        self._due[topic] = (
            loop.call_later(wait_s, self._look, topic) if later else loop.call_soon(self._look, topic)
        )

    def close(self) -> None:
        """The connection is over: what stands there is heard anew with the next."""
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
