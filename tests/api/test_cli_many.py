"""The command line for a whole ward: many check-ins, first failed checks, a Dreamscape that is over."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamd.core.dreamscapes.views import DreamscapeState, Plan, RecordingState, RecordingView
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination
from fakes.views import dreamscape_view, pod_view


async def test_several_pairs_are_checked_in_with_a_line_each(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
) -> None:
    """Each pair is its own request, in order."""
    status, out, err = await shell("pods check-in bed-1 s-1 bed-2 s-2")
    assert (status, err) == (0, "")
    assert out.splitlines() == ["bed-1: s-1 is checked in", "bed-2: s-2 is checked in"]
    assert [call for call in application.calls if call[0] == "check_in"] == [
        ("check_in", "bed-1", "s-1", ""),
        ("check_in", "bed-2", "s-2", ""),
    ]


async def test_one_refused_pair_holds_up_no_other(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
) -> None:
    """The refused bed is named on standard error, the rest are checked in, and the status is 1."""
    application.refuse("check_in", Refusal(Code.POD_UNKNOWN, "pod bed-9 has never connected"))
    status, out, err = await shell("pods check-in bed-9 s-9 bed-2 s-2")
    assert status == 1
    assert out.splitlines() == ["bed-2: s-2 is checked in"]
    assert "bed-9: pod bed-9 has never connected" in err
    assert "1 of 2 check-ins were refused" in err


async def test_pairs_come_from_a_file_and_a_bad_line_is_named(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
    tmp_path: Path,
) -> None:
    """Comments and empty lines count for nothing; a bad line ends it before anything is sent."""
    file = tmp_path / "ward.csv"
    file.write_text("# night of the 30th\nbed-1, s-1\n\nbed-2,s-2\n")
    status, out, _ = await shell(f"pods check-in --file {file} --json")
    assert status == 0
    assert [json.loads(line)["sleeper"] for line in out.splitlines()] == ["sleepers/s-1", "sleepers/s-2"]
    application.calls.clear()
    file.write_text("bed-1,s-1\nbed-2\n")
    status, _, err = await shell(f"pods check-in --file {file}")
    assert status == 2
    assert "line 2: expected POD,SLEEPER, got 'bed-2'" in err
    assert not [call for call in application.calls if call[0] == "check_in"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("pods check-in", "name a pod and its sleeper"),
        ("pods check-in bed-1", "pod bed-1 has no sleeper beside it"),
        ("pods check-in --file /nowhere/ward.csv", "/nowhere/ward.csv cannot be read"),
        ("pods check-in bed-1 s-1 bed-2 s-2 --etag e", "--etag is of one pair"),
    ],
)
async def test_half_a_check_in_is_a_usage_error(
    shell: Shell,  # noqa: F811 - a fixture
    line: str,
    says: str,
) -> None:
    """The sentence names what is missing, and the status is 2."""
    status, _, err = await shell(line)
    assert status == 2
    assert says in err


async def test_explain_without_a_pod_names_the_first_failed_check_of_each(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
) -> None:
    """One line a pod of the plan."""
    application.add("night", DreamscapeState.GATHERING, ("bed-1", "bed-3"))
    status, out, _ = await shell("dreamscapes explain night")
    assert status == 0
    assert out.splitlines() == ["bed-1: pod bed-1 has 4 of 8 s", "bed-3: pod bed-3 has 4 of 8 s"]


async def test_a_watch_of_an_ended_dreamscape_says_that_it_has_ended(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
) -> None:
    """No tick comes, and the reason stands on standard error."""
    application.add("night", DreamscapeState.ENDED)
    status, out, err = await shell("dreamscapes watch night")
    assert (status, out) == (0, "")
    assert "night has ended" in err


async def test_a_bed_that_renders_nothing_is_named_at_check_in_and_in_the_list(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
) -> None:
    """The answers to one check-in and to several, and the list, say which bed renders nothing."""
    kinds = {"bed-1": "null", "bed-2": "sound", "bed-3": ""}
    application.fleet = {pod: pod_view(pod, renderer=kind) for pod, kind in kinds.items()}
    _, out, _ = await shell("pods check-in bed-1 s-1 bed-2 s-2 bed-3 s-3")
    assert out.splitlines() == [
        "bed-1: s-1 is checked in; this bed renders nothing: its sleeper hears nothing",
        "bed-2: s-2 is checked in",
        "bed-3: s-3 is checked in",
    ]
    assert "this bed renders nothing" in (await shell("pods check-in bed-1 s-1"))[1]
    lines = (await shell("pods list"))[1].splitlines()
    assert [line.split()[-1] for line in lines] == ["renders", "nothing", "sound", "known"]


async def test_a_recording_is_named_at_check_in(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
) -> None:
    """The answer to a check-in names each recorded Dreamscape that asks for the bed, and no other."""
    for name, invited, state, record in (
        ("all", (), DreamscapeState.GATHERING, True),
        ("night", ("bed-1",), DreamscapeState.PLANNED, True),
        ("plain", ("bed-1", "bed-2"), DreamscapeState.DREAMING, False),
        ("over", ("bed-1",), DreamscapeState.ENDED, True),
    ):
        application.sessions[name] = dreamscape_view(Plan(name, 1, 8, pods=invited, record=record), state)
    declares = "is recorded, without names: each sleeper seated there has granted record"
    _, out, _ = await shell("pods check-in bed-1 s-1 bed-2 s-2")
    first, second = out.splitlines()
    assert sorted(first.split("; ")[1:]) == [f"all {declares}", f"night {declares}"]
    assert second == f"bed-2: s-2 is checked in; all {declares}"
    out = (await shell("pods check-in bed-1 s-1"))[1]
    assert f"night {declares}" in out
    assert "plain is recorded" not in out


@pytest.mark.parametrize(
    ("view", "cell", "lines"),
    [
        (None, "-", []),
        (
            RecordingView(RecordingState.WAITING),
            "not yet",
            ["recorded, without names, from its first tick on"],
        ),
        (
            RecordingView(RecordingState.RUNNING, "/var/night", 723.0, 12),
            "0:12:03",
            ["recording, without names: running, 0:12:03 in 12 parts on the disk, in /var/night"],
        ),
        (
            RecordingView(RecordingState.STOPPED, "/var/night", 60.0, 1, 7, "the disk is full"),
            "0:01:00, stopped",
            [
                "recording, without names: stopped, 0:01:00 in 1 part on the disk, in /var/night",
                "recorded no longer: the disk is full",
                "the disk is too slow: the recording lacks 7 ticks and events",
            ],
        ),
    ],
)
async def test_get_and_list_show_the_recording(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
    view: RecordingView | None,
    cell: str,
    lines: list[str],
) -> None:
    """A list has how much is on the disk; one Dreamscape how long, how many parts, where, what is wrong."""
    plan = Plan("night", 1, 8, record=view is not None)
    application.sessions["night"] = replace(dreamscape_view(plan, DreamscapeState.DREAMING), recording=view)
    assert f" {cell} " in (await shell("dreamscapes list"))[1].splitlines()[1]
    out = (await shell("dreamscapes get night"))[1].splitlines()
    assert [line.strip() for line in out if "record" in line and "dreamscape" not in line] == lines
    told = json.loads((await shell("dreamscapes get night --json"))[1])
    assert ("recording" in told) == (view is not None)


async def test_a_failed_renderer_stands_in_the_row_of_its_bed(
    shell: Shell,  # noqa: F811 - a fixture
    application: FakeCoordination,
) -> None:
    """The row of a bed whose renderer gives nothing has the reason."""
    application.fleet["bed-1"] = pod_view("bed-1", renderer="sound", renderer_fault="the output is gone")
    assert "failed: the output is gone" in (await shell("pods list"))[1]
