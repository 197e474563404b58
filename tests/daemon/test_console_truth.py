"""The page's words on unheard beds: its scripts in node, over exact views."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WORDS = Path(__file__).parents[2] / "daemon/dreamd/console/page/words.js"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed (make system-packages)")

SAY = """
import { heard, isMerged, overdue, situation, standing } from %s;
const views = JSON.parse(process.argv[1]);
console.log(JSON.stringify(views.map((view) => {
  for (const seat of view.scene?.seats ?? []) seat.known = heard(seat, view.since_s ?? 0, 1.5);
  view.breakers = new Map();
  view.lastCut = new Map();
  const granted = new Map((view.scene?.seats ?? []).map((seat) => [seat.seat, view.now_s - 10]));
  view.overdue = view.scene ? overdue(view.scene.seats, granted, view.now_s, 1.5) : [];
  const said = situation(view);
  return {
    ...said,
    facts: said.facts.map((fact) => fact.words ?? fact),
    standing: (view.scene?.seats ?? []).map(standing),
    merged: (view.scene?.seats ?? []).filter(isMerged).length,
  };
})));
"""


def said(*views: dict[str, Any]) -> list[dict[str, Any]]:
    """The page's words for each view."""
    assert NODE is not None
    script = SAY % json.dumps(WORDS.as_uri())
    command = [NODE, "--input-type=module", "--eval", script, json.dumps(views)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


LINES = """
import { bedLine, renders } from %s;
console.log(JSON.stringify(JSON.parse(process.argv[1]).map((bed) => [renders(bed), bedLine(bed, 0)])));
"""


def test_a_bed_that_renders_nothing_is_named_in_the_console() -> None:
    """A null renderer and a failed one stand in a bed's line and panel; an unknown one is not known."""
    assert NODE is not None
    plain = {"pod": "bed-1", "sleeper": "s-1", "breaker": "closed", "state": "ready", "renderer_fault": ""}
    beds = [{**plain, "renderer": kind} for kind in ("null", "sound", "")]
    beds.append({**plain, "renderer": "sound", "renderer_fault": "the output is gone"})
    script = LINES % json.dumps(WORDS.as_uri())
    command = [NODE, "--input-type=module", "--eval", script, json.dumps(beds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    panels, lines = zip(*json.loads(done.stdout), strict=True)
    assert panels == (
        *("nothing: its sleeper hears nothing", "sound", "not known", "failed: the output is gone"),
    )
    assert [("hears nothing" in line, "failed" in line) for line in lines] == [
        *((True, False), (False, False), (False, False), (False, True)),
    ]


def test_the_console_counts_the_beds_that_render_nothing() -> None:
    """The number of occupied beds that render nothing is a fact; where there are none, there is no line."""
    for beds, line in (
        (0, None),
        (1, "One bed renders nothing: its sleeper hears nothing."),
        (8, "8 beds render nothing: their sleepers hear nothing."),
    ):
        pods = {"online": 8, "unheard": 0, "rendering_nothing": beds}
        seen = view([seat(1)])
        seen["house"]["pods"] = pods
        quiet = {**seen, "scene": None, "house": {**seen["house"], "dreamscapes": []}}
        for told in said(seen, quiet):
            assert [fact for fact in told["facts"] if "hear" in fact] == ([] if line is None else [line])
            assert told["level"] == "well"


def seat(number: int, **changes: object) -> dict[str, object]:
    """A heard and merged seat."""
    told: dict[str, object] = {
        "seat": number,
        "pod": f"bed-{number}",
        "sleeper": "",
        "state": "assigned",
        "granted": 0.1,
        "applied": 0.098,
        "quality": 0.9,
        "breaker": "closed",
        "cause": "",
        "refusal": "",
        "heard_age_s": 0.3,
    }
    return {**told, **changes}


def view(seats: list[dict[str, object]], *troubles: str, **changes: object) -> dict[str, Any]:
    """The page's view of `night`, dreaming."""
    state = changes.pop("state", "dreaming")
    told: dict[str, Any] = {
        "link": "live",
        "name": "night",
        "now_s": 1000.0,
        "stale": False,
        "house": {"dreamscapes": [{"name": "night", "state": state}], "orders": [], "troubles": troubles},
        "scene": {"name": "night", "state": state, "seats": seats, "seats_min": 3, "cause": "", "tick": None},
    }
    return {**told, **changes}


def test_a_recording_is_named_with_its_state_and_its_trouble() -> None:
    """The page says whether a Dreamscape is recorded, how much the disk has, and why it is no longer."""
    running = {
        "state": "running",
        "directory": "/var/night",
        "written_s": 723.0,
        "parts": 12,
        "missing": 0,
        "trouble": "",
    }
    told = []
    for changes in (
        None,
        {"state": "waiting", "parts": 0},
        {"parts": 0, "directory": ""},
        {},
        {"missing": 1},
        {"state": "stopped", "trouble": "the disk is full"},
        {"state": "complete"},
    ):
        seen = view([seat(1)])
        seen["scene"]["recording"] = None if changes is None else {**running, **changes}
        told.append(seen)
    facts = [[fact for fact in one["facts"] if "record" in fact] for one in said(*told)]
    kept = "It is recorded, without names: 12 min on the disk (/var/night)."
    assert facts == [
        [],
        ["It is recorded, without names, from its first tick on."],
        ["It is recorded, without names: nothing on the disk yet."],
        [kept],
        [kept, "The disk is too slow: its recording lacks 1 tick or event."],
        ["It is recorded no longer: the disk is full. 12 min on the disk."],
        ["It was recorded, without names: 12 min on the disk (/var/night)."],
    ]


SILENT = {"applied": None, "quality": None, "heard_age_s": 83.0}
BROKER = "the broker is not reached: every pod is alone by its own tether within 1.5 s"


def test_with_the_broker_lost_nothing_is_well_and_no_bed_is_accused() -> None:
    """With the broker lost four unheard beds show no number, no green and no over-rendering."""
    (told,) = said(view([seat(n, **SILENT) for n in range(1, 5)], BROKER))
    assert told["level"] == "grave"
    assert told["word"] == "Look here"
    assert told["headline"].startswith("How 4 sleepers are is not known")
    assert told["facts"][0] == f"T{BROKER[1:]}."
    assert told["standing"] == ["not known"] * 4
    assert told["merged"] == 0
    assert not [fact for fact in told["facts"] if "still renders" in fact]


def test_one_silent_bed_of_four_is_not_counted_as_merged() -> None:
    """Of four beds one is silent: three merged, one not known, and not "all well"."""
    (told,) = said(view([seat(1, **SILENT), seat(2), seat(3), seat(4)]))
    assert told["headline"] == "3 of 4 dream together, 1 not known."
    assert (told["level"], told["word"]) == ("watch", "Not known")


def test_received_numbers_age_on_the_page_too() -> None:
    """Numbers 0.3 s old are shown; 1.3 s later, without an answer, they count against no bed."""
    seats = [seat(1, granted=0.0), seat(2)]
    young, old = said(view(seats), view(seats, since_s=1.3))
    assert "bed-1 still renders a coupling of 0.10 though none is granted." in young["facts"]
    assert young["merged"] == 2
    assert (old["merged"], old["standing"]) == (0, ["not known", "not known"])
    assert not [fact for fact in old["facts"] if "still renders" in fact]


def test_a_bed_that_was_never_heard_is_not_known() -> None:
    """A missing age is not a young age: a bed never heard is not known."""
    (told,) = said(view([seat(1, heard_age_s=None, applied=0.1), seat(2), seat(3)]))
    assert told["standing"][0] == "not known"


def test_a_severed_dreamscape_counts_only_reported_zeros() -> None:
    """Of three severed beds two reported zero and one is silent: two at zero, one not known."""
    severed = {"state": "severed", "granted": 0.0, "applied": 0.0, "cause": "operator"}
    all_said = view([seat(n, **severed) for n in (1, 2, 3)], state="severed")
    silent = seat(3, **{**severed, **SILENT})
    one_silent = view([*(seat(n, **severed) for n in (1, 2)), silent], state="severed")
    first, second = said(all_said, one_silent)
    assert "All 3 are alone with themselves" in first["headline"]
    assert "2 of 3 say that they are at zero, 1 not known" in second["headline"]
    assert second["standing"][2] == "severed: operator, not heard"


def test_a_full_disk_is_not_quiet() -> None:
    """With a full disk the page shows the reason instead of a green word."""
    alone = [seat(n, granted=0.0, applied=0.0) for n in (1, 2, 3)]
    (told,) = said(view(alone, "the ledger /x could not be used (disk is full)"))
    assert told["level"] == "grave"
    assert "disk is full" in told["facts"][0]


def test_troubles_are_reported_where_no_dreamscape_exists() -> None:
    """An empty house with a lost broker is not shown as quiet."""
    empty = view([], BROKER)
    empty["house"]["dreamscapes"], empty["scene"] = [], None
    (told,) = said(empty)
    assert (told["level"], told["word"]) == ("grave", "Look here")
