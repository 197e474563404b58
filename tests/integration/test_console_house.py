"""The overview of the house in a real browser: every Dreamscape, beds in none, and events in groups."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chromium import BINARY, Chromium
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState, PodState
from fakes.console_house import ConsoleHouse
from fakes.views import NOW_S

pytestmark = pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)")
LINES = (
    "[...document.querySelectorAll('#dreamscapes li')].map((li) => li.innerText.replace(/\\s+/g, ' ').trim())"
)
BEDS = (
    "[...document.querySelectorAll('#beds-list li')].map((li) => li.innerText.replace(/\\s+/g, ' ').trim())"
)
EVENTS = (
    "[...document.querySelectorAll('#events > li')].map((li) => li.innerText.replace(/\\s+/g, ' ').trim())"
)
GARDEN_FOCUS = """[...document.querySelectorAll('#dreamscapes button')]
  .find((button) => /garden/.test(button.innerText)).focus()"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def house() -> Iterator[ConsoleHouse]:
    """Five Dreamscapes, and three beds in none of them."""
    one = ConsoleHouse(("bed-1", "bed-2", "bed-3"))
    one.do(lambda: _furnish(one))
    yield one
    one.close()


def _furnish(house: ConsoleHouse) -> None:
    app = house.coordination
    app.add("attic", DreamscapeState.DREAMING)
    app.add("cellar", DreamscapeState.SEVERED)
    app.add("garden", DreamscapeState.GATHERING)
    app.add("loft", DreamscapeState.DREAMING)
    app.sessions["loft"] = replace(app.sessions["loft"], assigned=4, merged=2, unheard=2)
    app.add("yesterday", DreamscapeState.ENDED)
    app.sessions["attic"] = replace(app.sessions["attic"], assigned=8, merged=8)
    app.sessions["cellar"] = replace(app.sessions["cellar"], merged=0)
    app.change("bed-1", sleeper="s-1", state=PodState.READY)
    app.change(
        "bed-2",
        sleeper="s-2",
        state=PodState.OFFLINE,
        online=False,
        heard_age_s=400.0,
        last_heard_s=NOW_S - 400,
    )
    app.change("bed-3", breaker=BreakerState.LOCKED, breaker_cause="railed")


def _load(page: Chromium, house: ConsoleHouse, size: tuple[int, int] = (1280, 800)) -> None:
    page.size(*size)
    page.forget_page()
    page.go(f"{house.url}/")
    page.until("document.querySelectorAll('#dreamscapes li').length === 4")


def test_the_first_page_shows_the_whole_house_the_worst_first(
    chromium: Chromium, house: ConsoleHouse
) -> None:
    """Each Dreamscape that runs has a line, the one not heard first; the page fits; ended ones are folded."""
    _load(chromium, house)
    lines = chromium.ask(LINES)
    assert lines[0] == "loft dreaming · 2 of 4 merged · 2 not known"
    assert lines[1].startswith("cellar severed")
    assert any(line.startswith("attic dreaming · 8 of 8 merged") for line in lines)
    assert chromium.ask("document.querySelector('[aria-current]').innerText").startswith("loft")
    assert chromium.text("#ended-title") == "Ended (1)"
    assert not chromium.ask("document.getElementById('ended').open")
    for width, height in ((1280, 800), (390, 844)):
        chromium.size(width, height, mobile=width < 500)
        chromium.until(f"innerWidth === {width}")
        assert chromium.ask(SIDEWAYS) <= 0
    assert chromium.complaints == []


def test_a_bed_in_no_dreamscape_is_listed_and_the_urgent_one_first(
    chromium: Chromium, house: ConsoleHouse
) -> None:
    """Beds unfold by themselves where one needs a person: locked, then a silent bed with a sleeper in it."""
    _load(chromium, house)
    assert chromium.text("#beds-title") == "3 beds in no Dreamscape: 2 need a look"
    assert chromium.ask("document.getElementById('beds').open")
    beds = chromium.ask(BEDS)
    assert beds[0].startswith("bed-3 no sleeper · locked: railed, waits for a person")
    assert beds[1].startswith("bed-2 s-2 · offline · heard 7 min ago")
    assert beds[2].startswith("bed-1 s-1 · ready")


def test_a_dreamscape_is_chosen_and_a_bed_looked_into_by_keyboard(
    chromium: Chromium, house: ConsoleHouse
) -> None:
    """Enter on a line of the overview opens that Dreamscape; Enter on a bed opens what is known of it."""
    _load(chromium, house)
    chromium.ask(GARDEN_FOCUS)
    chromium.press("Enter")
    chromium.until("/garden gathers/.test(document.querySelector('h1').textContent)")
    assert chromium.ask("location.hash") == "#garden"
    chromium.ask("document.querySelector('#beds-list button').focus()")
    chromium.press("Enter")
    chromium.until("document.activeElement.id === 'sleeper-name'")
    assert chromium.text("#sleeper-name") == "bed-3"


def test_events_of_one_kind_are_one_line_and_the_grave_ones_can_be_asked_for(
    chromium: Chromium, house: ConsoleHouse
) -> None:
    """Eight merges are one line that unfolds; the filter leaves what needs a look."""
    for bed in range(1, 9):
        house.do(lambda bed=bed: house.coordination.happen("merged", "loft", f"bed-{bed}"))
    house.do(lambda: house.coordination.happen("severed", "loft", "bed-5"))
    _load(chromium, house)
    chromium.until("document.querySelectorAll('#events > li').length === 2")
    events = chromium.ask(EVENTS)
    assert events[0].endswith("bed-5: severed")
    assert events[1].endswith("8 beds: merged")
    chromium.ask("document.querySelector('#events summary').click()")
    chromium.until("/bed-8: merged/.test(document.getElementById('events').innerText)")
    chromium.ask("document.getElementById('grave-only').click()")
    chromium.until("document.querySelectorAll('#events > li').length === 1")
