"""The clinic's page in a real browser: a ward worked through by keyboard, two hundred cases, a telephone."""

import json
from dataclasses import replace

from chromium import Chromium
from dreamd.core.clinic.course import CaseKind, CaseState, opened
from dreamd.core.clinic.kept_case import CaseSitting, KeptCase
from dreamd.core.clinic.levels import Level
from fakes.access import FakeClock
from fakes.clinic import FakeClinic
from integration.people_pages import NAMES, sign_in

MARKUP = "<img src=x onerror=alert(1)> she slept well"
LINES = "[...document.querySelectorAll('#cases button')].map((one) => one.dataset.case)"
FOCUSED = "(document.activeElement.dataset.case ?? document.activeElement.id)"
UNNAMED = ("button", "link", "combobox", "textbox", "image", "heading")
DAY = 20_400
REST_S = 10.0
MANY = 200


def fill_ward(clinic: FakeClinic) -> None:
    """A Dreamscape's case and two of its sleepers; one that may be released; one of level 3; the viewer's."""
    parent = opened("mass", "", "north", Level.NOW, 1.0, kind=CaseKind.PARENT)
    clinic.cases["mass"] = KeptCase(parent, DAY, "night")
    for name, sleeper, level in (
        ("first", "ash", Level.NOW),
        ("second", "birch", Level.NOW),
        ("ready", "cedar", Level.TODAY),
        ("soon", "fir", Level.SOON),
        ("own", "ada", Level.NOTE),
    ):
        _change(
            clinic, clinic.opens(name, sleeper, level).case.id, parent="mass" if level is Level.NOW else ""
        )
    _change(clinic, "ready", state=CaseState.RETURNING, held=False, step=4)
    clinic.sat(
        "ready",
        CaseSitting(DAY, 0.4, True),
        CaseSitting(DAY + 1, float("nan"), False),
        CaseSitting(DAY + 2, 0.1, False),
    )


def _change(clinic: FakeClinic, name: str, **changes: object) -> None:
    kept = clinic.cases[name]
    clinic.cases[name] = replace(kept, case=replace(kept.case, **changes))  # type: ignore[arg-type]


def _look(browser: Chromium, condition: str) -> None:
    """Let the page read the house anew, as it does when it comes into sight, until this holds."""
    browser.ask("document.dispatchEvent(new Event('visibilitychange'))")
    browser.until(condition)


def _write(browser: Chromium, words: str) -> None:
    """Type into the field that has the focus, and confirm by keyboard."""
    browser.until("document.activeElement.id === 'text'")
    browser.call("Input.insertText", text=words)
    browser.press("Enter", control=True)


def _said(browser: Chromium, words: str) -> None:
    browser.until(f"document.getElementById('outcome').textContent === {json.dumps(words)}")


def _unnamed(browser: Chromium) -> list[str]:
    """Roles of what a screen reader meets without a name."""
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    shown = [one for one in nodes if not one.get("ignored") and one["role"]["value"] in UNNAMED]
    assert len(shown) > 10
    return [one["role"]["value"] for one in shown if not one["name"]["value"].strip()]


def work_through_a_ward(
    browser: Chromium, url: str, token: str, clinic: FakeClinic, clock: FakeClock
) -> None:
    """By keyboard alone: move, open, answer, note, hold, plan, release, close. Then on a telephone."""
    browser.size(1280, 900)
    browser.prefer(prefers_color_scheme="dark")
    sign_in(browser, url, token, "clinic")
    browser.until("!document.getElementById('one').hidden")
    assert browser.ask(LINES) == ["mass", "first", "second", "ready", "soon", "own"]
    assert browser.ask(
        "[...document.querySelectorAll('#cases h3 .count')].map((one) => one.textContent)"
    ) == [*("3 cases", "1 case", "1 case", "1 case")]
    assert browser.text("#children-title") == "Its cases that wait"
    assert browser.text("#children").splitlines()[0].startswith("ash level 1, now")
    assert browser.ask("document.scrollingElement.scrollWidth") <= 1280
    for part in (_answer_note_hold_and_plan, _release_and_close, _keep_the_focus, _hold_two_hundred):
        clock.now += REST_S  # calls that read are counted by this clock
        part(browser, clinic)
    _on_a_telephone(browser)
    assert browser.complaints == []


def _answer_note_hold_and_plan(browser: Chromium, clinic: FakeClinic) -> None:
    for key, case in (("j", "first"), ("ArrowDown", "second"), ("k", "first")):
        browser.press(key)
        assert browser.ask(FOCUSED) == case
    browser.press("t")  # on the line that has the focus, though another case is open
    browser.until("document.activeElement.id === 'level'")
    assert browser.text("#form-title") == "Answer it, and set its level: ash"
    browser.press("2")
    browser.press("Enter", control=True)
    _said(browser, "Answered: ash.")
    assert (clinic.cases["first"].case.level, clinic.cases["first"].case.state) == (
        Level.TODAY,
        CaseState.HELD,
    )
    browser.until("document.activeElement.id === 'one-title'")
    browser.press("n")
    _write(browser, MARKUP)
    _said(browser, "The note is kept: ash.")
    assert browser.text("#notes").splitlines()[0] == MARKUP
    assert browser.ask("document.querySelectorAll('article img').length") == 0
    browser.press("p")
    browser.until("document.activeElement.id === 'confirm'")
    browser.press("Escape")
    assert (browser.ask(FOCUSED), clinic.cases["first"].case.state) == ("act-plan", CaseState.HELD)
    browser.press("p")
    browser.until("document.activeElement.id === 'confirm'")
    browser.press("Enter")
    _said(browser, "The return is planned: ash.")
    browser.until("document.activeElement.id === 'one-title'")
    browser.press("r")
    _said(
        browser,
        "Release is not offered for ash. A release follows the last step of the return; this is step 1 of 3.",
    )
    browser.press("h")
    _write(browser, "by day")
    _said(browser, "Held: ash.")
    assert clinic.cases["first"].notes[-1].text == "by day"


def _release_and_close(browser: Chromium, clinic: FakeClinic) -> None:
    browser.press("Escape")
    assert browser.ask(FOCUSED) == "first"
    _go(browser, "ready")
    browser.press("Enter")
    browser.until("document.getElementById('one-title').textContent === 'cedar: level 2, today'")
    assert browser.ask("document.querySelectorAll('#pull circle').length") == 2
    assert "0.40 after an anchor session" in browser.ask("document.getElementById('pull-words').textContent")
    browser.press("r")
    _write(browser, "herself again")
    _said(browser, "Released: cedar.")
    assert clinic.cases["ready"].case.state is CaseState.RELEASED
    browser.until("document.activeElement.id === 'one-title'")
    assert "ready" not in browser.ask(LINES)
    browser.press("j")
    assert browser.ask(FOCUSED) == "soon", "the one that is now in its place"
    browser.press("t")
    browser.until("document.activeElement.id === 'level'")
    browser.press("Enter", control=True)
    _said(browser, "Answered: fir.")
    browser.until("document.activeElement.id === 'one-title'")
    browser.press("c")
    _write(browser, "nothing more")
    _said(browser, "Closed: fir.")
    browser.until("document.activeElement.id === 'one-title'")
    _go(browser, "own")
    browser.press("t")
    browser.until("document.activeElement.id === 'level'")
    browser.press("Enter", control=True)
    browser.until(
        "document.getElementById('alarm').textContent.includes('is one\\'s own: another clinician')"
    )
    browser.complaints.clear()  # the refusal of the house
    browser.press("Escape")
    browser.press("Escape")


def _go(browser: Chromium, case: str) -> None:
    """To a line by j alone."""
    for _ in range(12):
        if browser.ask(FOCUSED) == case:
            return
        browser.press("j")
    raise AssertionError(f"no j leads to {case}")


def _keep_the_focus(browser: Chromium, clinic: FakeClinic) -> None:
    """The focus stays on a case that climbs to another level, and goes to the next where it ends."""
    assert browser.ask(FOCUSED) == "own"
    _change(clinic, "own", level=Level.NOW, answer_by_s=0.5)
    _look(browser, f"{LINES}[0] === 'own'")
    assert browser.ask(FOCUSED) == "own"
    _change(clinic, "own", state=CaseState.CLOSED)
    _look(browser, f"!{LINES}.includes('own')")
    assert browser.ask(FOCUSED) == "mass"
    browser.press("n")
    browser.until("document.activeElement.id === 'text'")
    browser.call("Input.insertText", text="half a sentence")
    _change(clinic, "mass", level=Level.TODAY)
    _look(
        browser, "document.getElementById('outcome').textContent.startsWith('The case has changed meanwhile')"
    )
    assert browser.ask("document.activeElement.value") == "half a sentence"
    browser.press("Escape")


def _hold_two_hundred(browser: Chromium, clinic: FakeClinic) -> None:
    """A mass failure: two hundred cases under one heading, in order, drawn and scrolled at once."""
    for n in range(MANY):
        clinic.opens(f"m{n:03d}", f"sleeper-{n:03d}", Level.NOW)
        _change(clinic, f"m{n:03d}", parent="mass")
    _look(browser, f"{LINES}.length === {MANY + 3}")
    assert browser.ask(LINES) == ["second", *(f"m{n:03d}" for n in range(MANY)), "mass", "first"]
    assert browser.ask("document.querySelector('#cases h3').innerText").split()[-2:] == ["201", "cases"]
    browser.until(f"document.querySelectorAll('#children li').length === {MANY + 2}")
    assert browser.ask("document.scrollingElement.scrollHeight") < 4000, "the list scrolls in itself"
    assert _unnamed(browser) == []


def _on_a_telephone(browser: Chromium) -> None:
    """The list and the case take turns; nothing is wider than the telephone, in light and dark."""
    browser.size(390, 844, mobile=True)
    browser.ask("document.getElementById('back').click()")
    for scheme in ("light", "dark"):
        browser.prefer(prefers_color_scheme=scheme)
        assert browser.ask("document.scrollingElement.scrollWidth") <= 390
    assert not browser.ask("document.getElementById('one').checkVisibility()")
    browser.ask("document.querySelector('[data-case=second]').click()")
    browser.until("document.activeElement.id === 'one-title'")
    assert not browser.ask("document.getElementById('cases').checkVisibility()")
    assert browser.ask("document.scrollingElement.scrollWidth") <= 390
    assert browser.ask(NAMES) == []
    browser.ask("document.getElementById('back').click()")
    assert browser.ask(FOCUSED) == "second"
    browser.size(1280, 900)
