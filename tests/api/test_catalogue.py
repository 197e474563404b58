"""The catalogue of refusals: codes safe to retry, and next steps that exist."""

import argparse
import re
from functools import cache

import pytest

from dreamapi.v1 import breakers_pb2, consents_pb2, dreamscapes_pb2, pods_pb2, wake_pb2
from dreamd.cli import (
    access,
    audit,
    breakers,
    clinic,
    dose,
    dreamscapes,
    exchange,
    handover,
    house,
    me,
    moratorium,
    piece,
    pods,
    report,
    wake,
)
from dreamd.core.refusals import CATALOGUE, Code, Kind

REPEATED = {Kind.UNAVAILABLE, Kind.ABORTED, Kind.EXHAUSTED}
"""Status codes that clients retry by policy."""
PASSING = {
    Code.LEDGER_UNAVAILABLE: "the disk may take writes again",
    Code.SHUTTING_DOWN: "the daemon comes back",
    Code.HOUSE_UNOWNED: "a standby takes the house over",
    Code.TOO_MANY_WATCHERS: "another caller's watch closes",
    Code.TOO_MANY_MARKERS: "the next second has places",
    Code.LANE_FULL: "another call ends",
    Code.RATE_EXCEEDED: "the caller's bucket fills again",
    Code.STALE_ETAG: "AIP-154 asks for ABORTED",
}
"""Refusals with these codes, and why each may have it."""
PROTOS = (breakers_pb2, consents_pb2, dreamscapes_pb2, pods_pb2, wake_pb2)


def test_only_what_passes_by_itself_is_repeated() -> None:
    """A client with the usual retry policy retries only refusals that can pass by themselves."""
    assert {code for code, entry in CATALOGUE.items() if entry.kind in REPEATED} == set(PASSING)


def everything() -> argparse.ArgumentParser:
    """The verbs that use the API."""
    root = argparse.ArgumentParser()
    below = root.add_subparsers()
    for verb in (
        access,
        audit,
        breakers,
        clinic,
        dose,
        dreamscapes,
        exchange,
        handover,
        house,
        me,
        moratorium,
        piece,
        pods,
        report,
        wake,
    ):
        verb.add_parser(below)
    return root


@cache
def every_command() -> frozenset[tuple[str, ...]]:
    """Every command of those verbs; made once, because it takes longer than all the rest."""
    return frozenset(verbs_of(everything()))


def verbs_of(root: argparse.ArgumentParser) -> set[tuple[str, ...]]:
    """Every command of the command line, by its words."""
    found: set[tuple[str, ...]] = {()}
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                found |= {(name, *rest) for rest in verbs_of(below)}
    return found


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.value)
def test_a_next_step_names_what_exists(code: Code) -> None:
    """Each command, field and method named in a next step exists."""
    step = CATALOGUE[code].next_step
    commands = [tuple(found.split()) for found in re.findall(r"dreamd ([a-z-]+ [a-z-]+)", step)]
    assert set(commands) <= every_command()
    fields = {field.name for proto in PROTOS for message in proto.DESCRIPTOR.message_types_by_name.values()
              for field in message.fields}  # fmt: skip
    assert set(re.findall(r"\b[a-z]+_[a-z_]+\b", step)) <= fields
    methods = {
        method.name
        for proto in PROTOS
        for service in proto.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    words = set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w+\b", step))
    assert words <= methods
