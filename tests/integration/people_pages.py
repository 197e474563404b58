"""Pages of people in a real browser: a sleeper's consent by the code of a bed, and the guidelines."""

import json
from collections.abc import Mapping

from chromium import Chromium

NAMES = """[...document.querySelectorAll('input, button, select, textarea')].filter((one) =>
  one.checkVisibility() && !(one.labels?.[0]?.textContent.trim() || one.textContent.trim() || one.ariaLabel))
  .map((one) => one.id || one.name)"""
"""Controls in sight without a name that a screen reader could read."""
SMALL = """[...document.querySelectorAll('button, .pick, .times input')].filter((one) => one.checkVisibility()
  && one.getBoundingClientRect().height < 44).map((one) => one.textContent || one.id)"""
"""Targets in sight that a thumb could miss."""
TICKED = "document.querySelectorAll('#give input:checked').length"


def to_field(browser: Chromium, selector: str, most: int = 60) -> None:
    """Go to a field by Tab alone."""
    found = f"document.activeElement === document.querySelector({json.dumps(selector)})"
    for _ in range(most):
        if browser.ask(found):
            return
        browser.press("Tab")
    raise AssertionError(f"no Tab leads to {selector}")


def walk_in(browser: Chromium, url: str, code: str) -> None:
    """A code of the bed opens the page on a telephone; the sleeper begins, grants by keyboard, withdraws."""
    browser.size(390, 844, mobile=True)
    browser.go("about:blank")
    browser.forget_page()
    browser.addresses.clear()
    browser.go(f"{url}consent#{code}")
    browser.until("document.activeElement.id === 'begin'")
    browser.press("Enter")
    browser.until("document.activeElement.id === 'now-title'")
    assert browser.ask("location.href") == f"{url}consent"
    assert not [one for one in browser.addresses if code in one and "#" not in one]
    assert browser.text("#who") == "ash"
    assert browser.text("#now") == "You have given no consent. Nothing is merged."
    assert browser.ask(TICKED) == 0
    assert browser.ask(NAMES) == []
    assert browser.ask(SMALL) == []
    assert browser.ask("document.scrollingElement.scrollWidth") <= 390
    browser.until("document.querySelector('#letters button') !== null")
    browser.until("document.getElementById('dose-facts').textContent !== ''")
    browser.ask("document.querySelector('#letters button').focus()")
    browser.press("Enter")
    browser.until("document.activeElement.id === 'letter-title'")
    assert "You merged once" in browser.text("#letter")
    assert "7.4 of 60 merge-minutes" in browser.text("#dose-facts")
    grant(browser)
    assert browser.text("#now").startswith("You have given consent. It holds until ")
    facts = browser.text("#now-facts")
    assert "What may happen: Merge" in facts
    assert "How strong: at most 10 in 100" in facts
    assert browser.ask(TICKED) == 0, "the form is empty again"
    withdraw(browser)
    answer_the_morning(browser)
    browser.ask("document.getElementById('word').focus()")
    browser.press("Enter")
    browser.until("document.getElementById('alarm').textContent.startsWith('Nothing is erased')")
    browser.ask("document.getElementById('word').value = 'erase'")
    browser.press("Enter")
    browser.until(
        "document.getElementById('outcome').textContent.startsWith('Everything about you is erased.')"
    )
    assert browser.ask("document.activeElement.id") == "now-title"
    assert browser.complaints == []


def grant(browser: Chromium) -> None:
    """By keyboard: what is missing is told and has the focus; then the grant holds."""
    to_field(browser, "[name=scopes][value=merge]")
    browser.press("Space")
    to_field(browser, "#send")
    browser.press("Enter")
    browser.until("document.getElementById('missing').textContent.startsWith('Choose how it may reach you.')")
    assert browser.ask("document.activeElement.name") == "modalities"
    browser.press("Space")
    to_field(browser, "[name=ceiling]")
    browser.press("ArrowRight")
    browser.until("document.querySelector('[name=ceiling]:checked').value === '0.1'")
    to_field(browser, "[name=days]")
    browser.press("Space")
    to_field(browser, "#adult")
    browser.press("Space")
    to_field(browser, "#send")
    browser.press("Enter")
    browser.until(
        "document.getElementById('outcome').textContent === 'Your consent is written down and holds.'"
    )
    assert browser.ask("document.activeElement.id") == "now-title"


def answer_the_morning(browser: Chromium) -> None:
    """The open case with whom to ring; by keyboard a step of KSS in its words; one of five is not enough."""
    browser.until("!document.getElementById('case-part').hidden")
    assert browser.text("#case").startswith(
        "The clinic cares for you. Until it releases you, you sleep alone."
    )
    assert browser.text("#case-next").startswith("Ring 020 7946 0018 to speak about it.")
    steps = browser.ask("[...document.querySelectorAll('#kss label')].map((one) => one.textContent)")
    assert (len(steps), steps[0], steps[6]) == (9, "Extremely alert", "Sleepy, but no effort to keep awake")
    browser.ask("document.getElementById('answer').focus()")
    browser.press("Enter")
    browser.until("document.activeElement.name === 'kss'")
    assert browser.text("#unanswered") == "Choose one answer first."
    browser.press("Space")
    browser.ask("document.getElementById('weekly').open = true")
    browser.ask("document.querySelector('[name=who5-0]').click()")
    assert browser.ask(NAMES) == []
    assert browser.ask(SMALL) == []
    assert browser.ask("document.scrollingElement.scrollWidth") <= 390
    browser.ask("document.getElementById('answer').focus()")
    browser.press("Enter")
    browser.until("document.activeElement.name === 'who5-1'")
    for item in range(5):
        browser.ask(f"document.querySelector('[name=who5-{item}][value=\"1\"]').click()")
    browser.ask("document.getElementById('answer').focus()")
    browser.press("Enter")
    browser.until(
        "document.getElementById('outcome').textContent.startsWith('Thank you. Your answers are kept.')"
    )
    assert browser.ask("document.activeElement.id") == "morning-title"
    assert browser.ask("document.querySelectorAll('#morning input:checked').length") == 0


def withdraw(browser: Chromium) -> None:
    """One press, no question, from wherever the page is scrolled to; the page says what came of it."""
    browser.ask("scrollTo(0, document.body.scrollHeight)")
    browser.until("document.getElementById('withdraw').getBoundingClientRect().top >= 0")
    box = browser.ask(
        "(({ x, y }) => [x + 20, y + 20])(document.getElementById('withdraw').getBoundingClientRect())"
    )
    browser.click(*box)
    browser.until(
        "document.getElementById('outcome').textContent.startsWith('Withdrawn. Your bed has confirmed')"
    )
    browser.until("document.getElementById('now').textContent.startsWith('You have withdrawn')")
    assert browser.complaints == []


def sign_in(browser: Chromium, url: str, token: str, page: str) -> None:
    """Begin a session in the browser, and open a page with it."""
    own = {"X-Dreamd-Console": "1", "Content-Type": "application/json"}
    sent = json.dumps({"method": "POST", "headers": own, "body": json.dumps({"secret": token})})
    assert browser.ask(f"fetch('/session', {sent}).then((answer) => answer.status)") == 200
    browser.go("about:blank")
    browser.forget_page()
    browser.go(f"{url}{page}")


def walk_in_at_the_desk(browser: Chromium, url: str, token: str) -> None:
    """An operator makes the login of a walk-in by keyboard; nothing else is offered."""
    browser.size(390, 844, mobile=True)
    sign_in(browser, url, token, "access")
    browser.until("!document.getElementById('walk-in-part').hidden")
    assert browser.ask("document.getElementById('enrol-part').checkVisibility()") is False
    assert browser.ask(NAMES) == []
    for sleeper, said in (("ash", "Not enrolled: this sleeper has a login"), ("cedar", "cedar may enrol.")):
        browser.ask(f"document.querySelector('#walk-in [name=name]').value = '{sleeper}'")
        to_field(browser, "#walk-in-send")
        browser.press("Enter")
        browser.until(f"document.getElementById('outcome').textContent.startsWith({json.dumps(said)})")
    assert "by this picture, with a telephone of their own" in browser.text("#line-words")
    assert browser.ask("document.activeElement.id") == "line"
    assert browser.ask("document.getElementById('qr').width") > 20
    assert browser.ask("document.scrollingElement.scrollWidth") <= 390
    browser.ask("document.getElementById('line-done').click()")
    assert browser.ask("document.activeElement.form.id") == "walk-in"
    browser.size(1280, 900)


def press_word(browser: Chromium, words: str) -> None:
    """Press the button with these words, by keyboard."""
    button = (
        f"[...document.querySelectorAll('button')].find((one) => one.textContent === {json.dumps(words)})"
    )
    browser.until(f"{button} !== undefined")
    browser.ask(f"{button}.focus()")
    browser.press("Enter")


def read_guidelines(browser: Chromium, url: str, tokens: Mapping[str, str]) -> None:
    """Revision 2 is read, commented and ratified by two people; another role reads why it may not ratify."""
    browser.size(1280, 900)
    sign_in(browser, url, tokens["nora"], "guidelines")
    browser.until("!document.getElementById('one').hidden")
    assert browser.text("#one-state").startswith("Open for comments since ")
    changed = browser.text("#diff").split()
    assert changed[:2] == ["Tightened", "G-3.1"]
    assert changed[-5:] == ["60", "merge-minutes", "becomes", "50", "merge-minutes"]
    assert browser.text("#dry-words") == "No admission is kept yet, so it was run over none."
    browser.ask("document.getElementById('text').value = 'Three nights a week are many.'")
    press_word(browser, "Comment")
    browser.until("document.getElementById('outcome').textContent === 'Your comment is written down.'")
    assert "Three nights a week are many." in browser.text("#comments")
    assert browser.ask("document.activeElement.id") == "one-title"
    press_word(browser, "Ratify revision 2 as clinician")
    browser.until("document.getElementById('outcome').textContent === 'Revision 2 is ratified as clinician.'")
    assert "nora has ratified it as clinician; the other is another person." in browser.text("#ratify-words")
    assert browser.complaints == []
    browser.size(390, 844, mobile=True)
    sign_in(browser, url, tokens["olga"], "guidelines")
    browser.until("!document.getElementById('one').hidden")
    assert browser.text("#ratify-words").endswith("olga is operator.")
    assert browser.ask("document.querySelectorAll('#ratify button').length") == 0
    assert browser.ask("document.scrollingElement.scrollWidth") <= 390
    assert browser.ask(NAMES) == []
    sign_in(browser, url, tokens["vera"], "guidelines")
    press_word(browser, "Ratify revision 2 as advocate")
    browser.until("document.getElementById('force-words').textContent.startsWith('Revision 2 since ')")
    assert "Ratified by" not in browser.text("#alarm")
    assert "50 merge-minutes" in browser.text("#clauses")
    assert browser.complaints == []
