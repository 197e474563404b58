"""The morning letter: its words, its numbers and its bounds, over every night that can be told."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from math import inf, nan
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamd.core.consent.course import ConsentState
from dreamd.core.consent.grant import Scope
from dreamd.core.letters.document import document, night_of
from dreamd.core.letters.letter import SCOPES, WORDS_MOST, Letter, Place, letter, next_step
from dreamd.core.letters.night import Lead, Night, Oneself, Span, Stop, WindowDose, Yes
from dreamd.core.letters.open_night import VAGUE, OpenNight
from dreamd.core.letters.sentences import CARED_FOR, SENTENCES
from dreamd.core.letters.wording import HARD
from dreamd.core.safety.causes import CAUSES, Cause
from dreamd.core.safety.causes import Scope as Subject

ZURICH = Place(ZoneInfo("Europe/Zurich"), "Europe/Zurich", "+41 44 000 00 00")
BEGIN_S = 1_796_072_460.0  # 2026-11-30 22:01 in Zurich
END_S = BEGIN_S + 8 * 3600.0
BANNED = re.compile(
    r"sever|breaker|tether|ledger|daemon|\bpods?\b|pseudonym|cohort|\bslots?\b|\blease|coupl|quorum|broker|uplink"
    r"|renderer|actuator|latch|transport|schema|\bframes?\b|assign|incarnation|\bAPI\b|grpc|mqtt|\beeg\b|calibrat"
    r"|exposure|fusion|centroid|algorithm|parameter|metadata|implant|electrode|subject|participant|collective"
    r"|revision|\bscope|\bterm\b|\btick|token|credential|identity|homogen|runaway|\bnan\b|\binf\b|\bnone\b",
    re.IGNORECASE,
)
QUIET = Night(
    bed="bed-3",
    begin_s=BEGIN_S,
    end_s=END_S,
    spans=(Span(BEGIN_S + 600, BEGIN_S + 4200),),
    stops=(Stop(BEGIN_S + 4200, Cause.ENDED),),
    lived_min=7.4,
    day=WindowDose(7.4, 60.0, END_S),
    week=WindowDose(31.0, 240.0, END_S),
    oneself=Oneself.WITHIN,
    yes=Yes("given", ("merge",), END_S + 86_400),
)
LED = Lead(BEGIN_S, END_S, "mia", "Tide", 0.3)
TIMES = st.floats(BEGIN_S, END_S)
SHARES = st.one_of(st.just(nan), st.floats(0.0, 0.5))
LEADS = st.builds(
    Lead, TIMES, TIMES, st.sampled_from(["", "mia"]), st.sampled_from(["", "Tide", "of " * 40]), SHARES
)
WINDOWS = st.one_of(
    st.none(),
    st.builds(
        WindowDose,
        st.floats(0.0, 999.0),
        st.sampled_from([inf, 0.0, 10.0, 60.0, 240.0]),
        st.one_of(st.just(inf), st.floats(BEGIN_S, END_S + 7 * 86_400)),
    ),
)
YESES = st.builds(
    Yes,
    st.sampled_from(["", *(state.value for state in ConsentState)]),
    st.sets(st.sampled_from([scope.value for scope in Scope])).map(tuple),
    st.floats(0.0, END_S + 90 * 86_400),
    st.sampled_from(["", "22:00/07:00"]),
)
NIGHTS = st.builds(
    Night,
    bed=st.just("bed-3"),
    begin_s=st.just(BEGIN_S),
    end_s=st.sampled_from([BEGIN_S + 60, END_S, END_S + 2 * 86_400, BEGIN_S + 40 * 86_400]),
    spans=st.lists(st.builds(Span, TIMES, TIMES), max_size=9).map(tuple),
    stops=st.lists(st.builds(Stop, TIMES, st.sampled_from(Cause)), max_size=9).map(tuple),
    more=st.integers(0, 12_000),
    lived_min=st.one_of(st.just(nan), st.floats(0.0, 999.0)),
    planned_min=st.just(nan),
    day=WINDOWS,
    week=WINDOWS,
    oneself=st.sampled_from(Oneself),
    leads=st.lists(LEADS, max_size=5).map(tuple),
    yes=YESES,
    missed=st.booleans(),
    end_known=st.booleans(),
    case=st.sampled_from(["", "c-20261130-17"]),
    held=st.booleans(),
)
LONG = Place(ZoneInfo("America/Argentina/Buenos_Aires"), "America/Argentina/Buenos_Aires", "ward " * 30)


def words(text: str) -> list[str]:
    """Return the words of a text: parts between spaces that hold a letter or a digit."""
    return [part for part in text.split() if any(map(str.isalnum, part))]


def plain(text: str) -> str:
    """Return the text with ordinary spaces."""
    return text.replace(HARD, " ")


class Visible(HTMLParser):
    """Collects the text that a reader of a page sees, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self._open):
            self.seen += data.split()


@settings(max_examples=40, deadline=None)
@given(NIGHTS, st.sampled_from([Place(), ZURICH, LONG]))
def test_every_letter_is_short_plain_and_whole(night: Night, place: Place) -> None:
    """Whatever happened: 250 words at most, no jargon, no number that is none, the same words as a page."""
    told = letter(night, place)
    bare = told.text.replace("dreamd me", "").replace(place.zone_name, "")
    assert len(words(told.text)) <= WORDS_MOST, told.text
    assert BANNED.search(bare) is None, BANNED.search(bare)
    assert "This is not a medical finding." in told.text
    for way in ("me withdraw", "me export", "me erase"):
        assert way in told.text
    page = Visible(told.html)
    assert page.seen == [part for part in told.text.split() if part != "-"]
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert dict(page.tags)["html"]["lang"] == "en"
    assert names.count("h1") == 1
    assert names.count("h2") >= 6
    assert not re.search(r"\b(src|href|url\()", told.html)


def test_every_cause_has_a_sentence_of_its_own() -> None:
    """Each cause of the safety table has one plain sentence, and no two causes share one."""
    assert set(SENTENCES) == set(CAUSES) == set(Cause)
    assert len(set(SENTENCES.values())) == len(Cause)
    for cause, sentence in SENTENCES.items():
        assert re.fullmatch(r"[A-Z].{8,90}\.", sentence), cause
        assert BANNED.search(sentence) is None, cause
        told = letter(replace(QUIET, stops=(Stop(END_S - 60, cause),)), ZURICH)
        assert f"06:00: {sentence}" in told.text
    assert {cause for cause, row in CAUSES.items() if row.scope is not Subject.WAY} >= CARED_FOR
    assert set(SCOPES) == {scope.value for scope in Scope}


def test_a_quiet_night_is_told_in_these_words() -> None:
    """One merge of an hour, a dose far from its limits, a yes for a day: the letter has these sentences."""
    text = plain(letter(QUIET, ZURICH).text)
    for part in (
        "Your night, 30 November to 1 December 2026",
        "Bed bed-3, 22:01 to 06:01, Europe/Zurich time.",
        "You merged once, for 1 h in all. That is 7.4 merge-minutes (minutes at full strength).",
        "  - 22:11 to 23:11",
        "  - 23:11: The Dreamscape ended.",
        "In 24 hours: 7.4 of 60 merge-minutes. In 7 days: 31.0 of 240 merge-minutes.",
        "You are under 80 % of both.",
        "Your own pattern stayed within its usual band. This is not a medical finding.",
        "No artist led while you were merged.",
        "You said yes to merging, until Wednesday 2 December, 06:01.",
        "Sleep well. Nothing else is needed.",
    ):
        assert part in text, text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"spans": (), "stops": ()}, "You did not merge."),
        ({"spans": (), "stops": (), "missed": True}, "You did not merge, as far as we know."),
        ({"lived_min": nan}, "Your merge-minutes are not known."),
        ({"day": None}, "In 24 hours: not known."),
        ({"day": WindowDose(3.0)}, "In 24 hours: 3.0 merge-minutes, without a limit."),
        ({"day": WindowDose(3.0, 0.0, inf)}, "No more is allowed."),
        ({"day": WindowDose(50.0, 60.0, END_S + 3600)}, "under 80 % of both from Tuesday 1 December, 07:01."),
        ({"day": WindowDose(50.0, 60.0, END_S + 3600)}, "Sleep alone until Tuesday 1 December, 07:01."),
        ({"oneself": Oneself.NOT_MEASURED}, "That could not be measured."),
        (
            {"oneself": Oneself.LOST},
            "and speak about this night before you merge again.",
        ),
        ({"stops": (Stop(END_S, Cause.DISTRESS),)}, "Ring +41 44 000 00 00 and speak about this night"),
        ({"yes": Yes("withdrawn")}, "You took your yes back."),
        ({"yes": Yes("withdrawn")}, "You merge only after a new yes."),
        ({"yes": Yes("given", ("merge",), END_S - 1)}, "The time of your yes is over."),
        ({"yes": Yes("suspended")}, "We must ask you anew."),
        ({"yes": Yes()}, "Your yes\nNot known."),
        (
            {"leads": (Lead(BEGIN_S, END_S, "mia", "Tide", 0.3),)},
            "Led by mia with “Tide”. The largest share was 30 %.",
        ),
        (
            {"leads": (Lead(BEGIN_S, END_S),)},
            "Led by an artist with a piece of unknown title. The share is not known.",
        ),
        ({"leads": (Lead(BEGIN_S + 5000, END_S, "mia"),)}, "No artist led while you were merged."),
        ({"more": 7}, "You merged 8 times, for at least 1 h in all."),
        ({"end_known": False}, "Bed bed-3, 22:01 to a time not known"),
        ({"missed": True}, "Our computer restarted, so something may be missing here."),
    ],
)
def test_a_fact_changes_its_own_sentence(change: dict[str, Any], told: str) -> None:
    """Each fact has its sentence, and one that is missing is told to be not known."""
    assert told in plain(letter(replace(QUIET, **change), ZURICH).text)


@pytest.mark.parametrize(
    ("begin_s", "hours", "shown"),
    [
        (1_792_872_000.0, 10, ["22:00 CEST", "07:00 CET"]),  # 2026-10-24 22:00, the clock goes back
        (1_774_731_600.0, 8, ["22:00 CET", "07:00 CEST"]),  # 2026-03-28, forward
        (BEGIN_S, 30, ["Monday 22:01", "Wednesday 04:01"]),
    ],
)
def test_times_are_the_sleepers_wall_clock(begin_s: float, hours: float, shown: list[str]) -> None:
    """A night in which clocks change names the zone's time at each end; one of a day or more the weekday."""
    night = Night("bed-3", begin_s, begin_s + hours * 3600)
    opening = letter(night, ZURICH).text.splitlines()[2]
    assert opening == f"Bed bed-3, {shown[0]} to {shown[1]}, Europe/Zurich time."


def test_text_from_outside_is_escaped() -> None:
    """A title with markup is text in the page, and nothing else."""
    night = replace(QUIET, leads=(Lead(BEGIN_S, END_S, "mia", "<script>alert(1)</script>", 0.1),))
    assert "<script" not in letter(night, ZURICH).html
    assert "&lt;script&gt;" in letter(night, ZURICH).html


def test_two_letters_differ_only_in_their_own_facts() -> None:
    """Two nights that differ in one fact have letters that differ in its sentence alone."""
    one: Letter = letter(QUIET, ZURICH)
    other = letter(replace(QUIET, lived_min=8.0), ZURICH)
    pairs = zip(plain(one.text).splitlines(), plain(other.text).splitlines(), strict=True)
    assert [(a, b) for a, b in pairs if a != b] == [
        (
            "You merged once, for 1 h in all. That is 7.4 merge-minutes (minutes at full strength).",
            "You merged once, for 1 h in all. That is 8.0 merge-minutes (minutes at full strength).",
        )
    ]


@pytest.mark.parametrize(("held", "said"), [(True, "you sleep alone"), (False, "looks at your night")])
def test_an_open_case_is_the_next_step(held: bool, said: str) -> None:
    """The letter names the case and the telephone number; a hold keeps from merging, never from sleep."""
    night = Night("bed-3", BEGIN_S, END_S, case="c-17", held=held)
    told = next_step(night, Place(contact="044 123 45 67"))
    assert ("c-17" in told, said in told, "Ring 044 123 45 67" in told) == (True, True, True)
    assert "Go to the desk" in next_step(night, Place())
    again = night_of(document(night))
    assert (again.case, again.held) == (night.case, night.held)


# -- a night as it is gathered -------------------------------------------------------------------------


def opened() -> OpenNight:
    """Return the night of a sleeper with a place, merged since ten minutes after check-in."""
    night = OpenNight("ash", "bed-3", BEGIN_S)
    night.seated(BEGIN_S + 500)
    night.merged(BEGIN_S + 600)
    return night


def test_an_interval_ends_by_the_beds_own_stamp() -> None:
    """Zero, then solitude: one interval to the end of the fade, one stop with the first cause."""
    night = opened()
    night.zero(BEGIN_S + 900.0, "contact")
    night.zero(BEGIN_S + 900.05, "contact")
    night.zero(BEGIN_S + 960.0, "operator")
    assert night.spans == [Span(BEGIN_S + 600, BEGIN_S + 900.05)]
    assert night.stops == [Stop(BEGIN_S + 900.0, Cause.CONTACT)]


def test_a_lost_place_ends_the_interval_until_the_bed_reports() -> None:
    """A place that is left ends the interval at once; the bed's later report corrects the instant only."""
    night = opened()
    night.left(BEGIN_S + 900.0, "consent-expired")
    night.zero(BEGIN_S + 900.3, "release")
    assert night.spans == [Span(BEGIN_S + 600, BEGIN_S + 900.3)]
    assert night.stops == [Stop(BEGIN_S + 900.0, Cause.EXPIRED)]


@pytest.mark.parametrize("vague", sorted(VAGUE, key=lambda one: one.value))
def test_a_vague_cause_gives_way_to_a_reason(vague: Cause) -> None:
    """A stop that is told without a reason first has the reason that follows, and never the reverse."""
    night = opened()
    night.zero(BEGIN_S + 900.0, vague.value)
    night.left(BEGIN_S + 900.2, "distress")
    night.zero(BEGIN_S + 900.4, vague.value)
    assert [stop.cause for stop in night.stops] == [Cause.DISTRESS]


def test_words_that_are_no_causes_have_one() -> None:
    """A place lost because the bed is gone, home, or for an unknown word has a cause all the same."""
    for word, cause in (("gone", Cause.SILENCE), ("home", Cause.ENDED), ("gamma-burst", Cause.UNKNOWN)):
        night = opened()
        night.left(BEGIN_S + 900.0, word)
        assert night.stops == [Stop(BEGIN_S + 900.0, cause)]


def test_a_night_is_bounded() -> None:
    """Ten thousand merges keep 256 intervals and stops; the rest are counted."""
    night = opened()
    for n in range(1, 10_001):
        night.zero(BEGIN_S + 600 + n, "contact")
        night.merged(BEGIN_S + 600 + n + 0.5)
    assert (len(night.spans), len(night.stops), night.more) == (256, 256, 10_000 - 256)
    assert len(json.dumps(night.document())) < 16_000


def test_a_night_survives_as_a_document() -> None:
    """A gathered night is the same after JSON, a share that is not known included."""
    night = opened()
    night.zero(BEGIN_S + 900.0, "exposure")
    night.planned("night-1", 60.0)
    night.planned("night-1", 3.0)
    night.judged(Oneself.HALVED)
    night.judged(Oneself.WITHIN)
    night.led((Lead(BEGIN_S, END_S, "mia", "Tide", 0.25),))
    again = OpenNight.from_document("ash", json.loads(json.dumps(night.document())))
    assert again == night
    assert (again.planned_min, again.oneself) == ({"night-1": 60.0}, Oneself.HALVED)


def test_minutes_of_an_anchor_session_are_told_apart_from_merging() -> None:
    """The letter tells them with one number, says that nothing was merged, and the document keeps them."""
    night = replace(QUIET, spans=(), stops=(), lived_min=0.0, anchored_min=12.5)
    text = letter(night, ZURICH).text
    assert "You did not merge. That is 0" in text
    assert "You had an anchor session of 12.5 minutes, with your own pattern alone." in text
    assert night_of(document(night)).anchored_min == 12.5
    assert "anchor" not in letter(QUIET, ZURICH).text
