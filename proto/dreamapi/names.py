"""Resource names of dreamapi.v1: built here, parsed here, nowhere else.

Builders take a bare id or a full name: `bed-1` or `pods/bed-1`.
"""

import re
from typing import Final, Protocol

_ID: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
IN_FORCE: Final = "in-force"
"""In place of a number: the revision of the guidelines that holds now."""

REPORTS: Final = "reports"
PIECES: Final = "pieces"
ROUNDS: Final = "rounds"
CASES: Final = "cases"

OWN: Final = "-"
"""In place of a sleeper: the one of the caller's own credential."""

ID_RULE: Final = "1-63 letters, digits, _ . or -, beginning and ending with a letter or digit"


class EnumNames(Protocol):
    """An enum of the API, such as `Pod.State`."""

    def Name(self, number: int) -> str:  # noqa: N802 - protobuf's name
        """The name of a value; raises ValueError where the number has none."""


def is_id(text: str) -> bool:
    """Whether `text` may stand between the slashes of a name; see ID_RULE."""
    return _ID.fullmatch(text) is not None


def _within(collection: str, text: str) -> str:
    return text if not text or text.startswith(f"{collection}/") else f"{collection}/{text}"


def pod(text: str) -> str:
    """`pods/{text}`; empty stays empty."""
    return _within("pods", text)


def case(text: str) -> str:
    """`cases/{text}`; empty stays empty."""
    return _within(CASES, text)


def report(day: str) -> str:
    """`reports/{day}`; empty stays empty."""
    return _within(REPORTS, day)


def piece(text: str) -> str:
    """`pieces/{text}`; empty stays empty."""
    return _within(PIECES, text)


def exchange_round(text: str) -> str:
    """`rounds/{text}`; empty stays empty."""
    return _within(ROUNDS, text)


def principal(text: str) -> str:
    """`principals/{text}`; empty stays empty."""
    return _within("principals", text)


def audit_record(number: int) -> str:
    """`auditRecords/{number}`."""
    return f"auditRecords/{number}"


def sleeper(text: str) -> str:
    """`sleepers/{text}`; empty stays empty."""
    return _within("sleepers", text)


def of_sleeper(text: str, part: str = "") -> str:
    """`sleepers/{text}/{part}`; a full name stays as it is, and empty stays empty."""
    of = sleeper(text)
    return of if not of or not part or of.count("/") > 1 else f"{of}/{part}"


def invitation(sleeper_id: str, dreamscape_id: str) -> str:
    """`sleepers/{sleeper_id}/invitations/{dreamscape_id}`."""
    return f"{sleeper(sleeper_id)}/invitations/{dreamscape_id.removeprefix('dreamscapes/')}"


def sleeper_in(name: str) -> tuple[str, str] | None:
    """The sleeper and the rest of `sleepers/{sleeper}` or `sleepers/{sleeper}/{rest}`; None: of another form.

    The sleeper may be OWN: that of the caller's own credential.
    """
    head, _, tail = name.partition("/")
    found, _, rest = tail.partition("/")
    return (found, rest) if head == "sleepers" and (found == OWN or is_id(found)) else None


def dreamscape(text: str) -> str:
    """`dreamscapes/{text}`; empty stays empty."""
    return _within("dreamscapes", text)


def seat(dreamscape_id: str, number: int) -> str:
    """`dreamscapes/{dreamscape_id}/seats/{number}`; empty where there is no such seat (0)."""
    return f"{dreamscape(dreamscape_id)}/seats/{number}" if dreamscape_id and number else ""


def breaker(text: str) -> str:
    """`breakers/{text}`; `bed-1` alone is the breaker of that pod."""
    held = text.removeprefix("breakers/")
    return f"breakers/{held}" if "/" in held else breaker_of_pod(held)


def wake_order(text: str) -> str:
    """`wakeOrders/{text}`."""
    return _within("wakeOrders", text)


def moratorium(text: str) -> str:
    """`moratoria/{text}`; empty stays empty."""
    return _within("moratoria", text)


def guideline(revision: int) -> str:
    """`guidelines/{revision}`; of 0 the revision that holds now."""
    return f"guidelines/{revision or IN_FORCE}"


def guideline_in(name: str) -> int | None:
    """The number of `guidelines/{revision}`, 0 of `guidelines/in-force`; None: of another form."""
    head, _, number = name.partition("/")
    if head != "guidelines" or _NUMBER.fullmatch(number) is None:
        return 0 if name == f"guidelines/{IN_FORCE}" else None
    return int(number)


def site(text: str) -> str:
    """`sites/{text}`; empty stays empty."""
    return _within("sites", text)


def breaker_of_pod(pod_id: str) -> str:
    """`breakers/pods/{pod_id}`."""
    return f"breakers/{pod(pod_id)}"


def id_in(collection: str, name: str) -> str | None:
    """The id of `{collection}/{id}`; None where `name` is not of that form."""
    head, _, tail = name.partition("/")
    return tail if head == collection and is_id(tail) else None


def bare(name: str) -> str:
    """The last part of a name, for showing it to people."""
    return name.rsplit("/", 1)[-1]


def word(enum: EnumNames, number: int) -> str:
    """An enum's value as a word: STATE_HALF_OPEN is `half-open`; an unnamed number is itself."""
    try:
        name = enum.Name(number)
    except ValueError:  # of a newer daemon
        return str(number)
    return name.partition("_")[2].lower().replace("_", "-")
