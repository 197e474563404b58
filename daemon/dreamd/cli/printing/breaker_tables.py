"""Tables of breakers and wake orders for a terminal."""

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dreamapi import names
from dreamapi.v1.breakers_pb2 import BreakerDetail
from dreamapi.v1.severing_pb2 import Breaker
from dreamapi.v1.wake_pb2 import WakeOrder


def _state(state: "Breaker.State") -> Text:
    word = names.word(Breaker.State, state)
    return Text(word, style="" if state == Breaker.STATE_CLOSED else "red")


def when(at: Timestamp) -> str:
    """Date and time here; a dash for never."""
    if not at.seconds:
        return "-"
    return datetime.fromtimestamp(at.seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def table(columns: Iterable[str], rows: Iterable[tuple[str | Text, ...]]) -> Table:
    """Print cells literally: text from the daemon is never markup."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def breakers(shown: Iterable[BreakerDetail]) -> RenderableType:
    """One row a breaker."""
    rows = (
        (
            one.name.removeprefix("breakers/"),
            _state(one.state),
            one.cause or "-",
            when(one.state_start_time),
            when(one.state_expire_time),
            one.evidence or "-",
        )
        for one in shown
    )
    return table(("breaker", "state", "cause", "since", "until", "evidence"), rows)


def breaker(shown: BreakerDetail) -> RenderableType:
    """One breaker with its last moves, oldest first."""
    moves = (
        (when(one.move_time), _state(one.before), _state(one.after), one.cause or "-", one.detail or "-")
        for one in shown.history
    )
    history = table(("when", "from", "to", "cause", "detail"), moves)
    return Group(breakers([shown]), Text(f"etag: {shown.etag}"), Text(), history)


def _whom(order: WakeOrder) -> str:
    return order.target or "the fleet"


def order_line(order: WakeOrder) -> str:
    """A wake order in one line."""
    said = f"{names.bare(order.name)} wakes {_whom(order)}"
    return said if order.stands else f"{said}: lifted by {order.lifted_by}: {order.lifted_reason}"


def orders(shown: Iterable[WakeOrder]) -> RenderableType:
    """One row a wake order."""
    rows = (
        (
            names.bare(one.name),
            _whom(one),
            Text("stands", style="red") if one.stands else Text("lifted"),
            when(one.create_time),
            one.issuer or "-",
            one.reason or "-",
            f"{one.lifted_by}: {one.lifted_reason}" if not one.stands else "-",
        )
        for one in shown
    )
    return table(("order", "whom", "", "given", "by", "reason", "lifted"), rows)
