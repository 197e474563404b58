"""A Dreamscape over LSL and the export of its recording: the same streams, rows and markers."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pylsl
import pytest
import pyxdf

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.adapters.recordings.exports.export import export
from dreamd.adapters.recordings.exports.group_signals import read_signals
from dreamd.adapters.recordings.manifest import features_of
from dreamd.adapters.recordings.reader import Recording
from dreamd.core import group_streams
from dreamd.core.group_streams import LABEL_WIDTH, MARKERS, WORDS, Streams, marker_text
from dreamd.lsl import layouts
from dreamd.lsl.outlets import announcement
from dreamwire.schema import SCHEMAS, Band
from fakes.recordings import write_recording

UNIT_WIDTH = 8


def live_streams(schema: str, created_s: float) -> Streams:
    """The streams of a Dreamscape as the API states it."""
    made = dreams.Dreamscape(name="dreamscapes/night", plan=dreams.Plan(schema=schema))
    made.create_time.FromNanoseconds(round(created_s) * 10**9 + round(created_s % 1 * 1e9))
    found = layouts.streams_of(made)
    assert isinstance(found, Streams)
    return found


@pytest.mark.parametrize("schema", SCHEMAS)
def test_labels_and_units_fit_every_format(schema: str) -> None:
    """Labels are unique, of at most 16 characters, units of at most 8, all ASCII, for every schema."""
    of = live_streams(schema, 1_700_000_000.25)
    channels = [one for layout in of.all for one in layout.channels]
    assert len({one.label for one in channels}) == len(channels)
    assert all(0 < len(one.label) <= LABEL_WIDTH and one.label.isascii() for one in channels)
    assert all(0 < len(one.unit) <= UNIT_WIDTH and one.unit.isascii() for one in channels)
    features = features_of(SCHEMAS[schema])
    assert [one.label for one in of.collective.channels[: len(features.names)]] == list(features.names)


def test_a_long_region_is_cut_and_stays_apart() -> None:
    """A region of several long words becomes three letters of each; its whole name is in the properties."""
    bands = (Band("alpha", 8.0, 12.0, 1.0, True),)
    of = group_streams.streams_of(
        "night", 1.0, "x", ("left_temporal_parietal", "right_temporal_parietal"), bands
    )
    first, second = of.collective.channels[:2]
    assert (first.label, second.label) == ("leftempar.alpha", "rigtempar.alpha")
    assert dict(first.more)["region"] == "left_temporal_parietal"


def test_the_export_describes_what_lsl_announces(tmp_path: Path) -> None:
    """XDF has the name, type, rate, format, source_id and channels that the outlets announced."""
    path = tmp_path / "night"
    write_recording(path, ticks=20)
    manifest = Recording.from_directory(path).manifest
    live = live_streams(manifest.features.schema, manifest.created_s)
    assert read_signals(Recording.from_directory(path)).streams == live
    out = export(path, "xdf", tmp_path / "night.xdf", progress=lambda _: None)
    found = {one["info"]["name"][0]: one["info"] for one in pyxdf.load_xdf(out)[0]}
    assert set(found) == {layout.name for layout in live.all}
    for layout in live.all:
        info: pylsl.StreamInfo = announcement(live, layout, 0.001)
        tree, exported = ET.fromstring(info.as_xml()), found[layout.name]
        for key in ("type", "channel_count", "channel_format", "source_id"):
            assert exported[key] == [tree.findtext(key)]
        assert float(exported["nominal_srate"][0]) == info.nominal_srate()
        channels = [
            {child.tag: [child.text] for child in one} for one in tree.findall("desc/channels/channel")
        ]
        assert exported["desc"][0]["channels"][0]["channel"] == channels
        reference = tree.findtext("desc/reference/label")
        assert exported["desc"][0]["reference"][0]["label"] == [reference]
    assert found[MARKERS]["channel_format"] == ["string"]


@pytest.mark.parametrize("cause", ["", "Ada", "ada is restless", *sorted(WORDS)[:3]])
def test_a_cause_is_a_word_or_left_out(cause: str) -> None:
    """Live and exported markers have a cause of the closed lists alone: any other text may hold a name."""
    event = dreams.Event(kind="severed", cause=cause, seat="dreamscapes/night/seats/7")
    text = layouts.marker_text(event)
    assert text == marker_text("severed", cause, 7)
    assert text == (f"severed/{cause}/7" if cause in WORDS else "severed/7")
