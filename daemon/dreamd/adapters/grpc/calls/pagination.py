"""Lists in pages: the token names the place of the last item given, whether or not it still exists.

Additions and removals in between shift nothing, and a page costs only its own length: the application makes a
view as it is read. A page ends at its size or before it would exceed PAGE_BYTES_MAX, whichever comes first;
one item always fits.
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from google.protobuf.message import Message

from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.core.limits import PAGE_BYTES_MAX, PAGE_DEFAULT, PAGE_MOST

Item = TypeVar("Item")
Shown = TypeVar("Shown", bound=Message)


def page(
    list_after: Callable[[str], Iterator[Item]],
    place: Callable[[Item], str],
    translate: Callable[[Item], Shown],
    size: int,
    token: str,
) -> tuple[list[Shown], str]:
    """The page after `token`, translated, and the token of the next one (empty: this was the last).

    Args:
        list_after: the items behind a place, from the beginning for the empty one; ValueError for no place.
        place: of an item.
        translate: an item into its message.
        size: 0 for the default.
        token: of an earlier page, or empty.

    Raises:
        Declined: a negative size, or a token that no list has given.
    """
    if not size >= 0:
        raise bad_input("page_size", f"0 (for {PAGE_DEFAULT}) to {PAGE_MOST}", size)
    try:
        items = list_after(_place(token) if token else "")
    except (binascii.Error, ValueError):
        raise bad_input("page_token", "the next_page_token of an earlier page", token) from None
    shown: list[Shown] = []
    last, room = "", PAGE_BYTES_MAX
    for item in items:
        if len(shown) == min(size or PAGE_DEFAULT, PAGE_MOST):
            return shown, _token(last)
        message = translate(item)
        room -= message.ByteSize()
        if shown and room < 0:
            return shown, _token(last)
        shown.append(message)
        last = place(item)
    return shown, ""


def parts(items: Iterable[Item], translate: Callable[[Item], Shown], most: int) -> Iterator[list[Shown]]:
    """Yield all items in parts of at most `most` messages and PAGE_BYTES_MAX in total; one always fits."""
    part: list[Shown] = []
    room = PAGE_BYTES_MAX
    for item in items:
        message = translate(item)
        if part and (len(part) == most or message.ByteSize() > room):
            yield part
            part, room = [], PAGE_BYTES_MAX
        part.append(message)
        room -= message.ByteSize()
    if part:
        yield part


def _token(place: str) -> str:
    """Write a place with its checksum, so that a made-up token is detected."""
    raw = place.encode()
    return base64.urlsafe_b64encode(zlib.crc32(raw).to_bytes(4, "big") + raw).decode()


def _place(token: str) -> str:
    """Read the place in a token; ValueError where `_token` did not write it."""
    kept = base64.b64decode(token, altchars=b"-_", validate=True)
    if zlib.crc32(kept[4:]).to_bytes(4, "big") != kept[:4]:
        raise ValueError(token)
    return kept[4:].decode()
