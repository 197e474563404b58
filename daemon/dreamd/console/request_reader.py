"""Requests of a page, read within bounds: a body of so many bytes in so much time."""

import asyncio
import json
from typing import Final

from starlette.requests import Request

from dreamd.console.acts.order_bodies import BODY_MAX, LONG_MAX, Asked
from dreamd.console.sign_in import UnfitSecretError
from dreamwire.text import fit

BODY_WITHIN_S: Final = 2.0
SECRET_MAX: Final = BODY_MAX * 4
"""Bytes of a body with a secret: a credential file with its authority."""


async def read_request(request: Request, most: int) -> Asked | None:
    """The request with the first and the last BODY_MAX bytes of its body; None: too late, or over `most`."""
    begin, end, total = b"", b"", 0
    keep = max(BODY_MAX, most if most < LONG_MAX else 0)
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                total += len(chunk)
                if total > most:
                    return None
                room = keep - len(begin)
                begin, end = begin + chunk[:room], (end + chunk[max(room, 0) :])[-BODY_MAX:]
    except TimeoutError:
        return None
    headers = dict(request.headers.items())
    return Asked(request.method, request.url.path, headers, begin + end, total <= keep)


def read_text_of_secret(body: bytes) -> str:
    """The text that a person pasted.

    Raises:
        UnfitSecretError: the body has none.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    text = told.get("secret") if isinstance(told, dict) else None
    if not isinstance(text, str):
        raise UnfitSecretError('the body must be a JSON object with the text "secret"')
    return fit(text, SECRET_MAX)


def read_count(text: str) -> int | None:
    """A number of a query; None: there is none."""
    is_fit = text.isascii() and text.isdigit() and len(text) <= len(str(1 << 63))
    return int(text) if is_fit else None
