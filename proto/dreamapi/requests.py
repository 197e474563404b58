"""Builds requests with fit text only, so that protobuf can write them and the daemon accepts them.

`freeing` builds the request of a way out. Its text is repaired, because a reason must keep no sleeper merged:
`café` from a Latin-1 terminal reaches Python with a surrogate, at which protobuf raises. `asking` builds
every other request and refuses unfit text, naming the field's path.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from dreamapi.errors import InvalidArgument
from dreamapi.text import fit, unfit

NEXT_STEP: Final = "correct the named field and send it again"
EXPECTED: Final = "one line of text without control characters"

Request = TypeVar("Request", bound=Message)


def freeing(kind: type[Request], **fields: Any) -> Request:  # noqa: ANN401 - whatever the message's fields take
    """Build the request of a way out: its text repaired, never refused."""
    return kind(**{name: _repaired(value) for name, value in fields.items()})


def asking(kind: type[Request], /, under: str = "", **fields: Any) -> Request:  # noqa: ANN401 - likewise
    """Build any other request. under: where the message stands in a larger one, such as `plan.`.

    Raises:
        InvalidArgument: a text is not fit; `field` is its path.
    """
    for path, text in _texts(fields, under):
        wrong = unfit(text)
        if wrong:
            raise refused(path, wrong)
    return kind(**fields)


def refused(field: str, wrong: str, expected: str = EXPECTED) -> InvalidArgument:
    """The daemon's own refusal of such a value, before it is sent."""
    particulars = {"field": field, "expected": expected}
    return InvalidArgument(
        "INVALID_ARGUMENT", f"{field}: {wrong}; expected {expected}", NEXT_STEP, particulars
    )


def _repaired(value: object) -> object:
    if isinstance(value, str | bytes):
        return fit(value)
    return [fit(one) for one in value] if isinstance(value, list) else value


def _texts(fields: dict[str, Any], under: str) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, str):
            yield f"{under}{name}", value
        elif isinstance(value, list):
            yield from ((f"{under}{name}[{at}]", one) for at, one in enumerate(value) if isinstance(one, str))
