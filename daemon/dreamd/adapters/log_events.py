"""Every event name of the log, and what it means: the journal's kinds, and what the process says of itself.

In the log a kind has underscores where the journal has dashes, as a field's name would. A sentence of the
journal stays out of the log, because it may repeat a person's words; `reason` is what of it may be logged.
"""

import logging
from typing import Final

from dreamd.core.dreamscapes.views import Event
from dreamd.core.event_kinds import KINDS

PROCESS: Final = {
    "ready": "the daemon can work: with its broker and its ledger",
    "broker_unreachable": "why the broker is not reached; once for each reason",
    "shutting_down": "everyone is zeroed, then everything is closed",
    "shutdown_step_failed": "a step of the end failed or took too long; the next was taken",
    "bug": "a bug in one step, which `step` names; the daemon goes on, and the traceback follows",
    "failed": "a bug has ended the daemon; the traceback follows",
    "ended": "everything is closed",
    "call_failed": "a bug in one call of the API; `incident` is what its caller was told",
    "page_failed": "a bug in one page of the HTTP port, likewise",
    "library": "a warning or worse of a library, by name",
    "lines_lost": "nobody read the log for a while: so many lines are missing here",
}


LEVELS: Final = {
    "ledger-write-failed": logging.ERROR,
    "step-failed": logging.ERROR,
    **dict.fromkeys(
        (
            *(
                "severed",
                "breaker-tripped",
                "latched",
                "malfunction",
                "warned",
                "assign-refused",
                "malformed",
            ),
            *("broker-down", "uplink-lost", "coupling-halved", "group-severed", "identity-lost"),
            *("exposure-warning", "ledger-restored", "ledger-slow", "ledger-recovered"),
        ),
        logging.WARNING,
    ),
}
"""The kinds that are written above `info`: what a person who reads warnings only has to see."""


def level_of(kind: str) -> int:
    """The level, as `logging` counts, at which a kind of the journal is written."""
    return LEVELS.get(kind, logging.INFO)


def fields_of(event: Event, tick: int) -> dict[str, float | int | str]:
    """The fields of an event's line: no sentence, no pseudonym. tick: of its Dreamscape, 0: none."""
    words: dict[str, float | int | str] = {
        "dreamscape": event.dreamscape,
        "tick": tick,
        "pod": event.pod,
        "cause": event.cause,
        "reason": event.reason,
        "acted_s": round(event.acted_s, 3),
    }
    return {"cursor": event.cursor, **{name: value for name, value in words.items() if value}, **event.values}


def named(kind: str) -> str:
    """A kind of the journal as the log has it."""
    return kind.replace("-", "_")


EVENTS: Final = {**{named(kind): meaning for kind, meaning in KINDS.items()}, **PROCESS}


def markdown() -> str:
    """The table of docs/reference.md."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in EVENTS.items()]
    return "\n".join(["| event | meaning |", "|---|---|", *rows]) + "\n"
