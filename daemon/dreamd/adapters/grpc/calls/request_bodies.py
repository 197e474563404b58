"""The bodies of requests, read: every text in them is fit before a handler receives it.

A way out is never refused for its text. Protobuf's own check would end the call where a string is not UTF-8.
So the fields are read as unknown ones, which protobuf returns as bytes, and each text is made fit. A Sever
acts as long as the name in it can be read, whatever its reason holds and however long it is.

Any other request is refused, by the path of the field, where a text in it is not fit, and where it is longer
than REQUEST_BYTES_MAX. A body that is no protobuf is refused too.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.core.limits import REQUEST_BYTES_MAX
from dreamd.core.refusals import Code, Refusal
from dreamwire.text import TEXT_MAX, fit, unfit

FREEING: Final = (
    "Sever",
    "Wake",
    "End",
    "ReleasePod",
    "CheckOut",
    "Trip",
    "Order",
    "LiftWake",
    "WithdrawConsent",
    "DeclineInvitation",
)
"""Prefixes of methods that let people out; LiftWake is among them, because it revokes such an order."""

LONG: Final = {"RedeemSignInRequest.code": 4096}
"""Characters of texts that are longer than others: a provider's code may have 1,500."""

_LINE: Final = "one line of text without control characters"
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_SEVEN_BITS: Final = 7
_MORE: Final = 0x80
_HOLD_TEXT: Final = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE)

Read = Callable[[bytes], Message]


def frees(method: str) -> bool:
    """Return whether this method is a way out, so that its text is repaired and never refused."""
    return method.startswith(FREEING)


def reader(kind: type[Message], *, freeing: bool) -> Read:
    """Return a function that reads a request of this kind into a message with fit text.

    The function raises Declined where the body is no message of this kind, or, unless it is `freeing`, where
    a text in it is not fit.
    """

    def read(body: bytes) -> Message:
        return _freeing(kind, body) if freeing else _asking(kind, body)

    return read


def _declined(field: str, wrong: str, expected: str) -> Declined:
    sentence = f"{field}: {wrong}; expected {expected}"
    return Declined(Refusal(Code.INVALID_ARGUMENT, sentence, {"field": field, "expected": expected}))


def _no_message(kind: type[Message]) -> Declined:
    return _declined("request", "the body is not a protobuf message", f"a {kind.DESCRIPTOR.full_name}")


# -- requests that are refused for a bad text -----------------------------------------------------


def _asking(kind: type[Message], body: bytes) -> Message:
    if not len(body) <= REQUEST_BYTES_MAX:
        raise _declined("request", f"{len(body)} bytes", f"at most {REQUEST_BYTES_MAX}")
    try:
        request = kind.FromString(body)
    except DecodeError:
        raise _unreadable(kind, body) from None
    for path, text in _texts(request, ""):
        wrong = unfit(text, LONG.get(f"{kind.DESCRIPTOR.name}.{path}", TEXT_MAX))
        if wrong:
            raise _declined(path, wrong, _LINE)
    return request


def _texts(message: Message, under: str) -> Iterator[tuple[str, str]]:
    """Every text in a message with the path of its field, such as `plan.pods[1]`."""
    for field, value in message.ListFields():
        if field.type not in _HOLD_TEXT:
            continue
        many = not isinstance(value, str | Message)
        for at, one in enumerate(value if many else (value,)):
            path = f"{under}{field.name}[{at}]" if many else f"{under}{field.name}"
            if isinstance(one, str):
                yield path, one
            else:
                yield from _texts(one, f"{path}.")


def _unreadable(kind: type[Message], body: bytes) -> Declined:
    """Return why protobuf could not read it: a text that is not UTF-8, by its path, or no message."""
    try:
        path = _not_utf8(kind(), body, "")
    except DecodeError:
        path = ""
    return _declined(path, "not UTF-8", _LINE) if path else _no_message(kind)


def _not_utf8(blank: Message, body: bytes, under: str) -> str:
    """Return the path of the first text that is not UTF-8; empty for none. blank: of the body's kind."""
    seen: Counter[int] = Counter()
    for number, wire, data in _fields(body):
        field = _field(blank, number)
        if field is None or wire != _LENGTH or field.type not in _HOLD_TEXT:
            continue
        many = not isinstance(getattr(blank, field.name), str | Message)
        path = f"{under}{field.name}[{seen[number]}]" if many else f"{under}{field.name}"
        seen[number] += 1
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            path = _not_utf8(_blank(field), data, f"{path}.")
        elif _is_utf8(data):
            path = ""
        if path:
            return path
    return ""


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


# -- ways out: texts are repaired ------------------------------------------------------------------


def _freeing(kind: type[Message], body: bytes) -> Message:
    try:
        return kind.FromString(_repaired(kind(), body))
    except DecodeError:
        raise _no_message(kind) from None


def _repaired(blank: Message, body: bytes) -> bytes:
    """Return the body with every text made fit; fields that `blank`, of its kind, lacks are left out.

    Raises:
        DecodeError: it is no protobuf message.
    """
    written = bytearray()
    for number, wire, data in _fields(body):
        field = _field(blank, number)
        if field is None:
            continue
        written += _varint(number << 3 | wire)
        if wire == _VARINT:
            written += _varint(data)
        elif wire == _LENGTH:
            inner = data
            if field.type == FieldDescriptor.TYPE_STRING:
                inner = fit(data).encode()
            elif field.type == FieldDescriptor.TYPE_MESSAGE:
                inner = _repaired(_blank(field), data)
            written += _varint(len(inner)) + inner
        else:
            written += data.to_bytes(8 if wire == _FIXED64 else 4, "little")
    return bytes(written)


def _fields(body: bytes) -> Iterator[tuple[int, int, Any]]:
    """Yield number, wire type and value of each field, read as unknown fields; groups are left out."""
    for field in cast("Iterable[Any]", UnknownFieldSet(Empty.FromString(body))):
        if field.wire_type in (_VARINT, _FIXED64, _LENGTH, _FIXED32):
            yield field.field_number, field.wire_type, field.data


def _field(blank: Message, number: int) -> FieldDescriptor | None:
    return cast("FieldDescriptor | None", blank.DESCRIPTOR.fields_by_number.get(number))


def _blank(field: FieldDescriptor) -> Message:
    assert field.message_type is not None, "a field of messages knows of which"
    return GetMessageClass(field.message_type)()


def _varint(number: int) -> bytes:
    """A whole number as protobuf writes it: seven bits a byte, the least first."""
    written = bytearray()
    while number >= _MORE:
        written.append(number & (_MORE - 1) | _MORE)
        number >>= _SEVEN_BITS
    written.append(number)
    return bytes(written)
