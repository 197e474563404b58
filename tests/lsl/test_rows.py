"""Rows and texts of the streams: an unknown number is NaN, a missing tick is a row, an event is one text."""

import math

import pytest

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.core.event_kinds import KINDS
from dreamd.core.group_streams import Streams
from dreamd.lsl import layouts
from dreamd.lsl.regular_rows import FILLED_S, RegularRows
from dreamwire.schema import BANDS6X2, SCHEMAS


def tick(**fields: object) -> dreams.Collective:
    """A tick of twelve sleepers with everything known."""
    known = {
        "centre": [0.5 * n for n in range(12)],
        "included": 12,
        "merged": 11,
        "dispersion": 3.5,
        "level": 0.15,
    }
    return dreams.Collective(**{**known, **fields})


def streams(schema: str = "bands6x2") -> Streams:
    """The streams of a Dreamscape of this schema."""
    made = dreams.Dreamscape(name="dreamscapes/night", plan=dreams.Plan(schema=schema))
    made.create_time.FromMicroseconds(1_700_000_000_000_001)
    found = layouts.streams_of(made)
    assert not isinstance(found, str)
    return found


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_row_has_its_channels(schema: str) -> None:
    """A row has a number for each channel of its stream, for every schema."""
    of = streams(schema)
    assert len(layouts.collective_row(tick(), SCHEMAS[schema])) == len(of.collective.channels)
    assert len(layouts.synchrony_row(tick(), SCHEMAS[schema])) == len(of.synchrony.channels)
    labels = [channel.label for layout in of.all for channel in layout.channels]
    assert len(set(labels)) == len(labels)
    assert all(channel.unit and channel.kind for layout in of.all for channel in layout.channels)


def test_the_centre_stands_under_its_labels() -> None:
    """The channels are the schema's features in order, then dispersion, level and two counts."""
    of = streams()
    row = dict(
        zip((c.label for c in of.collective.channels), layouts.collective_row(tick(), BANDS6X2), strict=True)
    )
    assert row["anterior.delta"] == 0.0
    assert row["posterior.alpha"] == 4.0
    assert (row["dispersion"], row["level"], row["included"], row["merged"]) == (3.5, 0.15, 12.0, 11.0)


@pytest.mark.parametrize(
    "fields",
    [{"centre": [], "centre_hidden": True}, {"centre": []}, {"centre": [1.0] * 11}, {"centre_hidden": True}],
)
def test_a_centre_that_is_not_told_is_nan(fields: dict[str, object]) -> None:
    """A hidden or absent centre is NaN in each feature; the other numbers stand."""
    row = layouts.collective_row(tick(**fields), BANDS6X2)
    assert all(math.isnan(number) for number in row[:12])
    assert row[12:] == [3.5, 0.15, 12.0, 11.0]


def test_a_dispersion_of_nobody_is_nan() -> None:
    """Without an included sleeper there is no dispersion."""
    assert math.isnan(layouts.collective_row(tick(included=0, dispersion=0.0), BANDS6X2)[12])


def test_unknown_synchrony_is_nan_by_band() -> None:
    """Each band's z and PPC stand under their labels, in any order of the message; absent ones are NaN."""
    told = [dreams.Synchrony(band="alpha", ppc=0.25, z=4.5), dreams.Synchrony(band="delta", z=-1.0)]
    row = layouts.synchrony_row(tick(synchrony=told), BANDS6X2)
    labels = [channel.label for channel in streams().synchrony.channels]
    known = {label: number for label, number in zip(labels, row, strict=True) if not math.isnan(number)}
    assert known == {"z.alpha": 4.5, "ppc.alpha": 0.25, "z.delta": -1.0}
    assert labels == [f"{m}.{band.name}" for m in ("z", "ppc") for band in BANDS6X2.phase_bands]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            dreams.Event(
                kind="severed",
                cause="railed",
                pod="pods/bed-1",
                seat="dreamscapes/night/seats/12",
                sentence="ada is",
            ),
            "severed/railed/12",
        ),
        (dreams.Event(kind="state", cause="dreaming"), "state/dreaming"),
        (dreams.Event(kind="merged", pod="pods/bed-2", seat="dreamscapes/night/seats/1"), "merged/1"),
        (dreams.Event(kind="pod-online", pod="pods/adas-bed"), "pod-online"),
        (dreams.Event(kind="left", cause="asked by ada", seat="dreamscapes/night/seats/2"), "left/2"),
        (dreams.Event(kind="marker", cause="target 7/left"), "marker/target 7/left"),
        (dreams.Event(kind="uplink-lost"), "uplink-lost"),
    ],
)
def test_a_marker_names_no_person(event: dreams.Event, text: str) -> None:
    """A marker is kind, cause and the number of the subject: no pod, no sentence, no cause that is no word.

    The text of a marker of the experiment is its sender's own.
    """
    assert layouts.marker_text(event) == text


def test_the_senders_own_markers_are_no_kind() -> None:
    """The markers of the sender itself cannot be taken for events of the journal."""
    assert not set(layouts.OWN_MARKERS) & set(KINDS)


def test_a_marker_has_the_instant_of_its_act() -> None:
    """The instant is the pod's or the sender's own where stated, else that of the journal."""
    event = dreams.Event(kind="severed")
    event.event_time.FromNanoseconds(1_700_000_001_500_000_000)
    assert layouts.marker_session_s(event) == 1_700_000_001.5
    event.act_time.FromNanoseconds(1_700_000_000_250_000_000)
    assert layouts.marker_session_s(event) == 1_700_000_000.25


def test_a_source_id_is_unique_for_its_dreamscape() -> None:
    """Name, instant of creation and stream make the id; another Dreamscape of the name has another."""
    of = streams()
    ids = [of.source_id(layout) for layout in of.all]
    assert ids[0] == "dreamd:night:1700000000000001:collective"
    assert len(set(ids)) == 3


def test_an_unknown_schema_is_refused_in_words() -> None:
    """A schema of a newer daemon is refused with the step that helps."""
    said = layouts.streams_of(dreams.Dreamscape(name="dreamscapes/n", plan=dreams.Plan(schema="bands9x9")))
    assert isinstance(said, str)
    assert "'bands9x9'" in said
    assert "install the version" in said


def test_each_tick_of_the_grid_is_a_row() -> None:
    """A missing tick is a row of NaN at its own instant, so that the rate is true."""
    rows = RegularRows(4.0)
    assert rows.continued(10.0, [1.0, 2.0]) == [(10.0, [1.0, 2.0])]
    assert [at for at, _ in rows.continued(10.2502, [1.0, 2.0])] == [10.2502]
    made = rows.continued(11.0001, [3.0, 4.0])
    assert [at for at, _ in made] == pytest.approx([10.5, 10.75, 11.0001], abs=0.001)
    assert all(math.isnan(number) for _, numbers in made[:-1] for number in numbers)
    assert made[-1][1] == [3.0, 4.0]
    assert rows.filled == 2


def test_a_long_gap_stays_open_and_a_short_one_is_filled_to_its_end() -> None:
    """Gaps up to ten minutes are filled; a longer one is left to the readers' segments."""
    rows = RegularRows(4.0)
    rows.continued(0.0, [0.0])
    assert len(rows.continued(FILLED_S, [0.0])) == FILLED_S * 4
    assert len(rows.continued(2 * FILLED_S + 1.0, [0.0])) == 1


@pytest.mark.parametrize("stamp_s", [9.0, 10.0, 10.1, -5.0])
def test_stamps_never_go_back(stamp_s: float) -> None:
    """A tick at or before the last one, of a daemon with its clock anchored anew, is dropped and counted."""
    rows = RegularRows(4.0)
    rows.continued(10.0, [0.0])
    assert rows.continued(stamp_s, [0.0]) == []
    assert rows.dropped == 1
    assert len(rows.continued(10.25, [0.0])) == 1
