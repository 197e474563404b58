"""The output of `dreamd stage`: a line for each fact, or one JSON object a line.

| fact | fields |
|---|---|
| `opened` | `dreamscape`, `in_port`, `out_port`, `features`, `most` |
| `leading`, `leads-no-more` | -; `reason` |
| `source`, `piece` | `source`, `live` or `score`; `piece`, its name |
| `refused` | `code`, `reason` |
| `cue`, `sever`, `wake` | `text`; `reason` |
| `unheard`, `hidden`, `no-share`, `unled` | `reason` |
| `link-lost`, `link-restored` | `reason` |
| `status`, `ended` | `counts` |
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from dreamapi.text import shown

SENTENCES: Final = {
    "opened": "{dreamscape}: OSC in at 127.0.0.1:{in_port}, out to 127.0.0.1:{out_port}; "
    "{features} features, a share of at most {most}",
    "leading": "leading",
    "leads-no-more": "leading no more: {reason}",
    "source": "the {source} leads",
    "piece": "kept as {piece}",
    "refused": "not taken: {code}: {reason}",
    "cue": "cue {text}",
    "sever": "severed: {reason}",
    "wake": "woken: {reason}",
    "unheard": "{reason}",
    "hidden": "{reason}",
    "no-share": "{reason}",
    "unled": "{reason}",
    "link-lost": "the daemon is lost ({reason}); trying again",
    "link-restored": "the daemon is back",
    "status": "{counts}",
    "ended": "{reason}; {counts}",
}
"""The line of each fact."""


class Report:
    """Prints facts. say: takes one line; as_json: one object a line, else a sentence."""

    def __init__(self, say: Callable[[str], None], *, as_json: bool) -> None:
        self._say = say
        self._as_json = as_json

    def print_fact(self, fact: str, **fields: object) -> None:
        """Print one fact with its fields."""
        if self._as_json:
            self._say(json.dumps({"fact": fact, **fields}).replace("\x7f", "\\u007f"))
        else:
            self._say(shown(SENTENCES[fact].format_map(_words(fields))))


def _words(fields: Mapping[str, object]) -> dict[str, str]:
    words = {key: str(value) for key, value in fields.items()}
    counts = fields.get("counts")
    if isinstance(counts, dict):
        words["counts"] = ", ".join(f"{number} {name}" for name, number in counts.items())
    return words
