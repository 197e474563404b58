"""Every event name of the log and its meaning: the journal's kinds, and the process's own events.

In the log a kind has underscores where the journal has dashes, as a field's name would. A line has the
event's sentence, except where that may quote a person or name a sleeper: there the log makes one of its own
(`QUOTING`) from `reason`, the part of a sentence that may be logged.
"""

import logging
from typing import Final

from dreamd.core.dreamscapes.views import Event
from dreamd.core.event_kinds import KINDS

PROCESS: Final = {
    "ready": "the daemon can work: with its broker and its ledger",
    "broker_unreachable": "why the broker is not reached; once for each reason",
    "certificate_ages": "why the server's certificate cannot be renewed; once for each reason",
    "shutting_down": "every bed is set to zero, then everything is closed",
    "handing_over": "a planned end with a standby, which `to` names: no bed is released",
    "shutdown_step_failed": "a step of the shutdown failed or took too long; the next one runs",
    "bug": "a bug in one step, which `step` names; the daemon goes on, and the traceback follows",
    "failed": "a bug has ended the daemon; the traceback follows",
    "standby": "the owner of the house that a standby waits for, or why it cannot be read; once for each",
    "standby_serves": "the port on which a standby leads callers to the owner of the house",
    "house_free": "the house has no owner, and a standby starts as its daemon",
    "ended": "everything is closed",
    "call_failed": "a bug in one call of the API; its caller received the same `incident`",
    "record_failed": "a bug in the record of a way out, which was carried out",
    "page_failed": "a bug in one page of the HTTP port, likewise",
    "library": "a warning or worse of a library, by name",
    "lines_lost": "the log was not read for a while: this many lines are missing here",
}


LEVELS: Final = {
    **dict.fromkeys(("ledger-write-failed", "step-failed", "group-severed"), logging.ERROR),
    **dict.fromkeys(
        (
            *("severed", "latched", "malfunction", "warned", "assign-refused", "identity-lost"),
            *(
                "breaker-tripped",
                "sever-order",
                "wake-order",
                "moratorium-called",
                "moratorium-began",
                "exposure-warning",
                "malformed",
            ),
            *("broker-down", "uplink-lost", "coupling-halved", "ledger-restored", "ledger-slow"),
            *("recording-incomplete", "recording-stopped", "code-reused", "credential-revoked"),
            *("rights-drifted", "broker-open", "broker-closed", "audit-broken", "audit-contradicted"),
            "gateway-unheard",
            *("credential-expired", "declined", "erasure-unfinished", "alarm-raised", "alarm-lifted"),
            *("moratorium-called", "moratorium-began"),
            *("case-climbed", "case-held"),
            *("broker-up", "uplink-restored", "coupling-restored", "ledger-recovered"),
            *("houses-parted", "houses-joined"),
        ),
        logging.WARNING,
    ),
    "marker": logging.DEBUG,
    **dict.fromkeys(
        (
            *("state", "plan-changed", "admitted", "assigned", "merged", "alone", "unlatched", "left"),
            *(
                "breaker-changed",
                "breaker-reset",
                "wake-lifted",
                "moratorium-seconded",
                "moratorium-lapsed",
                "moratorium-ended",
                "moratorium-lift-asked",
                "moratorium-lifted",
                "lead-started",
                "lead-ended",
            ),
            *("cause-classified", "outlier-excluded", "outlier-included", "checked-in", "checked-out"),
            *("pod-online", "pod-offline", "events-dropped", "recording-started"),
            *("enrolled", "code-redeemed", "signed-in", "roles-taken"),
            *("consent-given", "consent-narrowed", "consent-withdrawn", "consent-expired"),
            *("guests-invited", "guest-accepted", "guest-declined"),
            *("guidelines-in-force", "erased", "moratorium-seconded", "moratorium-lapsed"),
            *("moratorium-ended", "moratorium-lift-asked", "moratorium-lifted"),
            *("case-opened", "case-triaged", "case-returning", "case-released", "case-closed"),
            *("round-open", "round-closed", "round-cleared", "round-settled", "round-void"),
            "berth-given-on",
        ),
        logging.INFO,
    ),
}
"""The level of each kind. A recovery has the level of its trouble: a reader of warnings sees both ends."""

QUOTING: Final = {
    "state": "{dreamscape} is {cause}: {reason}",
    "breaker-tripped": "breaker of {pod} is {reason}",
    "breaker-changed": "breaker of {pod} is {reason}",
    "breaker-reset": "breaker of {pod} is reset by a person",
    "sever-order": "sever order, scope: {reason}",
    "credential-revoked": "the credentials of {cause} are revoked",
    "recording-stopped": "{dreamscape} is recorded no longer: {reason}",
    "wake-order": "wake order, scope: {reason}",
    "wake-lifted": "wake order lifted, scope: {reason}",
    "moratorium-called": "a moratorium was called, scope: {reason}",
    "moratorium-began": "a moratorium begins, scope: {reason}",
    "moratorium-lift-asked": "a moratorium is to be lifted, scope: {reason}",
    "moratorium-lifted": "a moratorium is lifted, scope: {reason}",
    "marker": "a marker of {dreamscape}",
}
"""Kinds with a sentence that may quote a person or name a sleeper: their line has this one instead."""

FOREIGN_CAUSES: Final = frozenset({"marker"})
"""Kinds with a cause that is text from outside, which the log leaves out."""


LOGGERS_OWN: Final = {"level": "case_level"}
"""Values of events whose name is that of a parameter of the logger, and their name in a line."""


def level_of(kind: str) -> int:
    """The level, as `logging` counts, at which a kind of the journal is written."""
    return LEVELS.get(kind, logging.WARNING)


def sentence_of(event: Event) -> str:
    """The event in words, without a person's words and without a pseudonym."""
    template = QUOTING.get(event.kind)
    if template is None:
        return event.sentence
    words = {"dreamscape": event.dreamscape, "pod": event.pod, "cause": event.cause, "reason": event.reason}
    return template.format(**words)


def fields_of(event: Event, tick: int) -> dict[str, float | int | str]:
    """The fields of an event's line, its sentence first. tick: of its Dreamscape, 0: none."""
    words: dict[str, float | int | str] = {
        "sentence": sentence_of(event),
        "dreamscape": event.dreamscape,
        "tick": tick,
        "pod": event.pod,
        "cause": "" if event.kind in FOREIGN_CAUSES else event.cause,
        "reason": event.reason,
        "acted_s": round(event.acted_s, 3),
        "cursor": event.cursor,
    }
    values = {LOGGERS_OWN.get(name, name): value for name, value in event.values.items()}
    return {**{name: value for name, value in words.items() if value}, **values}


def named(kind: str) -> str:
    """A kind of the journal as the log has it."""
    return kind.replace("-", "_")


EVENTS: Final = {**{named(kind): meaning for kind, meaning in KINDS.items()}, **PROCESS}


def _level(name: str) -> str:
    kind = name.replace("_", "-")
    return logging.getLevelName(LEVELS[kind]).lower() if kind in LEVELS else "-"


def markdown() -> str:
    """The table of docs/reference.md."""
    rows = [f"| `{name}` | {_level(name)} | {meaning} |" for name, meaning in EVENTS.items()]
    return "\n".join(["| event | level | meaning |", "|---|---|---|", *rows]) + "\n"
