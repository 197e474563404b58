"""The JSON for scripts."""

import json
import math

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.top.report import FIELDS, SCHEMA, report
from dreamd.top.state import Watched
from top.stories import S, cut, eight, event, seat, watched

NAMED = ("synchrony", "identity", "runaway", "sleepers", "events")


def reported(heard: Watched, now_ns: int = 10 * S) -> dict[str, object]:
    """The JSON as a script reads it, without NaN."""
    text = json.dumps(report(heard.scene(now_ns)), allow_nan=False)
    read: dict[str, object] = json.loads(text)
    return read


def test_the_documentation_is_the_schema() -> None:
    """FIELDS, printed by --help, names exactly the printed fields, nested ones included."""
    heard = watched(synchrony=[dreams.Synchrony(band="delta", z=0.3)])
    heard.happened(event(1, "bed-1 is merged", pod="pods/bed-1"))
    told = reported(heard)
    assert list(told) == [name for name, _ in FIELDS]
    meaning = dict(FIELDS)
    for name in NAMED:
        value = told[name]
        nested = value[0] if isinstance(value, list) else value
        assert list(nested) == meaning[name].rpartition(": ")[2].split()


def test_unknown_values_are_null() -> None:
    """An unknown value is null: never zero, missing or NaN."""
    told = reported(watched([seat(1)]))
    assert told["sleepers"][0]["synchrony"] is None
    assert told["identity"]["i_diff"] is None
    assert told["runaway"]["energy"] is None
    nothing = reported(Watched())
    assert (nothing["live"], nothing["safe"], nothing["dreamscape"]) == (False, None, None)
    assert nothing["tick_at"] is None
    assert list(nothing) == [name for name, _ in FIELDS]


def test_a_night_as_a_script_sees_it() -> None:
    """The report of a night has counts, verdict, causes, and moments in UTC."""
    heard = watched([*eight()[:7], cut(8)], halved_cause="energy")
    heard.happened(event(5, "bed-8 severed", kind="severed", pod="pods/bed-8", cause="railed"))
    told = reported(heard)
    assert (told["schema"], told["live"], told["safe"]) == (SCHEMA, True, True)
    assert (told["state"], told["assigned"], told["merged"], told["halved_cause"]) == (
        "dreaming",
        8,
        7,
        "energy",
    )
    assert told["tick_at"] == "2026-09-21T14:13:20.000Z"
    assert told["sleepers"][7]["cause"] == "railed"
    assert told["sleepers"][7]["state"] == "severed"
    assert told["events"] == [
        {
            "cursor": 5,
            "at": "2026-09-21T14:13:25.000Z",
            "kind": "severed",
            "pod": "bed-8",
            "cause": "railed",
            "sentence": "bed-8 severed",
            "acted_at": None,
        }
    ]


def test_a_lost_picture_is_neither_live_nor_safe() -> None:
    """For a lost connection `live` is false and `safe` is not true."""
    told = reported(watched([seat(1, applied=math.nan)]), 60 * S)
    assert (told["live"], told["safe"]) == (False, None)
