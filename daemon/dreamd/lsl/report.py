"""The output of `dreamd lsl`: a line for each fact, or one JSON object a line.

| fact | fields |
|---|---|
| `opened` | `dreamscape`, `streams` with name, source_id, channels and rate_hz, `clock_ms` |
| `listening` | `dreamscape`, `stream`, `source`, `clock_ms` |
| `link-lost`, `link-restored` | `reason` |
| `stream-lost`, `stream-restored`, `refused` | `reason` |
| `status`, `ended` | what was sent or written so far, `clock_ms` |

clock_ms: how far a stamp can be off, half the quickest round trip; null: not known.
"""

import json
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Final

SENTENCES: Final = {
    "opened": "{dreamscape}: sending {streams}; stamps within {clock_ms} ms",
    "listening": "{dreamscape}: writing the markers of {stream} ({source}); stamps within {clock_ms} ms",
    "link-lost": "the daemon is lost ({reason}); the streams stay, trying again",
    "link-restored": "the daemon is back",
    "stream-lost": "the marker stream is lost ({reason}); looking for it",
    "stream-restored": "the marker stream is back",
    "refused": "a marker was not written: {reason}",
    "status": "{counts}; stamps within {clock_ms} ms",
    "ended": "{counts}; {reason}",
}
"""The line of each fact."""


class Report:
    """Prints facts. say: takes one line; as_json: one object a line, else a sentence."""

    def __init__(self, say: Callable[[str], None], *, as_json: bool) -> None:
        self._say = say
        self._as_json = as_json

    def print_fact(self, fact: str, **fields: object) -> None:
        """Print one fact with its fields."""
        known = {key: _finite(value) for key, value in fields.items()}
        if self._as_json:
            self._say(json.dumps({"fact": fact, **known}))
        else:
            self._say(SENTENCES[fact].format_map(_words(known)))


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not isfinite(value) else value


def _words(fields: Mapping[str, object]) -> dict[str, str]:
    """The fields as words: numbers plainly, streams by name, the counts in one."""
    counts = fields.get("counts")
    words = {key: "?" if value is None else str(value) for key, value in fields.items()}
    if isinstance(counts, dict):
        words["counts"] = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
    streams = fields.get("streams")
    if isinstance(streams, list):
        words["streams"] = ", ".join(f"{one['name']} ({one['channels']} channels)" for one in streams)
    return words
