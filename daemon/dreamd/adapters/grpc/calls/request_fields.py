"""Fields of requests, checked: each refusal names the field and its expected values.

Only the form is checked here. Plans are read in `servicers.plans`.
"""

import re
from typing import Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.core.limits import CURSOR_MOST, REASON_MAX, REQUEST_ID_MAX
from dreamd.core.refusals import Figure
from dreamwire.messages import WakeScope
from dreamwire.text import fit
from dreamwire.topics import RESERVED, is_name

FLEET_NAME: Final = "1-63 of a-z 0-9 _ . -, beginning and ending with a letter or digit"
_UNIX_MAX_S: Final = 253_402_300_799
_DURATION_MAX_S: Final = 315_576_000_000
_NANOS_IN_S: Final = 1_000_000_000
_REQUEST_ID: Final = re.compile(rf"[\x21-\x7e]{{1,{REQUEST_ID_MAX}}}")


def pod_id(name: str, field: str = "name") -> str:
    """The pod of `pods/{pod}`."""
    pod = _fleet_id("pods", "pod", name, field)
    if pod in RESERVED:
        raise bad_input(field, "a pod; this is the daemon's own name at the broker", name)
    return pod


def principal_id(name: str, field: str = "name") -> str:
    """The principal of `principals/{principal}`."""
    return _fleet_id("principals", "principal", name, field)


def dreamscape_id(name: str, field: str = "name") -> str:
    """The Dreamscape of `dreamscapes/{dreamscape}`."""
    return _fleet_id("dreamscapes", "dreamscape", name, field)


def same_dreamscape(name: str, expected: str) -> None:
    """Check that a later message of a stream names no Dreamscape, or the same."""
    if name and dreamscape_id(name) != expected:
        raise bad_input("name", f"dreamscapes/{expected} or nothing", name)


def _fleet_id(collection: str, variable: str, name: str, field: str) -> str:
    found = names.id_in(collection, name)
    if found is None or not is_name(found):
        raise bad_input(field, f"{collection}/{{{variable}}}, {variable} being {FLEET_NAME}", name)
    return found


def sleeper_id(name: str, field: str = "sleeper") -> str:
    """The pseudonym of `sleepers/{sleeper}`."""
    found = names.id_in("sleepers", name)
    if found is None:
        # The sent text is not repeated: it may be the name of a person.
        raise bad_input(field, f"sleepers/{{sleeper}}, a pseudonym of {names.ID_RULE}", "something else")
    return found


def of_sleeper(name: str, part: str, own: str = "") -> str:
    """The pseudonym of `sleepers/{sleeper}/{part}`, or of `sleepers/{sleeper}` alone.

    own: the caller's own sleeper, which `sleepers/-` stands for; empty where the caller is none.
    """
    found = names.sleeper_in(name)
    if found is None or found[1] not in ("", part):
        form = f"sleepers/{{sleeper}}/{part}" if part else "sleepers/{sleeper}"
        expected = f"{form}, the sleeper being a pseudonym of {names.ID_RULE}"
        raise bad_input("name", expected, "something else")
    if found[0] == names.OWN and not own:
        raise bad_input("name", "the name of a sleeper, because the caller is none", name)
    return own if found[0] == names.OWN else found[0]


def invitation_of(name: str, own: str = "") -> tuple[str, str]:
    """The parts of `sleepers/{sleeper}/invitations/{dreamscape}`; own: as of `of_sleeper`."""
    found = names.sleeper_in(name)
    part, _, dreamscape = found[1].partition("/") if found is not None else ("", "", "")
    if found is None or part != "invitations" or not is_name(dreamscape):
        form = f"sleepers/{{sleeper}}/invitations/{{dreamscape}}, the Dreamscape being {FLEET_NAME}"
        raise bad_input("name", form, "something else")
    return of_sleeper(f"sleepers/{found[0]}", "", own), dreamscape


def guideline(name: str, field: str = "name", *, holds: bool = False) -> int:
    """The number of `guidelines/{revision}`. holds: `guidelines/in-force` is taken too, and is 0."""
    number = names.guideline_in(name)
    if number is None or not (number or holds):
        expected = "guidelines/{revision}, a number from 1"
        raise bad_input(field, f"{expected}, or guidelines/in-force" if holds else expected, name)
    return number


def breaker_id(name: str, field: str = "name") -> str:
    """`pods/{pod}` or `dreamscapes/{dreamscape}` of `breakers/...`."""
    of = name.removeprefix("breakers/")
    collection, _, found = of.partition("/")
    if of == name or collection not in ("pods", "dreamscapes") or not is_name(found):
        wanted = f"breakers/pods/{{pod}} or breakers/dreamscapes/{{dreamscape}}, each {FLEET_NAME}"
        raise bad_input(field, wanted, name)
    return of


def wake_order_id(name: str, field: str = "name") -> str:
    """The id of `wakeOrders/{id}`."""
    return _fleet_id("wakeOrders", "id", name, field)


def moratorium_id(name: str, field: str = "name") -> str:
    """The id of `moratoria/{id}`."""
    return _fleet_id("moratoria", "id", name, field)


def site_id(name: str, field: str = "target") -> str:
    """The site of `sites/{site}`."""
    return _fleet_id("sites", "site", name, field)


def wake_target(scope: WakeScope, name: str, field: str = "target") -> str:
    """The pod, Dreamscape or site that a wake order names; empty for the fleet."""
    match scope:
        case WakeScope.POD:
            return pod_id(name, field)
        case WakeScope.DREAMSCAPE:
            return dreamscape_id(name, field)
        case WakeScope.SITE:
            return site_id(name, field)
        case WakeScope.FLEET if not name:
            return ""
        case WakeScope.FLEET:
            raise bad_input(field, "nothing: the fleet has no name", name)
        case WakeScope.UNSPECIFIED:
            raise bad_input("scope", "SCOPE_POD, SCOPE_DREAMSCAPE, SCOPE_SITE or SCOPE_FLEET", "none of them")


def cursor(number: int) -> int:
    """A cursor of the journal."""
    if number > CURSOR_MOST:
        raise bad_input("after", f"the cursor of an event, 0 to {CURSOR_MOST}", number)
    return number


def moment(stamp: Timestamp, field: str) -> float:
    """Unix seconds; 0 where absent."""
    return _seconds(stamp, _UNIX_MAX_S, field, "a time between the years 1970 and 9999")


def span(duration: Duration, field: str) -> float:
    """Seconds, not negative."""
    return _seconds(duration, _DURATION_MAX_S, field, "a duration that is not negative")


def _seconds(given: Timestamp | Duration, most_s: int, field: str, expected: str) -> float:
    fits = 0 <= given.seconds <= most_s and 0 <= given.nanos < _NANOS_IN_S
    if not fits:
        raise bad_input(field, expected, Figure(f"{given.seconds} s {given.nanos} ns"))
    return given.seconds + given.nanos / _NANOS_IN_S


def request_id(text: str) -> str:
    """A request id, or empty for none."""
    if text and _REQUEST_ID.fullmatch(text) is None:
        raise bad_input(
            "request_id",
            f"at most {REQUEST_ID_MAX} printable characters without spaces, such as a UUID",
            text,
        )
    return text


def request_id_if_fit(text: str) -> str:
    """A request id for a way out: an unfit one counts as none, and the order is given."""
    return text if _REQUEST_ID.fullmatch(text) is not None else ""


def reason(text: str) -> str:
    """The reason as it is kept: one fit line, at most REASON_MAX characters; never refused."""
    return fit(text, REASON_MAX)
