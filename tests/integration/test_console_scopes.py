"""Three Dreamscapes in different states, and every way out of them, pressed in a real browser."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from chromium import BINARY, Chromium
from depth import LONG
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.fleet.house import HouseView
from dreamd.core.safety.scopes import SeverScope
from dreamwire.messages import WakeScope
from fakes.console_house import ConsoleHouse

pytestmark = pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)")
SIZES = [pytest.param((1280, 800), id="1280"), pytest.param((390, 844), id="390")]
VIEWS = [(name, size) for name in ("d1", "d2", "d3") for size in ((1280, 800), (390, 844))]
VIEWS = VIEWS if LONG else [VIEWS[0], VIEWS[3], VIEWS[5]]
"""Each view at one width, the severed and the empty one on a telephone; each at both with DREAMD_LONG."""
LOST = HouseView(broker=False, broker_since_s=1.0, ledger="", blind=("d1",), online=6, unheard=6)


@pytest.fixture
def house() -> Iterator[ConsoleHouse]:
    """d1 dreams with four sleepers, d2 is severed, d3, the newest, gathers and is empty."""
    one = ConsoleHouse(tuple(f"bed-{n}" for n in range(1, 9)))

    def begin() -> None:
        ask = one.coordination
        one.seat("d1", DreamscapeState.DREAMING, ("bed-1", "bed-2", "bed-3", "bed-4"))
        one.seat("d2", DreamscapeState.SEVERED, ("bed-5", "bed-6"))
        one.seat("d3", DreamscapeState.GATHERING, ())
        for pod, site in (("bed-1", "north"), ("bed-8", "south")):
            ask.change(pod, site=site)
        ask.severs.pods_of[""] = ("bed-1", "bed-2", "bed-3", "bed-4", "bed-5", "bed-6")
        for at, (name, view) in enumerate(ask.sessions.items()):
            ask.sessions[name] = replace(view, created_s=view.created_s + at)

    one.do(begin)
    yield one
    one.close()


def opened(browser: Chromium, house: ConsoleHouse, size: tuple[int, int], of: str = "") -> Chromium:
    """The page in a window of this size; of: the Dreamscape in its address."""
    browser.size(*size, mobile=size[0] < 500)
    browser.go("about:blank")
    browser.forget_page()
    browser.go(f"{house.url}/{'#' + of if of else ''}")
    browser.until("document.getElementById('verdict').dataset.level !== 'unknown'")
    browser.until("document.querySelectorAll('#chooser option').length === 3")
    return browser


def until(so: Callable[[], object], within_s: float = 20.0) -> None:
    """Wait for a condition outside the page."""
    until_s = time.monotonic() + within_s
    while not so():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def asked(house: ConsoleHouse, *methods: str) -> list[tuple[object, ...]]:
    """The orders that the application got."""
    return [call for call in house.coordination.calls if call[0] in methods]


def by_keyboard(page: Chromium, button: str) -> None:
    """Go to a button with Tab, press it, and confirm with Enter."""
    page.ask(f"document.getElementById('{button}').scrollIntoView({{ block: 'center' }})")
    page.ask("document.activeElement.blur()")
    for _ in range(80):
        page.press("Tab")
        if page.ask("document.activeElement.id") == button:
            break
    assert page.ask("document.activeElement.id") == button
    page.press("Enter")
    page.until("document.getElementById('confirm').open && document.activeElement.id === 'confirm-yes'")
    page.press("Enter")
    page.until("!document.getElementById('confirm').open")


def test_the_page_opens_on_the_dreamscape_that_dreams(chromium: Chromium, house: ConsoleHouse) -> None:
    """The page opens on the dreaming Dreamscape, not the newest; buttons name it and the wider scopes."""
    page = opened(chromium, house, (1280, 800))
    assert page.ask("document.getElementById('chooser').value") == "d1"
    assert page.text("#sever") == "Sever d1"
    assert page.text("#wake") == "Wake d1"
    assert page.text("#sever-house") == "Sever all beds of this house (2 Dreamscapes, 6 sleepers)"
    for width, height in ((1280, 800), (390, 844)):
        page.size(width, height, mobile=width < 500)
        page.until(f"innerWidth === {width}")
        assert page.ask("document.scrollingElement.scrollWidth") <= width
    assert page.complaints == []


@pytest.mark.parametrize(("name", "size"), VIEWS)
def test_every_view_severs_what_its_button_says(
    chromium: Chromium, house: ConsoleHouse, size: tuple[int, int], name: str
) -> None:
    """By keyboard, in a dreaming, a severed and an empty one, each view severs what its button names."""
    page = opened(chromium, house, size, name)
    page.until(f"document.getElementById('sever').textContent === 'Sever {name}'")
    by_keyboard(page, "sever")
    until(lambda: asked(house, "sever") == [("sever", name, "the console")])
    page.until(f"/Severed {name}: \\d+ zeroed/.test(document.getElementById('outcome').textContent)")
    by_keyboard(page, "sever-house")
    until(lambda: asked(house, "severs.order"))
    assert asked(house, "severs.order") == [
        ("severs.order", SeverScope.FLEET, "", "the console", "the console")
    ]
    page.until("/Severed all beds of this house: 6 zeroed, 6 confirmed/.test(document.body.innerText)")
    by_keyboard(page, "wake")
    until(lambda: asked(house, "wake") == [("wake", name, "the console", "the console")])
    by_keyboard(page, "wake-house")
    until(lambda: asked(house, "wake_orders.order"))
    assert asked(house, "wake_orders.order")[0][1:3] == (WakeScope.FLEET, "")


def test_one_bed_and_one_site(chromium: Chromium, house: ConsoleHouse) -> None:
    """One bed from its panel and one site from the list: each order names its scope."""
    page = opened(chromium, house, (1280, 800))
    page.until("document.querySelector('#rows button') !== null")
    page.ask("document.querySelector('#rows button').click()")
    page.until("document.getElementById('release').textContent === 'Sever bed-1'")
    by_keyboard(page, "release")
    until(lambda: asked(house, "release") == [("release", "bed-1", "the console")])
    by_keyboard(page, "wake-bed")
    until(lambda: asked(house, "wake_orders.order"))
    assert asked(house, "wake_orders.order")[0][1:3] == (WakeScope.POD, "bed-1")
    page.ask("document.querySelector('#bysite').open = true")
    assert page.text("#sever-site") == "Sever site north"
    page.ask(
        "(() => { const s = document.getElementById('site'); s.value = 'south';"
        " s.dispatchEvent(new Event('change')); })()"
    )
    page.until("document.getElementById('sever-site').textContent === 'Sever site south'")
    by_keyboard(page, "sever-site")
    until(lambda: asked(house, "severs.order"))
    assert asked(house, "severs.order")[0][1:3] == (SeverScope.SITE, "south")
    by_keyboard(page, "wake-site")
    until(lambda: len(asked(house, "wake_orders.order")) == 2)
    assert asked(house, "wake_orders.order")[1][1:3] == (WakeScope.SITE, "south")


def test_the_beds_that_have_not_confirmed_are_named(chromium: Chromium, house: ConsoleHouse) -> None:
    """Beds without confirmation are named, in every Dreamscape of the order."""
    house.coordination.confirm_at_once = False
    page = opened(chromium, house, (1280, 800))
    by_keyboard(page, "sever-house")
    page.until("/Not confirmed by bed-1, bed-2, bed-3, bed-4, bed-5, bed-6/.test(document.body.innerText)")


def test_the_dialog_says_what_goes_on(chromium: Chromium, house: ConsoleHouse) -> None:
    """The dialog of d2 states that d1 goes on; that of the house that none does."""
    page = opened(chromium, house, (1280, 800), "d2")
    page.until("document.getElementById('sever').textContent === 'Sever d2'")
    page.ask("document.getElementById('sever').click()")
    page.until("document.getElementById('confirm').open")
    assert "d1 goes on" in page.text("#confirm-text")
    page.press("Escape")
    page.until("!document.getElementById('confirm').open")
    page.ask("document.getElementById('sever-house').click()")
    page.until("document.getElementById('confirm').open")
    assert "everyone in every Dreamscape" in page.text("#confirm-text")
    page.press("Escape")


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_broker_is_shown_first_and_the_ways_out_stay(
    chromium: Chromium, house: ConsoleHouse, size: tuple[int, int]
) -> None:
    """With a lost broker no green word is shown, and every way out stays on screen."""
    house.do(lambda: setattr(house.coordination, "house_view", LOST))
    page = opened(chromium, house, size)
    page.until("document.getElementById('verdict').dataset.level === 'grave'")
    assert "The broker is not reached" in page.text(".facts")
    assert page.ask("document.scrollingElement.scrollWidth") <= size[0]
    for button in ("sever", "wake", "sever-house", "wake-house"):
        assert page.ask(f"document.getElementById('{button}').disabled") is False
    by_keyboard(page, "sever-house")
    until(lambda: asked(house, "severs.order"))


def test_with_no_dreamscape_the_house_can_still_be_severed(chromium: Chromium, house: ConsoleHouse) -> None:
    """Without a Dreamscape the house can still be severed: a bed may hold an unknown slot."""
    house.do(house.coordination.sessions.clear)
    chromium.size(1280, 800)
    chromium.go(f"{house.url}/")
    chromium.until("/No Dreamscape exists/.test(document.body.innerText)")
    by_keyboard(chromium, "sever-house")
    until(lambda: asked(house, "severs.order"))
