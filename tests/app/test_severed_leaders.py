"""An artist that is a sleeper as well: severed like everyone, and then leading no more."""

from dataclasses import replace

import pytest

from depth import LONG
from dreamd.app.stage.live_lead import LeadStream
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.refusals import Code, Refusal
from dreamd.core.safety.scopes import SeverScope
from dreamwire.messages import PodEventKind
from dreamwire.schema import BANDS6X2
from fakes.callers import OPERATOR, named
from fakes.stage import Stage

MIA = Caller("mia", Role.ARTIST, Channel.GRPC, sleeper="sleeper-2")
VECTOR = [1.0] * BANDS6X2.size


def dreaming(pods: int = 7) -> Stage:
    """So many sleepers with grants, of which mia is the second, in bed-2."""
    stage = Stage(pods)
    stage.appear()
    stage.dream(artist_share=0.3)
    stage.hop(12)
    return stage


def lead(stage: Stage, caller: Caller = MIA) -> LeadStream:
    """A lead that has begun."""
    begun = stage.app.dreamscapes.lead(caller, "night")
    assert isinstance(begun, LeadStream), begun
    return begun


def refused(stage: Stage, caller: Caller = MIA) -> Refusal:
    """The refusal of a lead."""
    no = stage.app.dreamscapes.lead(caller, "night")
    assert isinstance(no, Refusal)
    return no


def share(stage: Stage) -> float:
    """The artist's share in the next message."""
    stage.hop(1)
    return stage.link.collectives[-1].share


def trip(stage: Stage, bed: str) -> None:
    """A person trips the breaker of this pod."""
    stage.app.breakers.trip(named("olga"), f"pods/{bed}", "she looks unwell")


def distress(stage: Stage, bed: str) -> None:
    """The pod reports that it has severed for distress."""
    stage.pod(bed).event(PodEventKind.SEVERED, "distress", evidence_ns=1, zero_ns=2)


def sever_pod(stage: Stage, bed: str) -> None:
    """The pod is severed by its name."""
    stage.app.severs.order(named("olga"), SeverScope.POD, bed, "smoke")


def sever_all(stage: Stage, _bed: str) -> None:
    """The whole Dreamscape is severed."""
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")


def test_a_severed_artist_leads_no_more() -> None:
    """However the artist's seat is severed, the next message holds no artist, and a new lead is refused."""
    stage = dreaming()
    for number, way in enumerate((trip, distress, sever_pod, sever_all), 2):
        artist = replace(MIA, sleeper=f"sleeper-{number}")
        led = lead(stage, artist)
        assert led.offer(VECTOR, 0.3) is None
        assert share(stage) > 0.0
        way(stage, f"bed-{number}")
        led.offer(VECTOR, 0.3)
        assert share(stage) == 0.0
        no = led.offer(VECTOR, 0.3)
        assert isinstance(no, Refusal)
        assert no.code is Code.LEADER_SEVERED
        assert no.metadata["cause"]
        assert refused(stage, artist).code is Code.LEADER_SEVERED
    assert isinstance(stage.app.dreamscapes.lead(named("zoe"), "night"), LeadStream)


def test_anyone_elses_sever_stops_no_artist() -> None:
    """A sever of another sleeper, and an artist in no pod, leave the lead as it is."""
    stage = dreaming()
    led, now_s = lead(stage), stage.clock.at_s
    stage.app.breakers.trip(named("olga"), "pods/bed-3", "lead fell off")
    assert led.offer(VECTOR, 0.3) is None
    assert share(stage) > 0.0
    assert stage.clock.at_s > now_s
    led.close()
    awake = Caller("ivo", Role.ARTIST, Channel.GRPC, sleeper="sleeper-9")
    assert lead(stage, awake).offer(VECTOR, 0.3) is None


def test_an_artist_that_sleeps_elsewhere_is_stopped_by_their_own_breaker() -> None:
    """An artist in a pod without a seat here leads, and no more once the breaker of that pod is open."""
    stage = Stage(pods=6)
    stage.appear()
    stage.dream(artist_share=0.3, pods=tuple(f"bed-{n}" for n in range(1, 6)))
    away = Caller("uma", Role.ARTIST, Channel.GRPC, sleeper="sleeper-6")
    led = lead(stage, away)
    stage.app.breakers.trip(named("olga"), "pods/bed-6", "she looks unwell")
    no = led.offer(VECTOR, 0.3)
    assert isinstance(no, Refusal)
    assert no.metadata == {"cause": "operator"}


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: the way of a breaker back")
def test_a_severed_artist_leads_again_once_the_breaker_has_closed() -> None:
    """The refusal ends with the sever: after the breaker's way back the artist leads again."""
    stage = dreaming(pods=4)
    trip(stage, "bed-2")
    stage.hop(2)
    assert refused(stage).code is Code.LEADER_SEVERED
    for _ in range(4 * 600):
        stage.hop(1)
        if isinstance(stage.app.dreamscapes.lead(MIA, "night"), LeadStream):
            break
    assert stage.app.breakers.get("pods/bed-2").state.value == "closed"


def test_getting_up_does_not_undo_a_sever() -> None:
    """An artist that was severed and gets up leads this Dreamscape no more; one that only gets up does."""
    stage = dreaming()
    stage.app.pods.check_out(OPERATOR, "bed-2")
    stage.hop(2)
    lead(stage).close()
    other = Caller("noa", Role.ARTIST, Channel.GRPC, sleeper="sleeper-4")
    stage.pod("bed-4").latched = "wake"
    stage.pod("bed-4").status()
    stage.hop(2)
    stage.app.pods.check_out(OPERATOR, "bed-4")
    stage.hop(2)
    assert refused(stage, other).code is Code.LEADER_SEVERED
