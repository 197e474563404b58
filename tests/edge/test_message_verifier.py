"""The verifier: a payload from the broker is opened with the pinned key, or refused with a reason."""

import pytest

from dreamedge.adapters.message_verifier import Broadcasts, MessageVerifier, ReceivedPayload
from dreamedge.ports.link import Heard, Unheard
from dreamwire import topics
from dreamwire.codec import COLLECTIVE, context_of, encode
from dreamwire.messages import ClockProbe, Command, DaemonPresence, Release, Versions, WakeOrder, WakeScope
from dreamwire.signing import PAYLOAD_BYTES_MAX, SigningKey, seal
from wire import specimens

KEY = SigningKey.from_seed(b"k" * 32)
DOOR = MessageVerifier("bed-1", Broadcasts(KEY.public))
COMMAND = Command("bed-1", 5, 7, 1000, Release("enough"))
WAKE = WakeOrder("w-1", 3, WakeScope.FLEET, "", "ward", "drill", 1000, lifted=False)
HERE = DaemonPresence("d-1", online=True, versions=Versions("0.1.0", 1), at_ms=1000)
PROBE = ClockProbe(nonce=9, t0_us=1, t1_us=2, t2_us=3)
ORDERS = topics.pod_topic("bed-1", "command")


def _sealed(message: Command | WakeOrder | DaemonPresence, key: SigningKey = KEY) -> bytes:
    return seal(key, context_of(message), encode(message))


def _judge(topic: str, payload: bytes, *, retained: bool = False) -> Heard | Unheard | None:
    return DOOR.open_message(ReceivedPayload(topic, payload, retained, at_ns=42))


@pytest.mark.parametrize(
    ("topic", "payload", "message"),
    [
        (ORDERS, _sealed(COMMAND), COMMAND),
        (topics.WAKE, _sealed(WAKE), WAKE),
        (topics.DAEMON_PRESENCE, _sealed(HERE), HERE),
        (topics.clock_answer("bed-1"), encode(PROBE), PROBE),
    ],
)
def test_each_kind_of_message_is_opened(topic: str, payload: bytes, message: object) -> None:
    """Each kind of message on its own topic is opened, with the stamp of its arrival."""
    assert _judge(topic, payload) == Heard(message, 42)  # type: ignore[arg-type]


def test_a_wake_order_and_a_presence_may_be_retained() -> None:
    """A wake order and a presence may be retained: a later connection must receive them."""
    assert _judge(topics.WAKE, _sealed(WAKE), retained=True) == Heard(WAKE, 42)
    assert _judge(topics.DAEMON_PRESENCE, _sealed(HERE), retained=True) == Heard(HERE, 42)


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        (ORDERS, "command"),
        (topics.clock_answer("bed-1"), "clock"),
        (topics.collective("night-1", 0), "collective"),
    ],
)
def test_a_retained_order_is_none(topic: str, kind: str) -> None:
    """A retained command, clock answer or broadcast is refused, however well sealed."""
    assert _judge(topic, _sealed(COMMAND), retained=True) == Unheard(kind, "retained", 42)


def test_another_key_another_message_and_a_flipped_bit_are_refused() -> None:
    """A payload with another key, another context or a flipped bit is refused."""
    good = _sealed(COMMAND)
    for payload in (
        _sealed(COMMAND, SigningKey.from_seed(b"x" * 32)),
        _sealed(WAKE),
        good[:-1] + bytes([good[-1] ^ 1]),
        b"",
        b"\xff" * 80,
    ):
        assert _judge(ORDERS, payload) == Unheard("command", "seal", 42)


def test_a_well_sealed_nonsense_is_malformed() -> None:
    """A well sealed but malformed command is refused as malformed."""
    payload = seal(KEY, context_of(COMMAND), b"\xff\xff\xff")
    assert _judge(ORDERS, payload) == Unheard("command", "malformed", 42)


def test_an_oversized_payload_is_not_opened() -> None:
    """A payload above 64 KiB is neither unsealed nor parsed."""
    assert _judge(ORDERS, b"\0" * (PAYLOAD_BYTES_MAX + 1)) == Unheard("command", "size", 42)
    clock = topics.clock_answer("bed-1")
    assert _judge(clock, b"\0" * (PAYLOAD_BYTES_MAX + 1)) == Unheard("clock", "size", 42)


def test_an_emptied_retained_topic_says_nothing() -> None:
    """An emptied retained topic is no message, and no error."""
    assert _judge(topics.WAKE, b"", retained=True) is None
    assert _judge(topics.DAEMON_PRESENCE, b"") is None


class Counting:
    """The daemon's public key, counting its verifications."""

    key_id = KEY.key_id
    asked = 0

    def verify(self, covered: bytes, signature: bytes) -> bool:
        """Verify with the key."""
        self.asked += 1
        return KEY.public.verify(covered, signature)


def test_a_broadcast_is_opened_once_for_all_the_beds_of_a_process() -> None:
    """Every bed gets the same message; its seal is verified once, a forged one each time."""
    key = Counting()
    broadcasts = Broadcasts(key)
    doors = [MessageVerifier(f"bed-{number}", broadcasts) for number in range(1, 9)]
    topic = topics.collective("night-1", 0)
    payload = seal(KEY, COLLECTIVE, encode(specimens.COLLECTIVE))
    heard = [door.open_message(ReceivedPayload(topic, payload, retained=False, at_ns=42)) for door in doors]
    assert all(isinstance(one, Heard) for one in heard)
    assert key.asked == 1
    forged = payload[:-1] + bytes([payload[-1] ^ 1])
    for door in doors:
        judged = door.open_message(ReceivedPayload(topic, forged, retained=False, at_ns=42))
        assert judged == Unheard("collective", "seal", 42)
