"""The documentation's site in a real browser: both widths, both schemes, by keyboard."""

import functools
import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chromium import BINARY, Chromium
from depth import LONG

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "build" / "docs" / "site"
PAGES = ("index", "docs/operating", "docs/reference", "api/python", "api/severs", "docs/decisions/index")
pytestmark = [
    pytest.mark.skipif(not LONG, reason="DREAMD_LONG: make docs installs MkDocs"),
    pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)"),
]


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the site, built strictly and served as files."""
    subprocess.run(["make", "docs"], cwd=ROOT, check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser."""
    found = Chromium(tmp_path_factory.mktemp("browser"))
    yield found
    found.close()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_scrolls_sideways_or_asks_another_host(
    browser: Chromium, site: str, page: str, width: int
) -> None:
    """At both widths a page is within the window, complains of nothing, and asks its own server alone."""
    browser.forget_page()
    browser.addresses.clear()
    browser.size(width, 844, mobile=width < 600)
    browser.go(f"{site}{page}.html")
    assert browser.ask("document.scrollingElement.scrollWidth") <= width
    assert browser.ask("document.querySelector('article h1').innerText") != ""
    assert [one for one in browser.addresses if not one.startswith((site, "about:", "data:", "blob:"))] == []
    assert browser.complaints == []


@pytest.mark.parametrize(("scheme", "painted"), [("light", "default"), ("dark", "slate")])
def test_the_scheme_is_the_readers_own(browser: Chromium, site: str, scheme: str, painted: str) -> None:
    """A reader that prefers dark pages gets them without a click."""
    browser.ask("localStorage.clear()")
    browser.prefer(prefers_color_scheme=scheme)
    browser.go(f"{site}index.html")
    browser.until(f"document.body.dataset.mdColorScheme === '{painted}'")


def test_a_reader_searches_by_keyboard(browser: Chromium, site: str) -> None:
    """`/` opens the search, words find a page, and the arrow and Enter keys lead there."""
    browser.size(1280, 844)
    browser.go(f"{site}index.html")
    browser.press("/")
    browser.until("document.activeElement.getAttribute('data-md-component') === 'search-query'")
    for key in "sever":
        browser.press(key)
    browser.until("document.querySelectorAll('.md-search-result__item').length > 3")
    browser.press("ArrowDown")
    browser.press("Enter")
    browser.until("!location.pathname.endsWith('/index.html')")
