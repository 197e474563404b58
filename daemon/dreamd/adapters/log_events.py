"""Every event name of the log, and what it means: the journal's kinds, and what the process says of itself.

In the log a kind has underscores where the journal has dashes, as a field's name would.
"""

from typing import Final

from dreamd.core.session.kinds import KINDS

PROCESS: Final = {
    "ready": "the daemon can work: with its broker and its ledger",
    "broker_unreachable": "why the broker is not reached; once for each reason",
    "shutting_down": "everyone is zeroed, then everything is closed",
    "shutdown_step_failed": "a step of the end failed or took too long; the next was taken",
    "failed": "a bug has ended the daemon; the traceback follows",
    "ended": "everything is closed",
    "call_failed": "a bug in one call of the API; `incident` is what its caller was told",
    "page_failed": "a bug in one page of the HTTP port, likewise",
    "library": "a warning or worse of a library, by name",
    "lines_lost": "nobody read the log for a while: so many lines are missing here",
}


def named(kind: str) -> str:
    """A kind of the journal as the log has it."""
    return kind.replace("-", "_")


EVENTS: Final = {**{named(kind): meaning for kind, meaning in KINDS.items()}, **PROCESS}


def markdown() -> str:
    """The table of ARCHITECTURE.md."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in EVENTS.items()]
    return "\n".join(["| event | meaning |", "|---|---|", *rows]) + "\n"
