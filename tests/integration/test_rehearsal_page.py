"""The pages of a rehearsal and of a festival, and the plots of surveillance, in a real browser."""

from pathlib import Path

import pytest

from axe import grave_findings, needs_axe
from chromium import BINARY, Chromium
from dreamd.festival.account.account import account_of
from dreamd.festival.page.document import Shown, document
from dreamd.festival.page.live import LivePage
from dreamd.plots.response_chart import response_svg
from dreamd.plots.watch_chart import watch_svg
from fakes import plots
from festival.built_facts import FACTS
from festival.built_timeline import ZONE, built_timeline
from festival.test_page import ended as festival_ended
from rehearse.stories import homogenised

pytestmark = pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)")
SIZES = [pytest.param((1280, 800), id="1280"), pytest.param((390, 844), id="390")]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OVERPRINTED = """(() => {
  const kinds = '.words span, .lane b, .lane span, .tiles b, .tiles span, .tiles small';
  const words = [...document.querySelectorAll(kinds)];
  const boxes = words.map((one) => [one.innerText, one.getBoundingClientRect()]);
  const found = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, b] = [boxes[i][1], boxes[j][1]];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 2) found.push([boxes[i][0], boxes[j][0]]);
  }
  return found;
})()"""
OUTSIDE = """[...document.querySelectorAll('main *')].filter((one) => {
  const box = one.getBoundingClientRect();
  return one.closest('svg') === null && box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => one.innerText)"""


@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_read_without_sideways_scroll_and_no_word_covers_another(
    chromium: Chromium, size: tuple[int, int], tmp_path: Path
) -> None:
    """At 1280 and at 390 pixels every word is inside the window, labels apart, the verdict in sight."""
    path = tmp_path / "report.html"
    path.write_text(homogenised())
    chromium.size(*size, mobile=size[0] < 600)
    chromium.go(path.as_uri())
    assert chromium.ask(SIDEWAYS) <= 0
    assert chromium.ask(OVERPRINTED) == []
    assert chromium.ask(OUTSIDE) == []
    assert chromium.text(".verdict").startswith("Failed: 1 of 10 faults")
    assert chromium.ask("document.querySelector('.verdict').getBoundingClientRect().bottom < innerHeight")
    assert not chromium.complaints


@pytest.mark.parametrize("size", SIZES)
def test_a_festivals_page_is_read_at_any_size_and_its_list_opens_by_keyboard(
    chromium: Chromium, size: tuple[int, int], tmp_path: Path
) -> None:
    """No sideways scroll, labels apart, the verdict in sight; Enter opens the list of all that happened."""
    path = tmp_path / "festival.html"
    path.write_text(festival_ended())
    chromium.size(*size, mobile=size[0] < 600)
    chromium.go(path.as_uri())
    assert chromium.ask(SIDEWAYS) <= 0
    assert chromium.ask(OVERPRINTED) == []
    assert chromium.ask(OUTSIDE) == []
    assert chromium.text(".verdict").startswith("It ended well")
    assert chromium.ask("document.querySelector('.verdict').getBoundingClientRect().bottom < innerHeight")
    chromium.ask("document.querySelector('#everything summary').focus()")
    chromium.press("Enter")
    chromium.until("document.querySelector('#everything').open")
    assert not chromium.complaints


@needs_axe
def test_neither_page_has_a_grave_fault_for_a_screen_reader_or_in_contrast(
    chromium: Chromium, tmp_path: Path
) -> None:
    """axe-core finds nothing serious or critical in both pages, light and dark, at the end and midway."""
    midway = document(Shown("A small festival", ZONE, built_timeline()[:40]))
    pages = {"report": homogenised(), "festival": festival_ended(letters=()), "midway": midway}
    for name, text in pages.items():
        path = tmp_path / f"{name}.html"
        path.write_text(text)
        for scheme in ("light", "dark"):
            chromium.prefer(**{"prefers-color-scheme": scheme})
            chromium.go(path.as_uri())
            assert grave_findings(chromium) == [], (name, scheme)


def test_a_festivals_page_follows_it_and_keeps_what_its_reader_opened(chromium: Chromium) -> None:
    """Each happening is drawn as it comes; an open list stays open; the end is the verdict."""
    timeline = built_timeline()
    with LivePage(0, Shown("A small festival", ZONE)) as page:
        chromium.go(page.address)
        chromium.until("document.querySelector('.verdict').innerText === 'It runs. It begins.'")
        page.tell(timeline[0])
        chromium.until("document.querySelector('.verdict').innerText.includes('72 asks')")
        chromium.ask("document.querySelector('#everything').open = true")
        for one in timeline[1:]:
            page.tell(one)
        chromium.until("document.querySelectorAll('h3').length === 1")
        assert chromium.ask("document.querySelector('#everything').open")
        page.close_with(account_of(FACTS, timeline))
        chromium.until("document.querySelector('.verdict').innerText.startsWith('It ended well')")
    assert not chromium.complaints


TEXTS_APART = """(() => {
  const texts = [...document.querySelectorAll('text')];
  const boxes = texts.map((one) => [one.textContent, one.getBoundingClientRect()]);
  const [, , width, height] = document.documentElement.getAttribute('viewBox').split(' ').map(Number);
  const outside = boxes.filter(([, b]) => b.left < 0 || b.top < 0 || b.right > width || b.bottom > height);
  const over = [];
  for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
    const [a, b] = [boxes[i][1], boxes[j][1]];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 2) over.push([boxes[i][0], boxes[j][0]]);
  }
  return { outside: outside.map(([words]) => words), over };
})()"""
GROUND = "getComputedStyle(document.querySelector('.ground')).fill"
INK = "getComputedStyle(document.querySelector('text')).fill"


def test_the_plots_are_drawn_light_and_dark_with_every_word_in_sight(
    chromium: Chromium, tmp_path: Path
) -> None:
    """No text leaves a plot or covers another, and the ground follows the reader's own setting."""
    chromium.size(1000, 800)
    drawn = {"old": watch_svg(plots.old_house()), "new": watch_svg(plots.new_house())}
    for name, svg in (drawn | {"dose": response_svg(plots.response())}).items():
        path = tmp_path / f"{name}.svg"
        path.write_text(svg)
        seen = set()
        for scheme in ("light", "dark"):
            chromium.prefer(**{"prefers-color-scheme": scheme})
            chromium.go(path.as_uri())
            assert chromium.ask(TEXTS_APART) == {"outside": [], "over": []}
            seen.add((chromium.ask(GROUND), chromium.ask(INK)))
        assert len(seen) == 2
    assert not chromium.complaints
