"""The artist's page at a site: an artist that lies in a pod reads their own seat, and leaves by it."""

from dataclasses import replace

from chromium import Chromium
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination
from fakes.views import seat_view
from integration.people_pages import press_word, sign_in

GRANTS = (Grant(Role.ARTIST, dreamscapes=frozenset({"night"})), Grant(Role.SLEEPER, sleeper="ada"))


def lie_and_lead(browser: Chromium, url: str, token: str, application: FakeCoordination) -> None:
    """Of two seats the own one is shown; the bed is severed from the page; a severed leader is refused."""
    view = application.sessions["night"]
    seats = (seat_view(1, "bed-1", sleeper="ada", identity=0.8), seat_view(2, "bed-2", sleeper="birch"))
    application.sessions["night"] = replace(
        view, plan=replace(view.plan, artist_share=0.3), seats=seats, assigned=2, merged=2
    )
    browser.size(1280, 900)
    sign_in(browser, url, token, "stage")
    browser.until("document.getElementById('own-part').checkVisibility()")
    assert browser.text("#own-state") == "merged"
    assert browser.text("#own").split()[:7] == [
        "Coupling",
        "0.100",
        "of",
        "0.120",
        "Likeness",
        "to",
        "yourself",
    ]
    assert "0.80" in browser.text("#own")
    assert "2 of 2 merged" in browser.text("#group")
    assert "birch" not in browser.text("body")
    assert browser.text("#viewer") == "mia"
    press_word(browser, "Lead night")
    browser.until("document.getElementById('outcome').textContent === 'You have begun to lead night.'")
    press_word(browser, "Sever my bed")
    browser.until("document.activeElement.id === 'confirm-yes'")
    browser.press("Enter")
    browser.until("document.getElementById('outcome').textContent.includes('Severed bed-1: 1 zeroed')")
    press_word(browser, "Give up the lead")
    browser.until("document.getElementById('outcome').textContent === 'You lead no more.'")
    assert browser.complaints == []
    application.refuse("lead", Refusal(Code.LEADER_SEVERED, "the artist lies in bed-1 and was severed"))
    press_word(browser, "Lead night")
    browser.until(
        "document.getElementById('alarm').textContent.startsWith('You do not lead: the artist lies in bed-1')"
    )
    assert browser.ask("document.activeElement.id") == "begin"
    browser.complaints.clear()  # the refusal of the house
