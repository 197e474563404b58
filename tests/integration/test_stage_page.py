"""The artist's page in a real browser: a lead by keyboard, what stops it, its end; and axe-core."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from axe import grave_findings, needs_axe
from chromium import BINARY, Chromium
from depth import LONG
from dreamd.core.dreamscapes.views import CrowdView, DreamscapeState, SynchronyView
from fakes.callers import OPERATOR
from fakes.console_house import ConsoleHouse
from fakes.views import NOW_S, collective_view
from integration.people_pages import NAMES, SMALL, to_field

pytestmark = pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)")
BEDS = ("bed-1", "bed-2", "bed-3")
JUDGED_PAGES = ("clinic", "exchange", "stage")
OTHER_PAGES = ("", "guidelines", "consent")
"""Judged with DREAMD_LONG."""
ALPHA = "#f2"
"""alpha anterior."""
FIGURES = f"document.querySelector('{ALPHA}').closest('.feature').querySelector('.figures').innerText"


class Show:
    """A Dreamscape named night that an artist may lead; each tick applies half of what is asked, or all."""

    def __init__(self) -> None:
        self.house = ConsoleHouse(BEDS)
        self.number, self.part = 0, 1.0
        self.house.do(self._begin)

    def _begin(self) -> None:
        ask = self.house.coordination
        ask.add("night", DreamscapeState.DREAMING, BEDS)
        view = ask.sessions["night"]
        ask.sessions["night"] = replace(view, plan=replace(view.plan, artist_share=0.3))

    def tick(self) -> None:
        """Push a tick with what the artist asks, times `part`."""
        self.number += 1
        self.house.now_s = NOW_S + 0.25 * self.number + 0.2
        vector, share = self.house.coordination.artists.newest()
        crowd = CrowdView(
            synchrony=(SynchronyView("alpha", z=2.5),),
            artist=tuple(self.part * float(value) for value in vector),
            artist_share=self.part * share,
        )
        view = replace(collective_view("night", self.number), crowd=crowd)
        self.house.do(lambda: [one.push(view) for one in list(self.house.coordination.collective_watches)])

    def until(self, browser: Chromium, condition: str) -> None:
        """Tick on until the page holds this."""
        until_s = time.monotonic() + 20.0
        while not browser.ask(condition):
            assert time.monotonic() < until_s, (condition, browser.text("main")[:800])
            self.tick()
            time.sleep(0.1)

    def begin(self, browser: Chromium) -> None:
        """Open the page, and wait for its controls."""
        browser.forget_page()
        browser.go(f"{self.house.url}/stage")
        self.until(browser, "globalThis.dreamdStage?.drawnTick() > 0")


@pytest.fixture
def show(chromium: Chromium) -> Iterator[Show]:
    """A show that has not begun."""
    one = Show()
    chromium.prefer()
    chromium.size(1280, 900)
    yield one
    chromium.go("about:blank")
    one.house.close()


def said(element: str, words: str) -> str:
    """The condition that an element holds these words."""
    return f"document.getElementById('{element}').textContent.includes({json.dumps(words)})"


def test_an_artist_leads_by_keyboard_and_reads_what_is_applied(chromium: Chromium, show: Show) -> None:
    """Begin, move and give up without a mouse; asked and applied stand apart until they meet.

    Another page does not take the lead. A sever takes one confirmation, is told as what stops the lead, and
    the lead goes on being asked. A daemon that hangs ends it in words.
    """
    page = chromium
    show.begin(page)
    assert page.text("#headline") == "night dreams; no artist leads"
    assert page.ask(FIGURES).split() == ["anterior", "asked", "0.0", "applied", "0.0", "group", "0.2"]
    to_field(page, "#title")
    page.call("Input.insertText", text="Half light")
    to_field(page, ALPHA)
    for _ in range(10):
        page.press("ArrowRight")
    show.part = 0.5
    page.ask("document.getElementById('begin').focus()")
    page.press("Enter")
    show.until(page, said("headline", "You lead night: 5 % of the blend is yours"))
    assert page.ask("document.activeElement.id") == "give-up"
    page.until(said("stops", "What is applied follows what you ask."))
    page.until(said("group", "alpha, z 2.50"))
    show.until(page, f"{FIGURES}.replace(/\\s+/g, ' ').includes('asked 1.0 applied 0.5')")
    show.part = 1.0
    show.until(page, "document.querySelectorAll('#stops li').length === 0")
    leads = [call for call in show.house.coordination.calls if call[0] == "lead"]
    assert (len(leads), "Half light" in str(leads)) == (1, True)
    status, told = show.house.order(
        "stage/lead", page="p2", name="night", vector=[0.0] * 12, share=0.1, begin=True
    )
    assert (status, told["code"]) == (409, "LEAD_TAKEN")
    page.press("Escape")
    show.until(page, said("headline", "night dreams; no artist leads"))
    assert (page.text("#outcome"), page.ask("document.activeElement.id")) == ("You lead no more.", "begin")
    assert page.complaints == []
    page.press("Enter")
    show.until(page, said("headline", "You lead night"))
    _sever(page, show)
    _hang(page, show)


def _sever(page: Chromium, show: Show) -> None:
    page.ask("document.getElementById('sever').focus()")
    page.press("Enter")
    page.until("document.activeElement.id === 'confirm-yes'")
    page.press("Enter")
    show.until(page, said("outcome", "Severed night: 3 zeroed, 3 confirmed."))
    page.until(said("headline", "You ask to lead night; nothing is applied"))
    page.until(said("stops", "night is severed. A lead reaches no sleeper until an operator resumes it."))
    show.house.do(lambda: show.house.coordination.dreamscapes.resume(OPERATOR, "night"))
    show.until(page, f"!{said('stops', 'is severed')}")


def _hang(page: Chromium, show: Show) -> None:
    """While the house hangs the page says that the lead has ended, and it goes on by no hand of its own."""
    going = threading.Event()
    show.house.loop.call_soon_threadsafe(going.wait, 30.0)
    page.until(said("alarm", "You do not lead: the console does not answer"))
    page.until("document.body.dataset.live === 'false'")
    going.set()
    show.until(page, "document.body.dataset.live === 'true' && !document.getElementById('begin').hidden")
    _until(lambda: show.house.coordination.artists.newest()[1] == 0.0)


def _until(so: Callable[[], object]) -> None:
    until_s = time.monotonic() + 20.0
    while not so():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_a_plan_without_a_share_and_a_telephone(chromium: Chromium, show: Show) -> None:
    """A plan without a share is said, not offered; on a telephone nothing is too wide, unnamed or small."""
    page = chromium
    page.size(390, 844, mobile=True)
    show.begin(page)
    for scheme in ("light", "dark"):
        page.prefer(prefers_color_scheme=scheme)
        assert page.ask("document.scrollingElement.scrollWidth") <= 390
    assert (page.ask(NAMES), page.ask(SMALL)) == ([], [])
    page.ask("scrollTo(0, 0)")
    assert page.ask("document.getElementById('sever').getBoundingClientRect().bottom <= innerHeight")
    view = show.house.coordination.sessions["night"]
    plain = replace(view, plan=replace(view.plan, artist_share=0.0))
    show.house.do(lambda: show.house.coordination.sessions.update(night=plain))
    show.until(page, said("stops", "The plan of night gives an artist no share, so it cannot be led."))
    assert page.ask("document.getElementById('begin').disabled && document.getElementById('share').disabled")
    assert page.complaints == []


@needs_axe
def test_axe_finds_nothing_serious_on_the_pages(chromium: Chromium, show: Show) -> None:
    """In light and dark no page has a serious finding; a slider without a name would be one."""
    show.house.do(lambda: show.house.coordination.exchange.bring("evening", "cleared"))
    for path in (*(OTHER_PAGES if LONG else ()), *JUDGED_PAGES):
        chromium.forget_page()
        chromium.go(f"{show.house.url}/{path}")
        show.until(chromium, "document.querySelector('h1').textContent !== 'Looking for the daemon'")
        if path == "stage":
            show.begin(chromium)
        for scheme in ("light", "dark"):
            chromium.prefer(prefers_color_scheme=scheme)
            assert grave_findings(chromium) == [], (path, scheme)
    chromium.ask(f"document.querySelector('{ALPHA}').removeAttribute('aria-label')")
    chromium.ask("for (const one of document.querySelectorAll('#bands label')) one.remove()")
    assert grave_findings(chromium) == [f"label: {ALPHA}"]
