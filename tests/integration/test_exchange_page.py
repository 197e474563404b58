"""The exchange's page in a real browser: an ask by keyboard, a result that its sleeper reads, the account."""

from collections.abc import Iterator

import pytest

from chromium import BINARY, Chromium
from depth import LONG
from dreamd.core.exchange.book import Offer, Terms
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import Round
from dreamd.core.exchange.tickets import commitment
from fakes.console_house import ConsoleHouse
from fakes.exchange import CLERK, NONCES, FakeExchange, FakeRound
from integration.people_pages import NAMES, SMALL, press_word, to_field

pytestmark = pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)")
ASKS = 2100
TICKED = "document.querySelectorAll('#will input:checked').length"
COLUMNS = "document.querySelectorAll('#line rect').length"


def bring_crowd(exchange: FakeExchange) -> None:
    """A cleared round of ASKS asks of every class, for two kinds of berths."""
    terms = Terms(4000, 100_000_000, 0.15, 0.3, 0.2)
    kept = exchange.rounds.setdefault("crowd", FakeRound(Round("crowd", terms, exchange.now_s)))
    for offer, count in (("garden", 400), ("loft", 800)):
        kept.offers[offer] = Offer(offer, "north", "2026-11-30", ("quiet",), count, 2500)
    for person, nonce in NONCES.items():
        exchange.commit(person, "crowd", commitment(nonce))
    exchange.publish_round(CLERK, "crowd")
    classes = (AskClass.CRISIS, AskClass.COMMUNITY, AskClass.OPEN)
    for n in range(ASKS):
        exchange.place_ask(CLERK, "crowd", f"s{n}", classes[n % 3], ("garden", "loft")[n % 2 :])
    exchange.close_round(CLERK, "crowd")
    for person, nonce in NONCES.items():
        exchange.reveal(person, "crowd", nonce)


@pytest.fixture
def house() -> Iterator[ConsoleHouse]:
    """Rounds in every state that a sleeper reads."""
    one = ConsoleHouse(("bed-1",))

    def begin() -> None:
        for name in ("planned", "closed", "cleared", "open"):
            one.coordination.exchange.bring(name, name)

    one.do(begin)
    yield one
    one.close()


def test_a_sleeper_asks_by_keyboard_reads_the_result_and_gives_a_berth_back(
    chromium: Chromium, house: ConsoleHouse
) -> None:
    """Tick, put in order, ask, take back; then the berth, its reasons, and the line with one's own place.

    The account is shown by berth and saved.
    """
    page = chromium
    page.size(1280, 900)
    page.forget_page()
    page.go(f"{house.url}/exchange")
    page.until("!document.getElementById('one').hidden")
    assert page.text("#one-title") == "Round open"
    assert page.text("#rounds").splitlines()[::2] == ["open", "cleared", "closed", "planned"]
    for sleeper, listed in (("ada", 2), ("dora", 0)):
        name_oneself(page, sleeper)
        assert page.ask(TICKED) == listed, "a list is its sleeper's alone"
    to_field(page, "#will-loft")
    page.press("Space")
    to_field(page, "#will-garden")
    page.press("Space")
    page.until("document.querySelector('#will b').textContent === '1. loft'")
    to_field(page, "#up-garden")
    page.press("Enter")
    page.until("document.querySelector('#will b').textContent === '1. garden'")
    assert page.ask("document.activeElement.id") == "up-garden"
    press_word(page, "Ask")
    page.until("document.getElementById('outcome').textContent === 'Your ask stands in the book.'")
    assert page.text("#own-berth") == "As open: garden, then loft."
    assert page.ask("document.activeElement.id") == "own-title"
    press_word(page, "Take my ask back")
    page.until("document.getElementById('outcome').textContent === 'Your ask is taken back.'")
    assert not page.ask("document.getElementById('own-part').checkVisibility()")
    held = house.do(lambda: house.coordination.exchange.rounds["cleared"].holding.holds)
    read_result(page, next(iter(held)).removeprefix("ask-"))
    press_word(page, "Show the account")
    page.until("document.querySelectorAll('#account-rows tr').length === 2")
    assert page.ask("document.getElementById('account-file').download") == "round-cleared.csv"
    assert page.complaints == []


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a crowd of asks in the fake takes seconds")
def test_a_crowd_is_drawn_in_columns(chromium: Chromium, house: ConsoleHouse) -> None:
    """A round of 2,100 asks has fewer columns than asks, and the page names the command that verifies it."""
    page = chromium
    house.do(lambda: bring_crowd(house.coordination.exchange))
    page.size(1280, 900)
    page.forget_page()
    page.go(f"{house.url}/exchange")
    page.until("document.querySelector('[data-round=crowd]') !== null")
    page.ask("document.querySelector('[data-round=crowd]').click()")
    page.until("document.getElementById('line-words').textContent.startsWith('2,100 asks stand in line')")
    assert 100 < page.ask(COLUMNS) < 1000
    page.until("document.getElementById('faults').textContent.includes('dreamd exchange verify crowd')")
    assert page.complaints == []


def name_oneself(page: Chromium, sleeper: str) -> None:
    """Give a pseudonym, as on a machine without a site."""
    page.ask(f"document.getElementById('sleeper').value = '{sleeper}'")
    press_word(page, "Show my asks")
    page.until(f"document.getElementById('outcome').textContent === 'Asks of {sleeper} are shown.'")


def read_result(page: Chromium, sleeper: str) -> None:
    """The result of a sleeper that has a berth, which is then given back."""
    name_oneself(page, sleeper)
    page.ask("document.querySelector('[data-round=cleared]').focus()")
    page.press("Enter")
    page.until("document.activeElement.id === 'one-title'")
    assert page.text("#own-title") == "You have a berth"
    assert "You pay " in page.text("#own-berth")
    assert page.text("#sentences").startswith("Your place in line is ")
    assert "Yours is place " in page.text("#line-words")
    assert (page.ask(COLUMNS), page.ask("document.querySelectorAll('#line .own').length")) == (3, 1)
    assert page.text("#faults").startswith("This console has computed line, berths and money again")
    press_word(page, "Give my berth back")
    page.until("document.getElementById('outcome').textContent.startsWith('Your berth is given back.')")
    page.until("document.getElementById('own-title').textContent === 'You have left the line'")
    page.until("document.getElementById('line-words').textContent.includes('1 ask was cancelled')")


def test_a_round_is_read_on_a_telephone(chromium: Chromium, house: ConsoleHouse) -> None:
    """List and round take turns; nothing is too wide, without a name or too small, in light and dark."""
    page = chromium
    page.size(390, 844, mobile=True)
    page.forget_page()
    page.go(f"{house.url}/exchange")
    page.until("document.querySelectorAll('#rounds button').length === 4")
    name_oneself(page, "ada")
    for name in ("open", "cleared"):
        page.ask(f"document.querySelector('[data-round={name}]').click()")
        page.until(f"document.getElementById('one-title').textContent === 'Round {name}'")
        page.until("document.activeElement.id === 'one-title'")
        for scheme in ("light", "dark"):
            page.prefer(prefers_color_scheme=scheme)
            assert page.ask("document.scrollingElement.scrollWidth") <= 390
        assert (page.ask(NAMES), page.ask(SMALL)) == ([], [])
        page.ask("document.getElementById('back').click()")
        assert page.ask("document.activeElement.dataset.round") == name
    assert page.complaints == []
