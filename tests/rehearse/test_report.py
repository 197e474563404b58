"""The report of a rehearsal: one self-contained page with the recorded results."""

import math
from html.parser import HTMLParser

from dreamd.rehearsal.charts import Axis, curve
from dreamd.rehearsal.group_history import MOMENTS_MAX, CrowdRecord
from dreamd.rehearsal.report_labels import LABELS
from rehearse.stories import ORIGIN, Story, homogenised, tick, told_of


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


def reported() -> Tags:
    """The page of a group that was halved and severed, read."""
    tags = Tags()
    tags.feed(homogenised())
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
            "not known: it needs 8 merged sleepers",
            "with a fault (10)",
            "01 July 2026",
        ),
    ):
        assert said in words, said


def test_each_figure_stands_beside_its_limit() -> None:
    """Counts beside what they must be, times beside their limits, what is not kept by a word."""
    words = reported().words
    for said in (
        "Failed: 1 of 10 faults were found, no healthy sleeper was severed, 1 of 10 came home.",
        "1 of 10came homelimit: all, not kept",
        "100 msevidence to zero, p99limit: 500 ms",
        "0 of 332ticks skippedlimit: 0",
        "oncewhole Dreamscape severedlimit: at least once",
    ):
        assert said in words, said


def test_the_page_says_what_repeats_it() -> None:
    """Command, version, Python, cores, system and seed."""
    words = reported().words
    assert ORIGIN.command in words
    assert "dreamd 0.1.0 on Python 3.12.1, 2 cores, Debian GNU/Linux 12, Linux 6.1 x86_64" in words
    assert "seed7" in words


def test_no_name_of_a_field_is_on_the_page() -> None:
    """Every field of `--json` has a label, and nothing on the page is in snake case."""
    assert set(told_of(Story("railed", ("bed-3",)))) == set(LABELS)
    words = reported().words.rpartition("}")[2]  # the style sheet is before
    assert "_" not in words.replace(ORIGIN.system, "")
    for said in (
        "sleepers severed, by cause1 for homogenise",
        "couplings halvedonce",
        "100 % of the sleepers",
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
        crowd.add_tick(tick(1.0), number / 4)
    assert MOMENTS_MAX / 4 < len(crowd.moments) < MOMENTS_MAX
    assert crowd.moments[-1].t_s > 3_590.0


def test_a_missing_statistic_is_nan() -> None:
    """A statistic missing in the tick is NaN, and a band without a z does not count."""
    crowd = CrowdRecord()
    crowd.add_tick(tick(0.5), 1.0)
    (moment,) = crowd.moments
    assert math.isnan(moment.rank_ratio)
    assert (moment.dispersion_ratio, moment.z) == (0.5, 1.0)


def test_a_halving_is_counted_once_until_it_ends() -> None:
    """Forty halved ticks are one halving; another after a pause is a second."""
    crowd = CrowdRecord()
    for second, cause in enumerate(["", "gain-runaway", "gain-runaway", "", "gain-runaway"]):
        crowd.add_tick(tick(1.0, cause), float(second))
    assert crowd.halvings == [(1.0, "gain-runaway"), (4.0, "gain-runaway")]
