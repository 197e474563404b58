"""A score and a hand as one leader, and a stage that plays."""

import asyncio
import time
from functools import partial
from math import nan

import pytest

from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.limits import HOP_S
from dreamd.stage.addresses import SetFeature, SetShare, SetVector
from dreamd.stage.leading import Credits, Moment, Source, Wanted
from dreamd.stage.live_input import LiveInput
from dreamd.stage.report import Report
from dreamd.stage.score.player import ScorePlayer
from dreamd.stage.score.reading import read_score
from dreamd.stage.score.score import Score
from dreamd.stage.session import Options, StageSession
from fakes.waiting import until
from stage.conftest import NIGHT, Hall
from stage.test_score import GOLDEN

AT_S = 1_790_000_000.0
"""Session time of the first tick."""
ONES = (1.0,) * 12


def golden() -> Score:
    """Return the golden score."""
    return read_score(GOLDEN.encode())


def at(second: float, now_s: float | None = None) -> Moment:
    """Return the moment at this second of the score; now_s: monotonic, else the same second."""
    return Moment(AT_S + second, second if now_s is None else now_s)


def player() -> tuple[ScorePlayer, LiveInput]:
    """Return a player whose score has begun, and the hand over it."""
    live = LiveInput(12)
    one = ScorePlayer(golden(), live)
    assert one.wanted(Moment(nan, 0.0)) is None, "before the first tick nothing is known"
    assert one.wanted(at(0.0)) == Wanted(golden().zero[0], 0.0, Source.SCORE)
    return one, live


def test_a_score_leads_by_the_time_of_the_ticks() -> None:
    """Between ticks a score asks for the same, at a tick for what it holds at its second; then it is over."""
    one, _ = player()
    assert one.credits == Credits("Tide", "Ida Berg", golden().sha256)
    for second in (15.0, 60.0, 75.0, 120.0):
        assert one.wanted(at(second)) == Wanted(*golden().lead_at(second), Source.SCORE)
    assert not one.is_over(at(120.0))
    assert one.is_over(at(120.25))
    assert one.wanted(at(120.25)) is None


def test_a_score_ends_although_its_ticks_have_ended() -> None:
    """Without ticks a score is over once this machine's clock has passed its end."""
    one, _ = player()
    assert not one.is_over(Moment(nan, 500.0)), "a moment without a tick says nothing"
    one.wanted(at(100.0, now_s=100.0))
    assert not one.is_over(at(100.0, now_s=121.0))
    assert one.is_over(at(100.0, now_s=122.5))


def test_live_input_takes_over_and_gives_back_after_ten_seconds() -> None:
    """Live leads from its first message to ten seconds after its last; then the score, where it is then."""
    one, live = player()
    one.wanted(at(15.0))
    live.obey(SetVector(ONES), 15.0)
    assert one.wanted(at(15.0)) == Wanted(ONES, golden().lead_at(15.0)[1], Source.LIVE)
    live.obey(SetShare(0.2), 20.0)
    assert one.wanted(at(30.0)) == Wanted(ONES, 0.2, Source.LIVE)
    assert one.wanted(at(30.25)) == Wanted(*golden().lead_at(30.25), Source.SCORE)
    live.obey(SetVector(ONES), 119.0)
    assert one.wanted(at(120.25)) is None, "a score ends when it ends"


def test_a_message_about_one_feature_leaves_what_the_score_held() -> None:
    """Live input begins at the score's vector and share of that instant."""
    one, live = player()
    one.wanted(at(60.0))
    live.obey(SetFeature(0, 3.0), 60.1)
    vector, share = golden().lead_at(60.0)
    assert one.wanted(at(60.25)) == Wanted((3.0, *vector[1:]), share, Source.LIVE)


def test_a_score_without_ticks_leads_nothing() -> None:
    """Two seconds after the last tick a score leads nothing; the next tick finds it where it is by then."""
    one, live = player()
    assert one.wanted(at(10.0, now_s=10.0)) is not None
    assert one.wanted(at(10.0, now_s=12.0)) is not None
    assert one.wanted(at(10.0, now_s=12.1)) is None
    live.obey(SetVector(ONES), 12.1)
    assert one.wanted(at(10.0, now_s=12.2)) == Wanted(ONES, live.share), "a hand leads by its own clock"
    assert one.wanted(at(40.0, now_s=40.0)) == Wanted(*golden().lead_at(40.0), Source.SCORE)


def test_each_cue_is_due_once_whatever_leads() -> None:
    """A cue is due at the first tick from its instant on, also while live leads and over a gap of ticks."""
    one, live = player()
    assert one.due_cues(Moment(nan, 0.0)) == ()
    assert one.due_cues(at(29.75)) == ()
    live.obey(SetVector(ONES), 29.8)
    assert one.due_cues(at(30.0)) == ("bells",)
    assert one.due_cues(at(30.0)) == ()
    assert one.due_cues(at(29.0)) == ()
    assert one.due_cues(at(119.0)) == ("lights, low",)


SHORT = """\
title = "Short"
artist = "Ida Berg"
schema = "bands6x2"
duration_s = 3
share_most = 0.25
[[move]]
at_s = 2.5
share = 0.25
curve = "linear"
vector = { beta = [2, 0] }
[[cue]]
at_s = 0
name = "begin"
[[cue]]
at_s = 3
name = "end"
"""


async def test_a_stage_plays_a_score_and_ends_with_it(hall: Hall) -> None:
    """A score leads on the Dreamscape's ticks with its credits, cues the journal, and ends the stage."""
    report = Report(hall.lines.append, as_json=False)
    options = Options(in_port=0, out_port=hall.program.port)
    score = read_score(SHORT.encode())
    session = StageSession(
        hall.address,
        NIGHT,
        clock=time.monotonic,
        report=report,
        options=options,
        leader_of=partial(ScorePlayer, score),
    )
    hall.session = session
    async with asyncio.TaskGroup() as group:
        task = group.create_task(session.run_until_ended(), name="stage")
        await until(lambda: hall.application.collective_watches and hall.application.event_watches)
        hall.tick(0, instant_s=AT_S)
        await until(lambda: "the score leads" in hall.lines)
        for number in range(1, 13):
            hall.tick(number, instant_s=AT_S + number * HOP_S)
            vector, share = score.lead_at(number * HOP_S)
            await until(lambda share=share: hall.application.artists.newest()[1] == pytest.approx(share))
            if share:
                assert hall.application.artists.newest()[0].tolist() == pytest.approx(vector)
        hall.tick(13, instant_s=AT_S + 13 * HOP_S)
        await task
    assert hall.application.artists.newest()[1] == 0.0
    (kept,) = hall.application.artists.leads_since(0.0)
    assert (kept.title, kept.artist) == ("Short", "Ida Berg")
    assert hall.application.sessions[NIGHT].state is DreamscapeState.DREAMING
    cues = [call[2] for call in hall.application.calls if call[0] == "write_marker"]
    assert cues == [Marker("begin", "stage"), Marker("end", "stage")]
    assert hall.lines[-1].startswith("the score is over; ")
    await until(lambda: hall.program.last("/dreamd/state") == ("dreaming",))
