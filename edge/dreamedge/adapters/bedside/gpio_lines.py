"""GPIO lines by libgpiod's own Python binding (version 2): the one file that knows it.

A button is an input with a pull-up, closed to ground by a press (`active=low`); `active=high` is a button
that opens when pressed, or whose wire breaks. A line that is active already when it is opened counts as a
press, so that a broken wire withdraws.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import gpiod
from gpiod.line import Bias, Clock, Direction
from gpiod.line import Edge as Detect
from gpiod.line import Value as Level

from dreamedge.adapters.bedside.presses import WITHDRAW, Edge, tapped

DEBOUNCE: Final = timedelta(milliseconds=5)
CONSUMER: Final = "dreamd"

Line = int | str
"""A line by its offset or its name."""


class Lines(Protocol):
    """The part of gpiod's LineRequest in use."""

    def wait_edge_events(self, timeout: float) -> bool:
        """Whether there are edges, at most `timeout` seconds from now."""
        ...

    def read_edge_events(self) -> Sequence[Any]:
        """The edges: `event_type` and `timestamp_ns` of CLOCK_MONOTONIC."""
        ...

    def get_value(self, line: Line) -> Level:
        """The level of a line."""
        ...

    def set_values(self, values: Mapping[Line, Level]) -> None:
        """Set the levels of lines."""
        ...

    def release(self) -> None:
        """Give the lines back."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a chip. chip: a path such as /dev/gpiochip0."""

    chip: str
    lines: tuple[Line, ...]
    active_low: bool


Request = Callable[[Place, "gpiod.LineSettings"], Lines]


def request(place: Place, settings: "gpiod.LineSettings") -> Lines:
    """Request the lines from the kernel.

    Raises:
        OSError: no such chip or line, or another program has it.
    """
    return gpiod.request_lines(place.chip, dict.fromkeys(place.lines, settings), consumer=CONSUMER)  # type: ignore[return-value]


class GpioKeys:
    """One line as a key."""

    def __init__(self, place: Place, now_ns: Callable[[], int], ask: Request = request) -> None:
        self._place = place
        self._now_ns = now_ns
        self._ask = ask
        self._lines: Lines | None = None
        self._first: list[Edge] = []

    def connect(self) -> None:
        """Request the line with a pull against its active level, and edges stamped by the kernel."""
        settings = gpiod.LineSettings(
            direction=Direction.INPUT,
            edge_detection=Detect.BOTH,
            bias=Bias.PULL_UP,
            active_low=self._place.active_low,
            debounce_period=DEBOUNCE,
            event_clock=Clock.MONOTONIC,
        )
        self._lines = self._ask(self._place, settings)
        (line,) = self._place.lines
        held = self._lines.get_value(line) is Level.ACTIVE
        self._first = list(tapped("at first", WITHDRAW, self._now_ns())) if held else []

    def edges(self, within_s: float) -> list[Edge]:
        """Wait for edges of the line."""
        if self._lines is None:
            raise OSError("it is not open")
        first, self._first = self._first, []
        if first:
            return first
        if not self._lines.wait_edge_events(within_s):
            return []
        to_boot_ns = self._now_ns() - time.monotonic_ns()
        return [
            Edge(
                "line",
                WITHDRAW,
                down=event.event_type is gpiod.EdgeEvent.Type.RISING_EDGE,
                at_ns=event.timestamp_ns + to_boot_ns,
            )
            for event in self._lines.read_edge_events()
        ]

    def close(self) -> None:
        """Give the line back."""
        lines, self._lines = self._lines, None
        if lines is not None:
            lines.release()


class GpioOutputs:
    """Lines as outputs, all inactive when they are requested and before they are given back."""

    def __init__(self, place: Place, ask: Request = request) -> None:
        self._place = place
        settings = gpiod.LineSettings(
            direction=Direction.OUTPUT, active_low=place.active_low, output_value=Level.INACTIVE
        )
        self._lines = ask(place, settings)

    def set(self, active: Sequence[bool]) -> None:
        """Set the levels, bool[lines], in the order of the place."""
        levels = (Level.ACTIVE if on else Level.INACTIVE for on in active)
        self._lines.set_values(dict(zip(self._place.lines, levels, strict=True)))

    def close(self) -> None:
        """Give the lines back."""
        self._lines.release()
