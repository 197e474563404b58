"""The report of a rehearsal: one self-contained page with the recorded results."""

import math
from datetime import UTC, datetime
from html.parser import HTMLParser

from dreamapi.v1.dreamscapes_pb2 import Collective, Identity, Runaway, Synchrony
from dreamd.rehearsal.charts import Axis, curve
from dreamd.rehearsal.group_history import MOMENTS_MAX, CrowdRecord
from dreamd.rehearsal.report import Page, page
from dreamd.up.report.metrics_scrape import Totals
from dreamd.up.report.night_history import Record
from rehearse.stories import COUNT, T0_NS, Story, at


class Tags(HTMLParser):
    """Tags and words of a page; a tag closed twice or never is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in {"meta", "rect", "path", "tr", "td"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"rect", "path"}:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def tick(dispersion: float, halved: str = "") -> Collective:
    """A tick as watchers see it."""
    return Collective(
        merged=9,
        level=0.15,
        identity=Identity(dispersion_ratio=dispersion),
        runaway=Runaway(energy=0.3, energy_limit=1.2),
        synchrony=[Synchrony(band="alpha", z=1.0), Synchrony(band="beta")],
        halved_cause=halved,
    )


def reported() -> Tags:
    """The page of a group that was halved and severed."""
    failing = tuple(f"bed-{number}" for number in range(1, COUNT + 1))
    story = Story("homogenise", failing)
    story.tell(90.0, "", "homogenise")
    crowd = CrowdRecord()
    for second in range(20, 90):
        crowd.note(tick(1.0 - second / 100.0, "homogenise" if second > 80 else ""), float(second))
        story.fall("bed-2", float(second), "daemon") if second == 89 else None
    story.account.closing = True
    record = Record.of(T0_NS, 0.15, [])
    record.close(at(100.0))
    told = {**story.books.as_json(Totals()), "halved": 1, "signal": "features"}
    tags = Tags()
    tags.feed(page(Page(story.books, crowd, told, record, datetime(2026, 7, 1, 23, 5, tzinfo=UTC))))
    tags.close()
    return tags


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    """Every tag is closed, and nothing is loaded from elsewhere."""
    tags = reported()
    assert tags.open == []
    assert tags.links == []
    assert tags.seen.count("svg") >= 4


def test_the_page_says_what_the_books_say() -> None:
    """The page has name, causes, limits, times of halving and sever, and the sleepers not home."""
    words = reported().words
    for said in (
        *("homogenise begins", "halved: homogenise", "everyone severed: homogenise", "halved below 0.2"),
        *(
            "severed below 0.1",
            "1 of 10 came home",
            "not said",
            "made to fail (10)",
            "01 July 2026",
        ),
    ):
        assert said in words, said


def test_a_curve_has_a_gap_where_nothing_is_known() -> None:
    """A curve has a gap at NaN."""
    path = curve(Axis(0.0, 10.0), [(0.0, 1.0), (1.0, 1.0), (2.0, math.nan), (3.0, 1.0)], (0.0, 2.0), 100.0)
    assert path.count("M") == 2
    assert "nan" not in path


def test_the_moments_kept_are_bounded() -> None:
    """Of an hour at four a second at most 2,400 moments are kept, evenly, with the newest."""
    crowd = CrowdRecord()
    for number in range(14_400):
        crowd.note(tick(1.0), number / 4)
    assert MOMENTS_MAX / 4 < len(crowd.moments) < MOMENTS_MAX
    assert crowd.moments[-1].t_s > 3_590.0


def test_what_could_not_be_said_is_no_number() -> None:
    """A statistic missing in the tick is NaN, and a band without a z does not count."""
    crowd = CrowdRecord()
    crowd.note(tick(0.5), 1.0)
    (moment,) = crowd.moments
    assert math.isnan(moment.rank_ratio)
    assert (moment.dispersion_ratio, moment.z) == (0.5, 1.0)


def test_a_halving_is_counted_once_until_it_ends() -> None:
    """Forty halved ticks are one halving; another after a pause is a second."""
    crowd = CrowdRecord()
    for second, cause in enumerate(["", "gain-runaway", "gain-runaway", "", "gain-runaway"]):
        crowd.note(tick(1.0, cause), float(second))
    assert crowd.halvings == [(1.0, "gain-runaway"), (4.0, "gain-runaway")]
