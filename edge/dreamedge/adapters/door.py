"""The pod's door: which bytes from the broker become messages.

Judged here are retain flag, size, seal and form; what a message may do is the agent's matter. A
retained broadcast or command is a recording of an order, not an order: refused whatever it says.
Nothing that comes in raises; what is refused is a value, so that it is counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dreamedge.ports.link import Heard, Message, Unheard
from dreamwire import topics
from dreamwire.codec import (
    COLLECTIVE,
    COMMAND,
    DAEMON_PRESENCE,
    WAKE_ORDER,
    WireError,
    decode_clock_probe,
    decode_collective,
    decode_command,
    decode_daemon_presence,
    decode_wake_order,
)
from dreamwire.seal import PAYLOAD_BYTES_MAX, Opener, SealError, unseal


@dataclass(frozen=True, slots=True)
class Knock:
    """What came, as it came; at_ns: CLOCK_BOOTTIME."""

    topic: str
    payload: bytes
    retained: bool
    at_ns: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of message is opened; `context` empty: it is not sealed."""

    name: str
    context: str
    decode: Callable[[bytes], Message]
    retainable: bool


_COLLECTIVE: Final = _Kind("collective", COLLECTIVE, decode_collective, retainable=False)


class Door:
    """The door of `pod`, opened by what `key` sealed."""

    def __init__(self, pod: str, key: Opener) -> None:
        self._key = key
        self.orders: Final = topics.pod_topic(pod, "command")
        self._kinds: Final = {
            self.orders: _Kind("command", COMMAND, decode_command, retainable=False),
            topics.clock_answer(pod): _Kind("clock", "", decode_clock_probe, retainable=False),
            topics.WAKE: _Kind("wake", WAKE_ORDER, decode_wake_order, retainable=True),
            topics.DAEMON_PRESENCE: _Kind(
                "presence", DAEMON_PRESENCE, decode_daemon_presence, retainable=True
            ),
        }

    @property
    def topics(self) -> tuple[str, ...]:
        """What to subscribe to besides a cohort's broadcast."""
        return tuple(self._kinds)

    def judge(self, knock: Knock) -> Heard | Unheard | None:
        """Open a message, or say why not; None for a retained topic that was emptied, which says nothing."""
        kind = self._kinds.get(knock.topic, _COLLECTIVE)
        if kind.retainable and not knock.payload:
            return None
        refusal = self._outside(kind, knock)
        if refusal:
            return Unheard(kind.name, refusal, knock.at_ns)
        try:
            body = unseal(self._key, kind.context, knock.payload) if kind.context else knock.payload
            return Heard(kind.decode(body), knock.at_ns)
        except SealError:
            return Unheard(kind.name, "seal", knock.at_ns)
        except WireError:
            return Unheard(kind.name, "malformed", knock.at_ns)

    def _outside(self, kind: _Kind, knock: Knock) -> str:
        if knock.retained and not kind.retainable:
            return "retained"
        return "" if len(knock.payload) <= PAYLOAD_BYTES_MAX else "size"
