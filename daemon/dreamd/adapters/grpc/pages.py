"""Lists in pages: the token names the last item given, so what is added meanwhile moves nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from dreamd.adapters.grpc.errors import bad_input

DEFAULT: Final = 100
MOST: Final = 1000

Item = TypeVar("Item")


def page(
    items: Sequence[Item], key: Callable[[Item], str], size: int, token: str
) -> tuple[Sequence[Item], str]:
    """The page after `token` and the token of the next one (empty: this was the last).

    Raises:
        Declined: a negative size, or a token that no list has given.
    """
    if not size >= 0:
        raise bad_input("page_size", f"0 (for {DEFAULT}) to {MOST}", size)
    start = _after(items, key, token)
    end = start + min(size or DEFAULT, MOST)
    more = end < len(items)
    return items[start:end], _token(key(items[end - 1])) if more else ""


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _after(items: Sequence[Item], key: Callable[[Item], str], token: str) -> int:
    if not token:
        return 0
    try:
        last = base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError):
        last = ""
    for at, item in enumerate(items):
        if key(item) == last:
            return at + 1
    raise bad_input("page_token", "the next_page_token of an earlier page", token)
