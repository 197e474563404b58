"""The tiny scenario of the tests."""

from dataclasses import replace
from pathlib import Path

from dreamd.festival.scenario.plan import Festival
from dreamd.festival.scenario.reading import read_festival

TINY = Path(__file__).with_name("tiny.toml").read_text(encoding="utf-8")


def tiny(**changes: object) -> Festival:
    """The scenario with these changes."""
    return replace(read_festival(TINY), **changes)  # type: ignore[arg-type]
