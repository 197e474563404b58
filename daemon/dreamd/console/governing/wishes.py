"""An enrolment as a page asks for it, read from the body of its POST. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from dreamapi.v1.access_pb2 import Grant, Principal
from dreamapi.v1.rules_pb2 import Role
from dreamd.console.acts.order_bodies import Asked, UnfitOrderError, read_fields
from dreamwire.topics import is_name

KINDS: Final = {
    "bed": Principal.KIND_BED,
    "person": Principal.KIND_PERSON,
    "service": Principal.KIND_SERVICE,
}
PEOPLE: Final = ("operator", "artist", "clinician", "advocate", "sleeper", "auditor", "admin")
"""Roles of people; a service has its own, with methods."""
AT_SITES: Final = ("operator", "clinician")


def read_enrolment(asked: Asked) -> tuple[str, "Principal.Kind", list[Grant]]:
    """The name, kind and grants.

    Raises:
        UnfitOrderError: a field is missing or invalid; the message names it.
    """
    told = read_texts(asked)
    name, kind = told.get("name", ""), told.get("kind", "")
    if kind not in KINDS:
        raise UnfitOrderError(f"kind: expected one of {', '.join(KINDS)}")
    return name, KINDS[kind], _grants(kind, told)


def is_sleeper(grants: Sequence[Grant]) -> bool:
    """Whether these are the rights of a sleeper, and no others."""
    return len(grants) == 1 and grants[0].role == Role.ROLE_SLEEPER


def read_texts(asked: Asked) -> Mapping[str, str]:
    """The texts of a body with a principal's name in `name`; the reason is empty where there is none.

    Raises:
        UnfitOrderError: the body is no such object.
    """
    return {"reason": "", **read_fields(asked)}


def _grants(kind: str, told: Mapping[str, str]) -> list[Grant]:
    sites = _words(told.get("sites", ""))
    if kind == "bed":
        return []
    if kind == "service":
        methods = _words(told.get("methods", ""))
        if not methods:
            raise UnfitOrderError("methods: a service needs those that it may call, such as ListPods")
        return [Grant(role=Role.ROLE_SERVICE, sites=sites, methods=methods)]
    role = told.get("role", "")
    if role not in PEOPLE:
        raise UnfitOrderError(f"role: expected one of {', '.join(PEOPLE)}")
    if role in AT_SITES and not sites:
        raise UnfitOrderError("sites: this role needs its sites; * is every site")
    if role == "artist" and not told.get("dreamscapes"):
        raise UnfitOrderError("dreamscapes: an artist needs those to lead; a * at the end is any ending")
    if role == "sleeper" and not is_name(told.get("sleeper", "")):
        raise UnfitOrderError("sleeper: this role needs the pseudonym of a sleeper")
    return [
        Grant(
            role=f"ROLE_{role.upper()}",
            sites=sites if role in AT_SITES else (),
            dreamscapes=_words(told["dreamscapes"]) if role == "artist" else (),
            sleeper=f"sleepers/{told['sleeper']}" if role == "sleeper" else "",
        )
    ]


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()
