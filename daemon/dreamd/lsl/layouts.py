"""A Dreamscape of the API as LSL streams: its rows, its markers, and the sender's own markers. Pure.

The streams themselves are those of `core.group_streams`, as in the exports. A number that the API does not
give is NaN: a hidden centre, a dispersion of no sleeper, an unknown synchrony.
"""

from collections.abc import Sequence
from math import nan
from typing import Final

from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.core import group_streams
from dreamd.core.group_streams import Streams
from dreamwire.schema import SCHEMAS, Schema

LINK_LOST: Final = "lsl-link-lost"
LINK_RESTORED: Final = "lsl-link-restored"
JOURNAL_GAP: Final = "lsl-journal-gap"
OWN_MARKERS: Final = {
    LINK_LOST: "the sender has lost the daemon; rows until the next marker are NaN",
    LINK_RESTORED: "the sender has the daemon again",
    JOURNAL_GAP: "events may be missing here: the daemon keeps none from before its restart",
}
"""Markers of the sender itself, which are no events of the journal."""


def streams_of(dreamscape: dreams.Dreamscape) -> Streams | str:
    """Return the streams of a Dreamscape; a sentence where its schema is not known here."""
    schema = SCHEMAS.get(dreamscape.plan.schema)
    name = names.bare(dreamscape.name)
    if schema is None:
        known = ", ".join(sorted(SCHEMAS))
        return (
            f"{name} has the schema {dreamscape.plan.schema!r}, this program knows {known}; "
            "install the version of the daemon here too"
        )
    created = dreamscape.create_time
    created_s = created.seconds + created.nanos / 1e9
    return group_streams.streams_of(name, created_s, schema.name, schema.regions, schema.bands)


def collective_row(tick: dreams.Collective, schema: Schema) -> list[float]:
    """The numbers of `dreamd-collective` for one tick, in the order of its channels."""
    told = len(tick.centre) == schema.size and not tick.centre_hidden
    centre: Sequence[float] = tick.centre if told else [nan] * schema.size
    dispersion = tick.dispersion if tick.included else nan
    return [*centre, dispersion, tick.level, float(tick.included), float(tick.merged)]


def synchrony_row(tick: dreams.Collective, schema: Schema) -> list[float]:
    """The numbers of `dreamd-synchrony` for one tick, in the order of its channels."""
    bands = {one.band: one for one in tick.synchrony}
    said = [bands.get(band.name, dreams.Synchrony()) for band in schema.phase_bands]
    z = [one.z if one.HasField("z") else nan for one in said]
    return [*z, *(one.ppc if one.HasField("ppc") else nan for one in said)]


def marker_text(event: dreams.Event) -> str:
    """The text of one event: its kind, then its cause and its subject, where it has them."""
    seat = names.bare(event.seat)
    return group_streams.marker_text(event.kind, event.cause, int(seat) if seat.isdecimal() else 0)


def marker_session_s(event: dreams.Event) -> float:
    """The instant of an event in session time: by its pod or its sender, else when it was written."""
    stamp = event.act_time if event.HasField("act_time") else event.event_time
    return stamp.seconds + stamp.nanos / 1e9


def grid_session_s(tick: dreams.Collective) -> float:
    """The grid instant of a tick, in session time."""
    return tick.grid_time.seconds + tick.grid_time.nanos / 1e9
