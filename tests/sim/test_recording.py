"""Nights in virtual time that are recorded, and their recordings run through the fusion again."""

import json
import random
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dreamd.adapters.recordings.columns import TABLES
from dreamd.adapters.recordings.parts import describe, make_folders, write_part
from dreamd.adapters.recordings.reader import Recording, Table
from dreamd.adapters.recordings.replay import Replayed, jobs_of, replay, replay_segment
from dreamd.core.dreamscapes.views import Event, Plan, RecordingState, RecordingView
from dreamd.core.event_kinds import KINDS
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.causes import Cause
from dreamd.simulation.faults import every_kind
from dreamd.simulation.faults.fault_kinds import Fault
from dreamd.simulation.machines.operators import OPERATOR
from dreamd.simulation.world import World
from fakes.recordings import DirectRecordings


def night(
    tmp_path: Path, pods: int, seconds: float, faults: tuple[Fault, ...] = (), **kept: object
) -> tuple[World, DirectRecordings]:
    """Run a recorded night with these faults; the daemon still runs at its end."""
    recordings = DirectRecordings(tmp_path, **kept)  # type: ignore[arg-type]
    world = World(7, pods, recordings=recordings)
    dice = random.Random(1)
    for fault in faults:
        world.schedule.at(
            round(fault.at_s * 1e9),
            lambda fault=fault: every_kind.begin(world, fault, dice),  # type: ignore[misc]
        )
    assert world.gather(record=True) == ""
    world.run(seconds)
    return world, recordings


def recording_of(world: World) -> RecordingView | None:
    """The recording as the API shows it."""
    assert world.daemon is not None
    view = world.daemon.app.dreamscapes.get("night")
    assert not isinstance(view, Refusal)
    return view.recording


def end(world: World) -> None:
    """End the Dreamscape, and wait until it is put away."""
    daemon = world.daemon
    assert daemon is not None
    daemon.app.dreamscapes.end(OPERATOR, "night", "over")
    world.run(8.0)


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A whole night of twenty sleepers: an agent and the daemon killed, a device fails."""
    tmp_path = tmp_path_factory.mktemp("state")
    faults = (
        Fault("kill", 14.0, 2.0, 3),
        Fault("ail", 16.0, 3.0, 5),
        Fault("cut", 18.0, 3.0, 8),
        Fault("kill-daemon", 26.0, 2.0, 0),
    )
    world, _ = night(tmp_path, 20, 44.0, faults)
    end(world)
    return Recording.from_directory(tmp_path / "recordings" / "night")


def test_a_night_of_twenty_is_the_same_again_bit_for_bit(twenty: Recording) -> None:
    """Faults of beds and a restart of the daemon included, each number of each tick comes out again.

    Energy is among them before the restart and after it, and its limit.
    """
    ticks = twenty.table("ticks").to_pylist()
    assert {row["segment"] for row in ticks if isfinite(row["energy"])} == {1, 2}
    assert any(isfinite(row["energy_limit"]) for row in ticks)
    found = replay(twenty)
    assert found.differences == []
    assert found.skipped == 0
    assert found.ticks == len(twenty.table("ticks"))
    assert found.ticks > 100
    assert found.numbers > 100 * 20 * 4


def test_segments_replay_apart_as_together(twenty: Recording) -> None:
    """Each run of the daemon is a job of its own; their results add up to that of the whole."""
    jobs = jobs_of(twenty)
    assert [job.segment for job in jobs] == [1, 2]
    apart = Replayed()
    for job in jobs:
        found = replay_segment(job)
        assert found.ticks > 30
        apart += found
    assert apart == replay(twenty)


def test_identity_and_the_course_of_the_centre_are_the_same_again(tmp_path: Path) -> None:
    """After a minute identity and lag are known, and come out again; a row that changed hands included."""
    world, _ = night(tmp_path, 9, 74.0, (Fault("kill", 30.0, 2.0, 3),))
    end(world)
    recording = Recording.from_directory(tmp_path / "recordings" / "night")
    [late] = recording.table("ticks").slice(290, 1).to_pylist()
    assert isfinite(late["dispersion_ratio"] + late["rank_ratio"] + late["i_diff"] + late["lag_correlation"])
    found = replay(recording)
    assert found.differences == []
    assert found.ticks > 290


def test_the_night_is_in_the_tables(twenty: Recording) -> None:
    """Twenty people merged; frames left out, two segments, and breakers are in the recording."""
    assert twenty.manifest.complete
    assert [one.number for one in twenty.manifest.segments] == [1, 2]
    assert twenty.subjects() == tuple(range(1, 21))
    ticks, frames = twenty.table("ticks"), twenty.table("frames")
    assert max(ticks.column("merged").to_pylist()) == 20
    assert set(frames.column("included").to_pylist()) == {True, False}
    assert max(frames.column("granted").to_pylist()) > 0.1
    steps = ticks.column("step").to_pylist()
    assert steps == list(range(1, len(steps) + 1)), "each tick once, over the restart"
    assert {"merged", "severed", "state", "left"} <= set(twenty.table("events").column("kind").to_pylist())


def test_no_table_holds_a_name(twenty: Recording) -> None:
    """No file and no description holds a pod, a pseudonym or a site; events have closed words as causes."""
    for file in sorted(twenty.path.glob("*/*.parquet")):
        for column in twenty.part(file.parent.name, int(file.stem)).columns:
            assert "bed-" not in str(column.to_pylist())
            assert "sleeper-" not in str(column.to_pylist())
    assert "bed-" not in (twenty.path / "recording.json").read_text()
    events = twenty.table("events")
    assert set(events.column("kind").to_pylist()) <= set(KINDS)
    words = {cause.value for cause in Cause} | {"dreaming", "severed", "waking", "ended", ""}
    assert set(events.column("cause").to_pylist()) <= words
    assert all(json.loads(values) is not None for values in events.column("values").to_pylist())


def copy_of(recording: Recording, path: Path, version: int = 2, **changed: Table) -> Recording:
    """A recording of the first part alone; `changed`: other tables in the place of those there are."""
    make_folders(path)
    describe(path, replace(recording.manifest, version=version))
    write_part(path, 0, {table: recording.part(table, 0) for table in TABLES} | changed)
    return Recording.from_directory(path)


def with_column(table: Table, name: str, values: list[Any]) -> Table:
    """The table with other values in this column."""
    at = table.schema.get_field_index(name)
    field = table.schema.field(at)
    return table.set_column(at, field, pa.array(values, field.type))


def test_a_changed_number_is_named_with_its_tick_and_column(twenty: Recording, tmp_path: Path) -> None:
    """A single bit of a weight that is altered afterwards is found, with its tick."""
    ticks = twenty.part("ticks", 0)
    weights = ticks.column("weight").to_pylist()
    weights[30] = float.fromhex("0x1.0000000000001p+0") * weights[30]
    found = replay(copy_of(twenty, tmp_path / "altered", ticks=with_column(ticks, "weight", weights)))
    [different] = found.differences
    assert (different.column, different.step, different.subject) == ("weight", 31, 0)
    assert not found.same


def test_a_frame_that_is_altered_changes_the_numbers_after_it(twenty: Recording, tmp_path: Path) -> None:
    """The replay computes from the frames: one altered feature shows in that person and in the group."""
    frames = twenty.part("frames", 0)
    features = frames.column("features").to_pylist()
    row = next(i for i, step in enumerate(frames.column("step").to_pylist()) if step == 20 and features[i])
    features[row][2] += 1.0
    found = replay(copy_of(twenty, tmp_path / "altered", frames=with_column(frames, "features", features)))
    assert found.differences[0].step == 20
    assert {one.step for one in found.differences} > {20}, "the centre of a tick begins with the last one's"
    subject = frames.column("subject").to_pylist()[row]
    assert {"distance", "dispersion"} <= {one.column for one in found.differences}
    assert {one.subject for one in found.differences if one.step == 20} == {0, subject}


def test_an_altered_calibration_changes_energy_alone(twenty: Recording, tmp_path: Path) -> None:
    """The replay takes the own scale of each person from the recording: another one shows in energy alone.

    A recording of version 1 has no calibrations: every other number is compared, and energy is not.
    """
    inputs = twenty.part("inputs", 0)
    templates = inputs.column("template").to_pylist()
    row = next(at for at, template in enumerate(templates) if template is not None)
    templates[row][3] += 1.0
    found = replay(copy_of(twenty, tmp_path / "altered", inputs=with_column(inputs, "template", templates)))
    assert {one.column for one in found.differences} == {"energy"}

    old = inputs.drop_columns(["template", "scale"])
    first = copy_of(twenty, tmp_path / "first", inputs=old, version=1)
    again = replay(first)
    assert again.differences == []
    assert again.numbers == found.numbers - 2 * found.ticks
    assert first.table("inputs").column("template").null_count == len(inputs)


def test_after_a_hole_nothing_is_claimed(tmp_path: Path) -> None:
    """Ticks that a slow disk has cost are a hole in the description; later ticks are not compared."""
    world, _ = night(tmp_path, 5, 12.0, drop={20, 21, 30})
    end(world)
    view = recording_of(world)
    assert view is not None
    assert (view.state, view.missing, view.parts) == (RecordingState.COMPLETE, 3, 2), "in the archive too"
    recording = Recording.from_directory(tmp_path / "recordings" / "night")
    assert [(hole.after_step, hole.ticks) for hole in recording.manifest.holes] == [(19, 2), (29, 1)]
    found = replay(recording)
    assert (found.ticks, found.same) == (19, True)
    assert found.skipped == len(recording.table("ticks")) - 19
    assert world.daemon is not None
    assert world.daemon.metrics.counts["recording-dropped"] == 3
    events = recording.table("events").to_pylist()
    [told] = [event for event in events if event["kind"] == "recording-incomplete"]
    assert json.loads(told["values"]) == {"dropped": 1.0}, "at once, and the others within ten seconds of it"


def test_a_disk_that_fails_ends_the_recording_and_not_the_night(tmp_path: Path) -> None:
    """After the disk's error there is one event with its reason, and the sleepers are merged on."""
    world, recordings = night(tmp_path, 5, 6.0)
    assert recording_of(world) == RecordingView(
        RecordingState.RUNNING, str(tmp_path / "recordings" / "night")
    )
    recordings.sinks[0].trouble = "No space left on device"
    world.run(6.0)
    daemon = world.daemon
    assert daemon is not None
    events: list[Event] = []
    daemon.app.journal.subscribe(events.append)
    told = [event for event in events if event.kind == "recording-stopped"]
    assert [event.reason for event in told] == ["No space left on device"]
    assert daemon.metrics.counts["recording-stopped"] == 1
    assert daemon.app.registry.tally().merged == 5
    assert not Recording.from_directory(tmp_path / "recordings" / "night").manifest.complete
    view = recording_of(world)
    assert view is not None
    assert (view.state, view.trouble) == (RecordingState.STOPPED, "No space left on device")


def test_a_plan_that_does_not_ask_is_not_recorded(tmp_path: Path) -> None:
    """Without the plan's flag no recording begins and no event speaks of one."""
    recordings = DirectRecordings(tmp_path)
    world = World(7, 4, recordings=recordings)
    assert world.gather() == ""
    world.run(3.0)
    assert recordings.sinks == []
    assert recording_of(world) is None
    assert not (tmp_path / "recordings").exists()


def test_a_recording_costs_the_night_nothing(tmp_path: Path) -> None:
    """With a recording that raises in every tick, the same sleepers are merged as without one, to the bit."""

    class Broken(DirectRecordings):
        def begin(self, beginning: object) -> object:  # type: ignore[override]
            raise ValueError("a bug")

    told = []
    for recordings in (None, Broken(tmp_path)):
        world = World(7, 5, recordings=recordings)
        assert world.gather(record=recordings is not None) == ""
        world.run(10.0)
        assert world.daemon is not None
        view = world.daemon.app.dreamscapes.get("night")
        told.append([(seat.pod, seat.granted, seat.applied, seat.distance) for seat in view.seats])  # type: ignore[union-attr]
        assert world.checker.violations == []
    assert told[0] == told[1]
    assert any(granted for _, granted, _, _ in told[0])
    assert world.daemon.metrics.counts["recording-stopped"] == 1


def test_without_the_library_neither_create_nor_start_is_accepted(tmp_path: Path) -> None:
    """The refusal names the library, the command, and the scope that a recording asks for."""
    recordings = DirectRecordings(tmp_path, lacks="for pyarrow is not installed; run there: pip install")
    world = World(7, 4, recordings=recordings)
    said = world.gather(record=True)
    assert "pip install" in said
    assert "asks each sleeper for the scope record" in said
    recordings.lacks = ""
    assert world.daemon is not None
    plan = Plan("night", 3, 8, ramp_s=10.0, record=True)
    assert not isinstance(world.answered(world.daemon.app.dreamscapes.create(OPERATOR, plan)), Refusal)
    recordings.lacks = "for pyarrow is gone; run there: pip install"
    refused = world.answered(world.daemon.app.dreamscapes.start(OPERATOR, "night"))
    assert isinstance(refused, Refusal)
    assert refused.code is Code.RECORDING_UNAVAILABLE
