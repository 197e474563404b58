"""The events as lines: grouped as the console groups them, grave ones first to be given room."""

import re
from pathlib import Path

from dreamd.adapters.log_events import LEVELS
from dreamd.core.event_kinds import GRAVE, KINDS
from dreamd.terminal.sleeper_row import State
from dreamd.top import event_groups
from dreamd.top.event_groups import event_lines, is_grave, ranked
from dreamd.top.navigation import Browse, press
from dreamd.top.screen import View, picture
from dreamd.top.view_model import _STANDING, Happening
from top.stories import S, event, lines, watched

WORDS_JS = Path(event_groups.__file__).parents[1] / "console" / "page" / "words.js"


def happened(cursor: int, kind: str, pod: str = "", cause: str = "", at_s: float = 0.0) -> Happening:
    """An event, `at_s` seconds after the first."""
    return Happening(cursor, 1_000.0 + at_s, kind, pod, cause, f"{pod} {kind}".strip())


def beds(kind: str, count: int, first: int = 1, cause: str = "", at_s: float = 0.0) -> list[Happening]:
    """One event for each of `count` beds, at the same moment."""
    return [happened(first + n, kind, f"bed-{n + 1}", cause, at_s) for n in range(count)]


def test_eight_beds_that_merge_are_one_line() -> None:
    """Three or more of one kind and cause are one line with the number of beds; two are two lines."""
    assert [line.words for line in event_lines(beds("merged", 8))] == ["8 beds: merged"]
    severed = beds("severed", 3, cause="operator")
    assert [line.words for line in event_lines(severed)] == ["3 beds: severed (operator)"]
    assert len(event_lines(beds("merged", 2))) == 2


def test_events_that_interleave_are_grouped_by_kind() -> None:
    """A start writes three kinds for each bed in turn: three lines, in the order of their first events."""
    mixed = [
        happened(3 * n + k, kind, f"bed-{n}")
        for n in range(8)
        for k, kind in enumerate(("admitted", "assigned", "merged"))
    ]
    assert [line.words for line in event_lines(mixed)] == [
        *("8 beds: admitted", "8 beds: assigned", "8 beds: merged"),
    ]


def test_events_apart_in_time_or_cause_are_not_grouped() -> None:
    """More than ten seconds after the last, or for another cause, a new line begins."""
    late = [happened(n, "merged", f"bed-{n}", at_s=11.0 * n) for n in range(4)]
    assert len(event_lines(late)) == 4
    causes = [happened(n, "severed", f"bed-{n}", cause) for n, cause in enumerate("abcd")]
    assert len(event_lines(causes)) == 4


def test_events_of_no_bed_are_never_grouped() -> None:
    """Three losses of the broker are three lines."""
    assert len(event_lines([happened(n, "broker-down", at_s=n) for n in range(3)])) == 3


def test_a_grave_line_keeps_its_place_for_a_minute() -> None:
    """Young grave lines are given room first, then the newest; older than a minute they are as any other."""
    told = event_lines([happened(1, "broker-down"), happened(2, "lead-started", at_s=5.0)])
    assert ranked(told) == [0, 1]
    told = event_lines([happened(1, "broker-down"), happened(2, "lead-started", at_s=61.0)])
    assert ranked(told) == [1, 0]


def test_on_a_short_screen_the_lost_broker_stays_in_sight() -> None:
    """Twenty calm events after it do not push it off a screen of 24 lines."""
    heard = watched()
    heard.happened(event(1, "the broker is lost", kind="broker-down"))
    for number in range(2, 22):
        heard.happened(event(number, f"calm {number}", kind="checked-in"))
    drawn = "\n".join(lines(picture(View(heard.scene(10 * S), Browse()), (80, 24)), 80))
    assert "the broker is lost" in drawn
    assert "calm 21" in drawn


def test_the_key_g_leaves_only_grave_events() -> None:
    """Pressed once calm events are hidden, pressed again they are back; without any there is a line."""
    heard = watched()
    heard.happened(event(1, "the broker is lost", kind="broker-down"))
    heard.happened(event(2, "bed-1 is checked in", kind="checked-in"))
    scene = heard.scene(10 * S)
    browse = press(Browse(), "g", (), 1)
    drawn = "\n".join(lines(picture(View(scene, browse), (80, 24)), 80))
    assert "the broker is lost" in drawn
    assert "bed-1 is checked in" not in drawn
    assert press(browse, "g", (), 1) == Browse()
    empty = "\n".join(lines(picture(View(watched().scene(10 * S), browse), (80, 24)), 80))
    assert "no event needs a look (g: all events)" in empty


def test_top_and_console_group_by_the_same_rules_and_words() -> None:
    """Words of a group, seconds, least number and grave kinds are those of the console's words.js."""
    source = WORDS_JS.read_text()
    table = re.search(r"const KIND_WORDS = \{(.*?)\};", source, re.DOTALL)
    assert table is not None
    told = re.findall(r'"?([a-z-]+)"?: "([^"]+)"', table[1])
    assert dict(told) == event_groups.KIND_WORDS
    grave = re.search(r"const GRAVE_KINDS = new Set\(\[(.*?)\]\);", source, re.DOTALL)
    assert grave is not None
    assert set(re.findall(r'"([a-z-]+)"', grave[1])) == GRAVE
    assert f"GROUPED_WITHIN_S = {event_groups.GROUPED_WITHIN_S:g};" in source
    assert f"GROUPED_LEAST = {event_groups.GROUPED_LEAST};" in source


def test_top_and_console_have_one_word_for_a_state() -> None:
    """Each word of a row stands in the console's `standing`."""
    source = WORDS_JS.read_text()
    stands = source[source.index("function stands(") : source.index("export const isCut")]
    for state, word in _STANDING.items():
        assert state is State.UNKNOWN or f'"{word}"' in stands, word
    for words in ("`locked: ", "`severed: ", "`on trial after ", "`left: "):
        assert words in stands


def test_grave_kinds_are_kinds_and_are_logged_above_info() -> None:
    """Every kind that screens mark is a kind of the journal, and a warning or an error in the log."""
    assert set(KINDS) >= GRAVE
    assert set(LEVELS) >= GRAVE
    state = Happening(1, 0.0, "state", "", "severed", "night is severed: quorum")
    assert is_grave(state)
    assert not is_grave(happened(1, "merged", "bed-1"))
