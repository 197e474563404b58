"""Dreamscapes as the API returns them, for the tests of their display."""

import io
from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console, RenderableType

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1.severing_pb2 import Breaker
from dreamd.top.state import Watched

S = 1_000_000_000
NOON_S = 1_790_000_000


def seat(number: int, **fields: object) -> dreams.Seat:
    """A seat that dreams at its ceiling; `breaker` is (state, cause)."""
    state, cause = fields.pop("breaker", (Breaker.STATE_CLOSED, ""))  # type: ignore[misc]
    dreaming = {"state": dreams.Seat.STATE_ASSIGNED, "granted": 0.15, "applied": 0.15, "quality": 0.9}
    fields = {"cause": cause, "heard_age": Duration(nanos=250_000_000), **fields}
    return dreams.Seat(
        name=f"dreamscapes/night/seats/{number}",
        pod=f"pods/bed-{number}",
        sleeper=f"sleepers/tree-{number}",
        breaker=Breaker(state=state, cause=cause),
        **{**dreaming, **fields},
    )


def cut(number: int, cause: str = "railed", state: int = Breaker.STATE_OPEN) -> dreams.Seat:
    """A seat with a breaker that is not closed."""
    return seat(
        number, state=dreams.Seat.STATE_SEVERED, granted=0.0, applied=0.0, quality=0.0, breaker=(state, cause)
    )


def eight() -> list[dreams.Seat]:
    """Eight dreaming seats."""
    return [seat(number) for number in range(1, 9)]


def tick(seats: Iterable[dreams.Seat], number: int = 100, **fields: object) -> dreams.Collective:
    """A tick with these seats."""
    seats = list(seats)
    merged = sum(one.applied > 0 for one in seats)
    counts = {"assigned": len(seats), "merged": merged, "included": merged, "level": 0.15}
    return dreams.Collective(
        dreamscape="dreamscapes/night",
        term=7,
        tick=number,
        grid_time=Timestamp(seconds=NOON_S),
        seats=seats,
        **{**counts, **fields},
    )


def night(seats: Iterable[dreams.Seat] = (), **fields: object) -> dreams.Dreamscape:
    """The Dreamscape `night`, dreaming."""
    told = {"state": dreams.Dreamscape.STATE_DREAMING, "tick": 99, "plan": dreams.Plan(ceiling=0.15)}
    return dreams.Dreamscape(name="dreamscapes/night", seats=list(seats), **{**told, **fields})


def event(cursor: int, sentence: str, kind: str = "merged", **fields: object) -> dreams.Event:
    """A fact of the journal."""
    at = Timestamp(seconds=NOON_S + cursor)
    return dreams.Event(cursor=cursor, event_time=at, kind=kind, sentence=sentence, **fields)


def watched(seats: Iterable[dreams.Seat] | None = None, at_ns: int = 10 * S, **fields: object) -> Watched:
    """The received state after a tick with these seats."""
    heard, seats = Watched(), eight() if seats is None else list(seats)
    heard.turn("night")
    heard.listed([night()], at_ns)
    heard.told(night(seats), at_ns)
    heard.ticked(tick(seats, **fields), at_ns)
    return heard


def lines(drawn: RenderableType, width: int, height: int = 24) -> list[str]:
    """A picture as lines of text."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    console.print(drawn)
    return out.getvalue().splitlines()
