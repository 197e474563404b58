"""OSC 1.0 datagrams in and out, by python-osc: its codec alone.

python-osc's servers sleep until a future time tag. Its codec takes NaN, reads a float that was cut off as 0,
raises more than its own exceptions, reads a bundle as deep as it is nested, and logs a type tag that it does
not know. So all OSC passes here.

Rules
- A datagram holds at most 1,472 bytes, which is one Ethernet frame without its headers.
- A bundle holds messages and no bundle. Its time tag is ignored: each message counts now.
- An argument is a finite number or a text.
- Nothing is raised and nothing is logged. A part that cannot be read is a message with a fault, and keeps its
  address where that can be read: a way out needs no argument.
"""

from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Final

from pythonosc import osc_message
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing import osc_types

DATAGRAM_MOST: Final = 1472
"""Bytes of a datagram: an Ethernet frame without its headers."""
_BUNDLE: Final = b"#bundle\x00"
_TIME_TAG: Final = 8
_WORD: Final = 4
_NUMBERS: Final = {"i": 4, "f": 4, "h": 8, "d": 8}
"""Bytes of each kind of number."""
_TEXT: Final = "s"

Value = float | int | str
"""A float and an int differ in their type tag."""


class Fault(Enum):
    """Why a datagram, or a part of it, cannot be read."""

    TOO_LONG = f"it is longer than {DATAGRAM_MOST} bytes"
    NOT_OSC = "it is no OSC message"
    NESTED = "it is a bundle inside a bundle"
    KIND = "an argument is neither a number nor a text"
    NOT_FINITE = "a number is NaN or infinite"


@dataclass(frozen=True, slots=True)
class Message:
    """One message. address: empty where it cannot be read. fault: why the values are not known."""

    address: str
    values: tuple[Value, ...] = ()
    fault: Fault | None = None


def decoded(datagram: bytes) -> tuple[Message, ...]:
    """Return the messages of a datagram, in order; an empty bundle has none."""
    if len(datagram) > DATAGRAM_MOST:
        return (Message("", fault=Fault.TOO_LONG),)
    if not datagram.startswith(_BUNDLE):
        return (_message(datagram),)
    return _contents(datagram)


def _contents(bundle: bytes) -> tuple[Message, ...]:
    """The messages of a bundle, up to the first part that has no honest length."""
    found: list[Message] = []
    at = len(_BUNDLE) + _TIME_TAG
    if len(bundle) < at:
        return (Message("", fault=Fault.NOT_OSC),)
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + _WORD], "big")
        at += _WORD
        if size == 0 or size % _WORD or at + size > len(bundle):
            return (*found, Message("", fault=Fault.NOT_OSC))
        part = bundle[at : at + size]
        at += size
        nested = part.startswith(_BUNDLE)
        found.append(Message("", fault=Fault.NESTED) if nested else _message(part))
    return tuple(found)


def _message(part: bytes) -> Message:
    address = ""
    try:
        address, at = osc_types.get_string(part, 0)
        fault = _wrong(address, part, at)
        if fault is not None:
            return Message(address if address.startswith("/") else "", fault=fault)
        values = tuple(osc_message.OscMessage(part).params)
    except Exception:  # noqa: BLE001 - its parsers raise what they like: each is the same fault
        return Message(address, fault=Fault.NOT_OSC)
    if not all(isinstance(value, str) or isfinite(value) for value in values):
        return Message(address, fault=Fault.NOT_FINITE)
    return Message(address, values)


def _wrong(address: str, part: bytes, at: int) -> Fault | None:
    """Why python-osc shall not read this part; at: where its type tags begin."""
    if not address.startswith("/"):
        return Fault.NOT_OSC
    if at == len(part):  # an older sender without type tags, and so without arguments
        return None
    tags, at = osc_types.get_string(part, at)
    if not tags.startswith(","):
        return Fault.NOT_OSC
    if not set(tags[1:]) <= {*_NUMBERS, _TEXT}:
        return Fault.KIND
    for tag in tags[1:]:  # python-osc reads a float that was cut off as 0
        at = osc_types.get_string(part, at)[1] if tag == _TEXT else at + _NUMBERS[tag]
    return None if at == len(part) else Fault.NOT_OSC


def encoded(address: str, values: tuple[Value, ...]) -> bytes:
    """Return one message as a datagram: a float as `f`, an int as `i`, a text as `s`."""
    message = OscMessageBuilder(address)
    for value in values:
        tag = _TEXT if isinstance(value, str) else "i" if isinstance(value, int) else "f"
        message.add_arg(value, tag)
    datagram: bytes = message.build().dgram
    return datagram
