"""The artist's lead: its vector, share and duration, and its way to the sleepers' feedback."""

import math

import numpy as np
import pytest

from dreamd.app.stage.live_lead import LeadStream
from dreamd.core.dreamscapes.admission import validate_plan
from dreamd.core.dreamscapes.views import CrowdView, Plan
from dreamd.core.refusals import Code, Refusal
from dreamwire import blend
from dreamwire.codec import decode_collective, encode
from dreamwire.messages import Collective
from dreamwire.schema import BANDS6X2
from fakes.callers import OPERATOR
from fakes.stage import Stage

D = BANDS6X2.size
VECTOR = [0.5 * k - 2.0 for k in range(D)]


def dreaming(artist_share: float = 0.3) -> Stage:
    """Six sleepers with grants for a while."""
    stage = Stage(pods=6)
    stage.appear()
    stage.dream(artist_share=artist_share)
    stage.hop(12)
    return stage


def leading(stage: Stage) -> LeadStream:
    """The lead of the night."""
    lead = stage.app.dreamscapes.lead(OPERATOR, "night")
    assert isinstance(lead, LeadStream)
    return lead


def said(stage: Stage) -> Collective:
    """The next hop's broadcast."""
    stage.hop(1)
    return stage.link.collectives[-1]


def led(stage: Stage, lead: LeadStream, vector: list[float], share: float) -> Collective:
    """The broadcast once the lead has moved as far as the slew lets it: 6 in 6 s, .3 in 3 s."""
    for _ in range(26):
        assert lead.offer(vector, share) is None
        stage.hop(1)
    return stage.link.collectives[-1]


def shown(stage: Stage) -> CrowdView:
    """The watchers' view."""
    watch = stage.app.dreamscapes.watch("night", lambda: None)
    assert not isinstance(watch, Refusal)
    view = watch.take()
    assert view is not None
    return view.crowd


def code(refusal: object) -> Code | None:
    """Of a refusal."""
    return refusal.code if isinstance(refusal, Refusal) else None


def test_the_artists_vector_is_in_the_messages_and_shown() -> None:
    """A vector is in the next message, as far as the slew lets it; in the end whole, clipped at six."""
    stage = dreaming()
    lead = leading(stage)
    assert lead.offer([9.0, *VECTOR[1:]], 0.2) is None
    message = said(stage)
    assert message.artist[0] == 0.25
    assert message.share == pytest.approx(0.025)
    assert shown(stage).artist_share == pytest.approx(0.025)
    message = led(stage, lead, [9.0, *VECTOR[1:]], 0.2)
    assert message.artist.tolist() == [6.0, *VECTOR[1:]]
    assert message.share == 0.2
    assert shown(stage).artist == (6.0, *VECTOR[1:])
    assert shown(stage).artist_share == 0.2


def test_over_the_wire_it_has_its_share_of_what_a_pod_blends() -> None:
    """Broadcast, encoded, decoded and blended: f = (1 - a) x + a ((1 - b) c + b A)."""
    stage = dreaming()
    heard = decode_collective(encode(led(stage, leading(stage), VECTOR, 0.25)))
    x, c = np.full(D, 1.0, dtype=np.float32), np.full(D, -1.0, dtype=np.float32)
    given = blend.feedback(x, c, 0.1, heard.artist, heard.share)
    expected = 0.9 * 1.0 + 0.1 * (0.75 * -1.0 + 0.25 * np.array(VECTOR))
    assert given == pytest.approx(expected, abs=1e-6)


def test_a_vector_counts_for_a_second() -> None:
    """A vector counts for a second: repeated it stays, else it is dropped while the lead goes on."""
    stage = dreaming()
    lead = leading(stage)
    led(stage, lead, VECTOR, 0.3)
    assert [said(stage).share for _ in range(5)] == [0.3, 0.3, 0.3, 0.0, 0.0]
    assert said(stage).artist.size == 0
    lead.offer(VECTOR, 0.1)
    assert said(stage).share == pytest.approx(0.025)


def test_the_end_of_a_lead_removes_the_artist() -> None:
    """The message after the end of a lead has no artist, and another lead may begin."""
    stage = dreaming()
    lead = leading(stage)
    lead.offer(VECTOR, 0.3)
    assert said(stage).share == pytest.approx(0.025)
    lead.close()
    lead.close()
    assert said(stage).artist.size == 0
    assert shown(stage).artist == ()
    leading(stage)
    assert code(lead.offer(VECTOR, 0.1)) is Code.WRONG_STATE


@pytest.fixture(scope="module")
def shared() -> Stage:
    """One house for cases that leave no lead open."""
    return dreaming()


@pytest.mark.parametrize(
    ("vector", "share", "field"),
    [
        ([math.nan, *VECTOR[1:]], 0.1, "vector"),
        ([math.inf, *VECTOR[1:]], 0.1, "vector"),
        (VECTOR[1:], 0.1, "vector"),
        ([], 0.1, "vector"),
        (VECTOR, 0.31, "share"),
        (VECTOR, 0.6, "share"),
        (VECTOR, -0.1, "share"),
        (VECTOR, math.nan, "share"),
    ],
)
def test_an_invalid_vector_is_refused_and_ends_the_lead(
    shared: Stage, vector: list[float], share: float, field: str
) -> None:
    """A bad number, length or share is refused by name and ends the lead."""
    stage = shared
    lead = leading(stage)
    assert lead.offer(VECTOR, 0.3) is None
    refusal = lead.offer(vector, share)
    assert refusal is not None
    assert (refusal.code, refusal.metadata["field"]) == (Code.INVALID_ARGUMENT, field)
    assert said(stage).artist.size == 0
    leading(stage).close()


def test_a_share_that_float32_has_rounded_up_is_the_plans() -> None:
    """0.3 as float32 is 0.30000001: taken as 0.3, and the lead goes on."""
    stage = dreaming()
    lead = leading(stage)
    rounded = float(np.float32(0.3))
    assert rounded > 0.3
    assert np.float32(led(stage, lead, VECTOR, rounded).share) == np.float32(0.3)
    assert lead.offer(VECTOR, 0.3001) is not None


def test_a_lead_of_extremes_by_turns_never_exceeds_the_slew_at_a_pod() -> None:
    """Vectors of +-6 by turns, offered each tick for 15 s: no feature moves by more than 1 a second."""
    stage = dreaming()
    lead, began = leading(stage), len(stage.link.collectives)
    for turn in range(60):
        lead.offer([6.0 if (turn // 4) % 2 else -6.0] * D, 0.3)
        stage.hop(1)
    told = [decode_collective(encode(one)) for one in stage.link.collectives[began:]]
    vectors = np.stack([np.zeros(D), *(one.artist for one in told)])
    shares = np.array([0.0, *(one.share for one in told)])
    assert np.abs(np.diff(vectors, axis=0)).max() == pytest.approx(0.25)
    assert np.abs(np.diff(shares)).max() == pytest.approx(0.025, abs=1e-6)
    assert shares.max() == pytest.approx(0.3)


def test_one_leads_at_a_time() -> None:
    """A second artist is refused while the first is active, and accepted after a long silence."""
    stage = dreaming()
    first = leading(stage)
    first.offer(VECTOR, 0.1)
    assert code(stage.app.dreamscapes.lead(OPERATOR, "night")) is Code.LEAD_TAKEN
    stage.hop(36)
    assert code(stage.app.dreamscapes.lead(OPERATOR, "night")) is Code.LEAD_TAKEN
    stage.hop(8)
    leading(stage)
    assert code(first.offer(VECTOR, 0.1)) is Code.WRONG_STATE


def test_a_plan_without_an_artist_share_cannot_be_led() -> None:
    """By default a plan has no artist share and cannot be led."""
    assert code(dreaming(0.0).app.dreamscapes.lead(OPERATOR, "night")) is Code.NOBODY_LEADS
    assert code(dreaming().app.dreamscapes.lead(OPERATOR, "noon")) is Code.DREAMSCAPE_UNKNOWN


def test_a_severed_dreamscape_broadcasts_no_artist() -> None:
    """While severed no message holds an artist's vector; after the end no lead is possible."""
    stage = dreaming()
    lead = leading(stage)
    lead.offer(VECTOR, 0.3)
    said(stage)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    assert stage.link.collectives[-1].artist.size == 0
    lead.offer(VECTOR, 0.3)
    assert said(stage).artist.size == 0
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    stage.hop(8)
    assert code(stage.app.dreamscapes.lead(OPERATOR, "night")) is Code.WRONG_STATE


@pytest.mark.parametrize(("share", "fits"), [(0.0, True), (0.5, True), (0.51, False), (-0.1, False)])
def test_a_plan_asks_for_at_most_a_half(share: float, fits: bool) -> None:
    """A share above a half, or below zero, refuses the plan."""
    plan = Plan("night", seats_min=3, seats_max=8, artist_share=share)
    assert (validate_plan(plan, 0.0) is None) is fits
    assert validate_plan(Plan("night", seats_min=3, seats_max=8, artist_share=math.nan), 0.0) is not None
