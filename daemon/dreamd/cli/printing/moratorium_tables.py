"""Moratoria as lines and tables."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from dreamapi import names
from dreamapi.v1.moratoria_pb2 import Moratorium
from dreamd.cli.printing.breaker_tables import table, when

_State = Moratorium.State


def _reach(one: Moratorium) -> str:
    return one.target or "the fleet"


def _word(one: Moratorium) -> str:
    return str(_State.Name(one.state)).removeprefix("STATE_").lower()


def line(one: Moratorium) -> str:
    """A moratorium in one line."""
    said = f"{names.bare(one.name)} of {_reach(one)} is {_word(one)}"
    if one.state not in (Moratorium.STATE_CALLED, Moratorium.STATE_STANDING):
        return f"{said}: {one.close_reason}"
    asked = ", ".join(f"{lift.by} asks for its end" for lift in one.lifts)
    return f"{said} until {when(one.expire_time)}" + (f"; {asked}" if asked else "")


def rows(shown: Iterable[Moratorium]) -> RenderableType:
    """One row a moratorium."""
    cells = (
        (
            names.bare(one.name),
            _reach(one),
            Text(_word(one), style="red" if one.acts else ""),
            when(one.begin_time),
            when(one.expire_time),
            one.by,
            _seconds(one),
            one.reason,
        )
        for one in shown
    )
    return table(("moratorium", "scope", "", "from", "until", "by", "seconds", "reason"), cells)


def _seconds(one: Moratorium) -> str:
    people = ", ".join(second.by for second in one.seconds)
    sleepers = f"{one.sleepers} of {one.sleepers_needed} sleepers" if not one.clause else ""
    return ", ".join(filter(None, (people, sleepers))) or "-"
