"""Bytes of dreamwire.v1 to plain values and back: `encode` any message, `decode_*` by its topic.

This package holds protobuf and the bounds of each field, and decides nothing. Decoding raises only WireError,
whatever the bytes; its arrays are read-only. Fields that a newer peer added are ignored, and so can loosen
nothing. Encoding holds to the same lengths and counts. A number that its field cannot carry is the caller's
bug and raises protobuf's ValueError or TypeError.
"""

from typing import Final, assert_never

from dreamwire.codec.bounds import BYTES_MAX, WireError
from dreamwire.codec.daemon import (
    decode_broadcast,
    decode_collective,
    decode_command,
    decode_content,
    decode_daemon_presence,
    encode_collective,
    encode_command,
    encode_content,
    encode_daemon_presence,
    encode_encrypted,
)
from dreamwire.codec.frame_block import decode_frame_block
from dreamwire.codec.frames import decode_frames, encode_frames
from dreamwire.codec.pods import (
    decode_clock_probe,
    decode_event,
    decode_presence,
    decode_status,
    encode_clock_probe,
    encode_event,
    encode_presence,
    encode_status,
)
from dreamwire.codec.wake_orders import decode_wake_order, encode_wake_order
from dreamwire.messages import (
    ClockProbe,
    Collective,
    Command,
    DaemonPresence,
    EncryptedCollective,
    Frame,
    PodEvent,
    Presence,
    Status,
    WakeOrder,
)
from dreamwire.v1 import wire_pb2 as pb

PodSays = Presence | Status | PodEvent | ClockProbe | tuple[Frame, ...]
"""Unsealed messages: a pod's own, bound to it by the broker; and clock probes, both ways."""

DaemonSays = Collective | EncryptedCollective | Command | WakeOrder | DaemonPresence
"""Sealed messages: encode, then `seal` under `context_of` the message."""

COLLECTIVE: Final = pb.Collective.DESCRIPTOR.full_name
COMMAND: Final = pb.Command.DESCRIPTOR.full_name
WAKE_ORDER: Final = pb.WakeOrder.DESCRIPTOR.full_name
DAEMON_PRESENCE: Final = pb.DaemonPresence.DESCRIPTOR.full_name

__all__ = [
    "BYTES_MAX",
    "COLLECTIVE",
    "COMMAND",
    "DAEMON_PRESENCE",
    "WAKE_ORDER",
    "DaemonSays",
    "PodSays",
    "WireError",
    "context_of",
    "decode_broadcast",
    "decode_clock_probe",
    "decode_collective",
    "decode_command",
    "decode_content",
    "decode_daemon_presence",
    "decode_event",
    "decode_frame_block",
    "decode_frames",
    "decode_presence",
    "decode_status",
    "decode_wake_order",
    "encode",
    "encode_content",
    "encode_frames",
]


def encode(message: PodSays | DaemonSays) -> bytes:
    """Write a message: a topic's payload, or for the daemon's messages the body to be sealed.

    Raises:
        WireError: empty, above 64 KiB, or a list longer than a reader would take.
        ValueError, TypeError: a field holds a value that its type cannot carry.
    """
    match message:
        case tuple():
            return encode_frames(message)
        case Presence():
            return encode_presence(message)
        case Status():
            return encode_status(message)
        case PodEvent():
            return encode_event(message)
        case ClockProbe():
            return encode_clock_probe(message)
        case Collective() | EncryptedCollective() | Command() | WakeOrder() | DaemonPresence():
            return _encode_sealed(message)
        case _:
            assert_never(message)


def _encode_sealed(message: DaemonSays) -> bytes:
    match message:
        case Collective():
            return encode_collective(message)
        case EncryptedCollective():
            return encode_encrypted(message)
        case Command():
            return encode_command(message)
        case WakeOrder():
            return encode_wake_order(message)
        case DaemonPresence():
            return encode_daemon_presence(message)
        case _:
            assert_never(message)


def context_of(message: DaemonSays) -> str:
    """Return the full name under which a message is sealed, so that none can be replayed as another."""
    match message:
        case Collective() | EncryptedCollective():
            return COLLECTIVE
        case Command():
            return COMMAND
        case WakeOrder():
            return WAKE_ORDER
        case DaemonPresence():
            return DAEMON_PRESENCE
        case _:
            assert_never(message)
