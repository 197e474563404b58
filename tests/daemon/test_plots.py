"""Plots as files: whole SVG, told in words, drawn from the message alone."""

import re
import xml.etree.ElementTree as ET

import pytest

from dreamapi.v1 import exposure_pb2 as exposure
from dreamd.plots.chart import Frame, Scale, marks
from dreamd.plots.response_chart import response_svg
from dreamd.plots.watch_chart import watch_svg
from fakes import plots

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """Every text of a plot, in order."""
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    "svg", [watch_svg(plots.old_house()), watch_svg(plots.new_house()), response_svg(plots.response())]
)
def test_a_plot_is_one_whole_file_that_asks_for_nothing(svg: str) -> None:
    """It parses, tells its content in words, and holds no script, no address and no number that is none."""
    root = ET.fromstring(svg)
    assert root.find(f"{SVG}title") is not None
    told = root.find(f"{SVG}desc")
    assert told is not None
    assert told.text
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"script|nan|inf\b|import|url\(", svg)


def test_the_watches_tell_blind_alarm_and_rate() -> None:
    """Each panel has its state: an alarm with its day, a declared rate, sleeper-nights of a blind one."""
    told = texts(watch_svg(plots.old_house()))
    assert "ALARM since 2027-02-01; rate 0.0106 a sleeper-night, own" in told
    assert "watching; rate 0.005 a sleeper-night, declared" in told
    assert told.count("blind") == 2
    assert told.count("alarm at 10,950") == 3
    empty = texts(watch_svg(plots.new_house()))
    assert empty.count("blind: 0 of 500 sleeper-nights") == 2
    assert empty.count("blind: 0 of 500 answered mornings") == 1
    assert empty.count("no night has been judged") == 3


def test_a_line_is_broken_where_a_watch_was_blind_and_ends_at_the_edge_beyond_any_number() -> None:
    """Nights before and after a blind span are two lines; evidence without a number is drawn at the top."""
    svg = watch_svg(plots.old_house())
    lines = re.findall(r'class="one" d="M([^"]*)"', svg)
    assert len(lines) == 1 + 1 + 2
    last_y = float(lines[0].rsplit(",", 1)[1])
    assert last_y == min(float(point.split(",")[1]) for point in lines[0].split("L"))


def test_one_night_alone_is_a_dot() -> None:
    """A watch with a single judged night has a dot, for a line of one point is not seen."""
    house = plots.old_house(nights=1)
    assert "<circle" in watch_svg(exposure.Surveillance(watches=[house.watches[1]]))


def test_the_response_tells_odds_bins_and_interval() -> None:
    """The odds for ten merge-minutes with their interval, and a sentence for each bin."""
    svg = response_svg(plots.response())
    assert (
        "odds x 1.65 for each 10 merge-minutes more (95 %: 1.35 to 2.01); 60 sleepers, 309 mornings, 33 low"
        in svg
    )
    assert "54 to 54 merge-minutes: 9 of 9 mornings low." in svg
    assert svg.count("<circle") == 4
    assert response_svg(exposure.ExposureResponse(intercept=-2.0, slope=0.1)).count("<circle") == 0


def test_marks_are_round_and_scales_stay_inside() -> None:
    """Marks are steps of 1, 2 or 5; a value outside a scale is placed at its end, one of no width midway."""
    assert marks(54.0, 6) == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert marks(0.9, 5) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    assert marks(0.0, 5) == [0.0]
    scale = Scale(0.0, 10.0, 100.0, 200.0)
    assert [scale.place(value) for value in (-5.0, 5.0, 50.0)] == [100.0, 150.0, 200.0]
    assert Scale(3.0, 3.0, 0.0, 10.0).place(3.0) == 5.0
    assert Frame(scale, scale).line([]) == ""
