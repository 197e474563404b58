"""The verifier at the pod's entry: decides which payloads from the broker become messages.

It checks retain flag, size, seal and form; the agent decides what a message may do. A retained broadcast or
command is a recording of an order, not an order: it is refused whatever its contents. No input raises; a
refusal is a value, so that it is counted.

A broadcast is the same for every bed of a process, so its seal and form are checked once for all of them
(`Broadcasts`): the result depends only on the bytes and the key. An encrypted one is opened there too, when
the agent asks with the key of its assignment: a message and a key, so for all beds of a cohort once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dreamedge.ports.link import Heard, Message, Unheard
from dreamwire import topics
from dreamwire.codec import (
    COLLECTIVE,
    COMMAND,
    DAEMON_PRESENCE,
    WAKE_ORDER,
    WireError,
    decode_broadcast,
    decode_clock_probe,
    decode_command,
    decode_daemon_presence,
    decode_wake_order,
)
from dreamwire.cohort_key import decrypt
from dreamwire.messages import Broadcast
from dreamwire.signing import PAYLOAD_BYTES_MAX, Opener, SealError, unseal

OPENED_KEPT: Final = 16
"""Broadcasts whose verified form is cached; the least recently used is dropped first."""


@dataclass(slots=True)
class ReceivedPayload:
    """A payload as received; at_ns: CLOCK_BOOTTIME."""

    topic: str
    payload: bytes
    retained: bool
    at_ns: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of message is opened: `opened` raises SealError or WireError."""

    name: str
    opened: Callable[[bytes], Message]
    retainable: bool


class Broadcasts:
    """Broadcasts sealed by `key`, opened once for all verifiers of a process."""

    def __init__(self, key: Opener) -> None:
        self.key: Final = key
        self._opened = lru_cache(OPENED_KEPT)(self._open)
        self.decrypt: Final = lru_cache(OPENED_KEPT)(decrypt)
        """Opens an encrypted broadcast by the secret of a cohort's key; None: it does not fit."""

    def __call__(self, payload: bytes) -> Broadcast:
        """Verify and decode a broadcast.

        Raises:
            SealError: the key did not seal it.
            WireError: it is malformed.
        """
        return self._opened(payload)

    def _open(self, payload: bytes) -> Broadcast:
        return decode_broadcast(unseal(self.key, COLLECTIVE, payload))


class MessageVerifier:
    """The verifier of `pod`; accepts messages sealed by the key of `broadcasts`."""

    def __init__(self, pod: str, broadcasts: Broadcasts) -> None:
        key = broadcasts.key
        self._broadcast = _Kind("collective", broadcasts, retainable=False)
        self.orders: Final = topics.pod_topic(pod, "command")
        self._kinds: Final = {
            self.orders: _sealed(key, "command", COMMAND, decode_command, retainable=False),
            topics.clock_answer(pod): _Kind("clock", decode_clock_probe, retainable=False),
            topics.WAKE: _sealed(key, "wake", WAKE_ORDER, decode_wake_order, retainable=True),
            topics.DAEMON_PRESENCE: _sealed(
                key, "presence", DAEMON_PRESENCE, decode_daemon_presence, retainable=True
            ),
        }

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics to subscribe to besides a cohort's broadcast."""
        return tuple(self._kinds)

    def open_message(self, knock: ReceivedPayload) -> Heard | Unheard | None:
        """Open a message, or return why it is refused; None for an emptied retained topic."""
        kind = self._kinds.get(knock.topic, self._broadcast)
        if kind.retainable and not knock.payload:
            return None
        if knock.retained and not kind.retainable:
            return Unheard(kind.name, "retained", knock.at_ns)
        if not len(knock.payload) <= PAYLOAD_BYTES_MAX:
            return Unheard(kind.name, "size", knock.at_ns)
        try:
            return Heard(kind.opened(knock.payload), knock.at_ns)
        except SealError:
            return Unheard(kind.name, "seal", knock.at_ns)
        except WireError:
            return Unheard(kind.name, "malformed", knock.at_ns)


def _sealed(
    key: Opener, name: str, context: str, decode: Callable[[bytes], Message], *, retainable: bool
) -> _Kind:
    return _Kind(name, lambda payload: decode(unseal(key, context, payload)), retainable)
