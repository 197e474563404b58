"""The report of a rehearsal in a real browser, at a desk and on a telephone."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chromium import BINARY, Chromium
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """One browser for all of them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        one = Chromium(Path(folder))
        yield one
        one.close()


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
