"""The picture of pull by day: whole, self-contained, the same in words, for every record."""

from math import inf, nan
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.core.clinic.pull_svg import HEIGHT, WIDTH, pull_svg
from dreamd.core.clinic.restoration import NOT_READ, PulledSitting, PullRecord

SVG = "{http://www.w3.org/2000/svg}"
DAY = 20_000
RECORD = PullRecord(
    tuple(PulledSitting(DAY + n, pull, n % 2 == 1) for n, pull in enumerate((0.7, 0.5, nan, 0.2, 0.1))),
    (0.05, -0.1, 0.06),
    0.35,
    restored=False,
    why="the upper limit of the last 3 sittings is 0.35, it takes below 0.3",
    offered=(DAY, DAY + 3),
)


def drawn(record: PullRecord) -> ET.Element:
    """The document, parsed; every place in it is a number inside the picture."""
    text = pull_svg(record, "Pull <of> one & day")
    assert "nan" not in text.split("</desc>")[1]
    assert "inf" not in text.split("</desc>")[1]
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    root = ET.fromstring(text)
    for one in root.iter():
        for name, most in (("x", WIDTH), ("cx", WIDTH), ("y", HEIGHT), ("cy", HEIGHT)):
            assert 0.0 <= float(one.get(name, "0")) <= most
    return root


def marks(root: ET.Element, kind: str) -> int:
    """How many sittings of this kind are drawn; one mark of each is the legend's."""
    return sum(one.get("class") == kind for one in root.iter(f"{SVG}circle")) - 1


def test_each_sitting_is_a_mark_and_a_sentence() -> None:
    """Sittings after an anchor session are filled, others open; one without a number is a cross, and said."""
    root = drawn(RECORD)
    assert (marks(root, "filled"), marks(root, "mark")) == (2, 2)
    words = root.findtext(f"{SVG}desc") or ""
    assert "5 Oct: 0.50 after an anchor session." in words
    assert "6 Oct: not measured." in words
    assert RECORD.why in words
    texts = [one.text or "" for one in root.iter(f"{SVG}text")]
    assert any(RECORD.why in text for text in texts)
    assert "upper limit 0.35" in texts


@pytest.mark.parametrize("record", [PullRecord(), NOT_READ, PullRecord(why="pull cannot be measured: near")])
def test_without_sittings_the_picture_says_why(record: PullRecord) -> None:
    """A record without sittings is a picture without marks that gives the reason."""
    root = drawn(record)
    assert (marks(root, "filled"), marks(root, "mark")) == (0, 0)
    assert record.why in (root.findtext(f"{SVG}desc") or "")


pulls = st.floats(-40.0, 40.0) | st.just(nan) | st.just(inf)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 64), pulls, st.booleans()), max_size=64),
    st.lists(st.floats(-3.0, 3.0), max_size=8),
    st.floats(-50.0, 50.0) | st.just(nan),
)
def test_every_record_is_drawn_inside_the_picture(
    sittings: list[tuple[int, float, bool]], baseline: list[float], upper: float
) -> None:
    """Any pulls, days and limits give a whole document with every place inside."""
    taken = sorted({day: PulledSitting(DAY + day, pull, after) for day, pull, after in sittings}.items())
    record = PullRecord(tuple(one for _, one in taken), tuple(baseline), upper, offered=(DAY, DAY + 1))
    drawn(record)
