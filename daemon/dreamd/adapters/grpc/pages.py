"""Lists in pages: the token names the place of the last item given, whether or not it is still there.

What is added or goes meanwhile moves nothing, and a page costs its page: the application makes a view as it
is read.
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeVar

from dreamd.adapters.grpc.errors import bad_input

DEFAULT: Final = 100
MOST: Final = 1000

Item = TypeVar("Item")


def page(
    list_after: Callable[[str], Iterator[Item]], place: Callable[[Item], str], size: int, token: str
) -> tuple[list[Item], str]:
    """The page after `token` and the token of the next one (empty: this was the last).

    Args:
        list_after: the items behind a place, from the beginning for the empty one; ValueError for no place.
        place: of an item.
        size: 0 for the default.
        token: of an earlier page, or empty.

    Raises:
        Declined: a negative size, or a token that no list has given.
    """
    if not size >= 0:
        raise bad_input("page_size", f"0 (for {DEFAULT}) to {MOST}", size)
    try:
        items = list_after(_place(token) if token else "")
    except (binascii.Error, ValueError):
        raise bad_input("page_token", "the next_page_token of an earlier page", token) from None
    shown = list(islice(items, min(size or DEFAULT, MOST)))
    more = next(items, None) is not None
    return shown, _token(place(shown[-1])) if more else ""


def _token(place: str) -> str:
    """Write a place with its checksum, so that a token nobody was given is found out."""
    raw = place.encode()
    return base64.urlsafe_b64encode(zlib.crc32(raw).to_bytes(4, "big") + raw).decode()


def _place(token: str) -> str:
    """Read the place in a token; ValueError where `_token` did not write it."""
    kept = base64.b64decode(token, altchars=b"-_", validate=True)
    if zlib.crc32(kept[4:]).to_bytes(4, "big") != kept[:4]:
        raise ValueError(token)
    return kept[4:].decode()
