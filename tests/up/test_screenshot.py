"""The live screen as a picture."""

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from dreamd.terminal.clock import now_ns
from dreamd.up.display import Display
from dreamd.up.keys import KEYS
from dreamd.up.plan import CannotRun
from dreamd.up.report.screenshot import SIZE, picture, wanted
from dreamd.up.screen import screen
from up.stories import at, dreaming, sever
from up.test_screen import HEADING


def words(svg: str) -> list[str]:
    """The lines of text in a picture, top to bottom, without spaces, empty lines or the title."""
    lines: dict[float, str] = {}
    for one in ET.fromstring(svg).iterfind(".//{*}g[@class='dreamd-matrix']/{*}text"):
        y = float(one.attrib["y"])
        lines[y] = lines.get(y, "") + (one.text or "")
    return [text for y in sorted(lines) if (text := re.sub(r"\s+", "", lines[y]))]


def severed_night() -> Display:
    """A show of a night in which bed-5 was severed at 25 s."""
    chronicle = dreaming(until_s=25.0)
    sever(chronicle, "bed-5", 25.0)
    chronicle.settle(at(26.0))
    return Display(chronicle, HEADING, Console(file=io.StringIO()), 60.0, lambda: None)


def test_the_picture_says_what_the_screen_says() -> None:
    """The picture has exactly the lines of a terminal of 100 by 24, in order."""
    show = severed_night()
    shown = screen(show.chronicle.board, HEADING, 26.0, 60.0, SIZE)
    out = io.StringIO()
    Console(file=out, width=SIZE[0], height=SIZE[1], color_system=None).print(shown)
    expected = [line for text in out.getvalue().splitlines() if (line := re.sub(r"\s+", "", text))]
    assert words(picture(shown, "dreamd up")) == expected
    assert "bed-5severed:railed,zeroin12ms,sevendreamon" in "".join(expected)


def test_the_picture_loads_nothing() -> None:
    """No font, image, script or style is loaded: the picture is legible without a network."""
    svg = picture(screen(severed_night().chronicle.board, HEADING, 26.0, 60.0, SIZE), "dreamd up")
    assert not re.search(r"@font-face|@import|href|<image|<script|url\((?!#)", svg)
    assert "monospace" in svg


def test_what_could_be_markup_is_text() -> None:
    """A name with angle brackets and quotes is printed as it is and leaves the picture whole."""
    svg = picture(Text("<b>&\"'{x}"), "<up>&")
    assert words(svg) == ["<b>&\"'{x}"]


async def test_the_screenshot_is_taken_once_and_with_the_keys() -> None:
    """The screenshot is taken at its second, once, with the keys."""
    show = severed_night()
    show.chronicle.record.t0_ns = show.chronicle.board.t0_ns = now_ns() - 27_000_000_000
    show.chronicle.begins(show.chronicle.record.t0_ns + 5_000_000_000)
    await show.shoot_at(26.0)
    first = show.shot
    assert "27of60s" in words(first)[-1]
    for _, what in KEYS:
        assert what.replace(" ", "") in words(first)[-1]
    show.chronicle.say(now_ns(), "something later")
    show.shoot()
    assert show.shot == first


def test_path_and_second_are_read(tmp_path: Path) -> None:
    """The last @ separates the second: a path may have one of its own."""
    one = wanted(f"{tmp_path}/a@b.svg@27.5")
    assert (one.path, one.at_s) == (tmp_path / "a@b.svg", 27.5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("screen.svg", "is not PATH@SECONDS"),
        ("screen.svg@", "is not PATH@SECONDS"),
        ("screen.svg@-3", "is not PATH@SECONDS"),
        ("screen.svg@nan", "is not PATH@SECONDS"),
        ("@27", "is not PATH@SECONDS"),
        ("a.svg@" + "9" * 400, "is not PATH@SECONDS"),
        ("/nowhere/screen.svg@27", "does not exist.*--screenshot"),
        ("/@27", "is a directory.*--screenshot"),
    ],
)
def test_a_screenshot_that_cannot_be_is_refused(text: str, sentence: str) -> None:
    """An invalid flag is refused before the start, with the valid form."""
    with pytest.raises(CannotRun, match=sentence):
        wanted(text)
