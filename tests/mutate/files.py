"""Readers of recordings: what a sidecar says about a channel, a unit and a rate (docs/decisions/0039)."""

from typing import Final

from mutate.mutation import Mutation

_BIDS: Final = "edge/dreamedge/adapters/implants/files/bids"
_TESTS_BIDS: Final = "tests/edge/test_bids.py"

FILES: Final = tuple(
    Mutation(f"bids.{name}", broken, f"{_BIDS}/{path}", old, new, (_TESTS_BIDS,))
    for name, broken, path, old, new in (
        (
            "bad",
            "a channel marked as bad plays",
            "channel_list.py",
            "return self.bad or not self.eeg",
            "return not self.eeg",
        ),
        (
            "type",
            "an EOG named as an electrode plays",
            "channel_list.py",
            "return self.bad or not self.eeg",
            "return self.bad",
        ),
        (
            "unit",
            "a list's unit replaces the file's own",
            "described.py",
            "if row is not None and not own and uv_per(row.unit)",
            "if row is not None and uv_per(row.unit)",
        ),
        (
            "rate",
            "a recording plays at a rate that its sidecar denies",
            "described.py",
            "        if not any(RateJudgement(stated_hz, rate_hz).ok for rate_hz in own):",
            "        if False:",
        ),
        (
            "inherited",
            "a sidecar of another recording applies",
            "dataset.py",
            "entities.items() <= of.entities.items()",
            "True",
        ),
        (
            "ambiguous",
            "one of several sidecars is taken at random",
            "dataset.py",
            "if own or len(there) == 1:",
            "if there:",
        ),
        (
            "several",
            "one of a subject's recordings is taken at random",
            "dataset.py",
            "    if len(found) > 1:\n",
            "    if False:\n",
        ),
        (
            "row",
            "a row that lacks a cell is read with its cells moved",
            "sidecar_files.py",
            "if len(cells) != len(columns):",
            "if len(cells) < len(columns) - 1:",
        ),
    )
)
