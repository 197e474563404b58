"""The page of a festival: what it shows, and how it follows one that runs."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dreamd.festival.account.account import account_of
from dreamd.festival.page.document import Shown, document, part
from dreamd.festival.page.live import CannotShow, LivePage
from dreamd.festival.timeline import Happening, HappeningKind
from festival.built_facts import FACTS
from festival.built_timeline import EVENING_S, ZONE, built_timeline

SHOWN = Shown("A small festival", ZONE)


def ended(**changed: object) -> str:
    """The page of a festival that ended with these facts."""
    timeline = built_timeline()
    account = account_of(replace(FACTS, **changed), timeline)  # type: ignore[arg-type]
    return document(replace(SHOWN, timeline=timeline, account=account, command="dreamd festival --seed 7"))


def test_a_festival_that_ended_well_says_so_and_shows_each_line() -> None:
    """The verdict, every line of the account, the acts, the clinic's days and the command are there."""
    page = ended()
    assert "It ended well: each of 18 lines of the account holds." in page
    assert page.count('class="good"') == 18
    assert 'class="no"' not in page
    assert "60 merged at most, 60 severed at most" in page
    assert "Case 13 is released." in page
    assert "dreamd festival --seed 7" in page


def test_a_line_that_does_not_hold_is_named_in_the_verdict_with_its_faults() -> None:
    """Without a letter the line of letters does not hold, and the page names it and its faults."""
    page = ended(letters=())
    assert "1 of 18 lines of the account does not hold: letters." in page
    assert page.count('class="no"') == 1
    assert "does not hold:" in page


def test_an_account_without_a_line_is_not_shown_as_well() -> None:
    """An account of nothing has no good verdict."""
    page = ended(subjects=())
    assert "It ended well" not in page
    assert "The account has no line." in page


def test_every_text_is_escaped() -> None:
    """Words of a scenario are text on the page, never markup."""
    page = ended()
    assert "Noor &lt;Valdt&gt;" in page
    assert "<Valdt>" not in page


def test_instants_are_told_in_the_zone_of_the_festival() -> None:
    """A happening at 18:00 UTC is told as 18:00 in Zurich."""
    one = Happening(EVENING_S, HappeningKind.ROUND, "The round is planned.")
    assert "Sat 05 Dec 18:00" in part(replace(SHOWN, timeline=(one,)))


def test_alike_happenings_of_one_minute_are_one_row() -> None:
    """Three breakers that open together are one line of the act and one row of the list."""
    told = (
        Happening(EVENING_S, HappeningKind.ACT_BEGINS, "Low Tide", 1),
        Happening(EVENING_S + 1.0, HappeningKind.AUDIENCE, "", 1, 1, {"merged": 3, "seated": 3}),
        *(
            Happening(
                EVENING_S + 2.0,
                HappeningKind.ACTION,
                f"breaker of bed-{bed} is open",
                1,
                1,
                {"cause": "flat"},
            )
            for bed in (1, 2, 3)
        ),
    )
    page = part(replace(SHOWN, timeline=told))
    assert page.count("breaker of bed-1 is open (and 2 more)") == 2
    assert "bed-2" not in page


def test_once_the_whole_dreamscape_is_severed_all_that_were_seated_are() -> None:
    """A reading in the state severed is drawn as severed, whatever its counts still say."""
    readings = (
        {"merged": 60, "seated": 60, "severed": 0, "state": "dreaming"},
        {"merged": 54, "seated": 0, "severed": 0, "state": "severed"},
    )
    told = [Happening(EVENING_S, HappeningKind.ACT_BEGINS, "Low Tide", 1)]
    for n, figures in enumerate(readings, 1):
        told.append(Happening(EVENING_S + n, HappeningKind.AUDIENCE, "", 1, 1, dict(figures)))
    page = part(replace(SHOWN, timeline=told))
    assert "60 merged at most, 60 severed at most" in page
    assert (page.count('class="merged"'), page.count('class="severed"')) == (1, 1)


def test_the_days_of_the_clinic_are_a_bar_each() -> None:
    """A count of held and returning persons each evening is drawn, and not listed."""
    told = [
        Happening(
            EVENING_S + 86_400.0 * day,
            HappeningKind.CLINIC,
            f"{held} persons are held",
            day=1 + day,
            figures={"held": held, "returning": 3 - held},
        )
        for day, held in enumerate((3, 2, 0))
    ]
    told.append(Happening(EVENING_S + 3 * 86_400.0, HappeningKind.REPORT, "The report is published.", day=4))
    page = part(replace(SHOWN, timeline=told))
    assert (page.count('class="held"'), page.count('class="returning"')) == (2, 2)
    assert page.count("persons are held") == 3, "in the list of everything alone"


def test_a_reading_that_is_no_number_is_drawn_as_none() -> None:
    """NaN and words among the readings raise nothing and draw no bar."""
    figures: dict[str, float | int | str] = {"merged": float("nan"), "seated": "?", "severed": 2}
    told = (
        Happening(EVENING_S, HappeningKind.ACT_BEGINS, "Low Tide", 1),
        Happening(EVENING_S + 1.0, HappeningKind.AUDIENCE, "", 1, 1, figures),
    )
    page = part(replace(SHOWN, timeline=told))
    assert 'class="merged"' not in page
    assert "0 merged at most, 2 severed at most" in page


# -- while it runs ----------------------------------------------------------------------------------


@pytest.fixture
def live() -> Iterator[LivePage]:
    """A page that follows."""
    with LivePage(0, SHOWN) as page:
        yield page


def fetched(page: LivePage, path: str = "", host: str = "") -> str:
    """Return the answer of the page."""
    request = urllib.request.Request(page.address + path, headers={"Host": host} if host else {})
    with urllib.request.urlopen(request, timeout=5.0) as answer:
        return str(answer.read().decode())


def test_a_page_is_told_each_happening_and_the_account_at_the_end(live: LivePage) -> None:
    """A question is answered with the newest state; with the account it is over."""
    first = json.loads(fetched(live, "part?after=0"))
    assert (first["over"], "It begins." in first["html"]) == (False, True)
    live.tell(built_timeline()[0])
    second = json.loads(fetched(live, f"part?after={first['revision']}"))
    assert second["revision"] > first["revision"]
    assert "It runs. The round has 72 asks for 60 berths." in second["html"]
    live.close_with(account_of(FACTS, built_timeline()))
    last = json.loads(fetched(live, f"part?after={second['revision']}"))
    assert last["over"]
    assert "It ended well" in last["html"]


def test_a_page_by_another_name_or_without_a_revision_is_refused(live: LivePage) -> None:
    """A rebound name is misdirected, a revision that is none is a bad request, and both say why."""
    for path, host, status, words in (
        ("", "evil.example", 421, "this page answers only to 127.0.0.1"),
        ("part?after=-1", "", 400, "after is the revision"),
        ("part", "", 400, "after is the revision"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetched(live, path, host)
        assert refused.value.code == status
        assert words in refused.value.read().decode()


def test_a_port_that_is_taken_is_named_with_its_flag(live: LivePage) -> None:
    """The sentence names the port and the flag."""
    port = int(live.address.rpartition(":")[2].strip("/"))
    with pytest.raises(CannotShow, match=rf"127\.0\.0\.1:{port}.*--page"):
        LivePage(port, SHOWN)
