"""A stage from OSC to the API and back: leading, cues, ways out, the daemon lost, and the end."""

import asyncio
import time
from dataclasses import replace

import pytest

import dreamapi
from dreamd.app.stage.stimulus_markers import Marker
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.refusals import Code, Refusal
from dreamd.stage.failures import CannotRun
from dreamd.stage.report import Report
from dreamd.stage.session import Options, StageSession
from dreamd.stage.udp import OscPorts
from fakes.waiting import until
from stage.conftest import HERE, NIGHT, Hall

VECTOR = [0.25 * k - 1.0 for k in range(12)]


async def test_osc_leads_and_is_told_what_is_broadcast(hall: Hall) -> None:
    """A vector and a share by OSC lead the Dreamscape; the next tick tells them back as applied."""
    async with hall.on_stage():
        assert hall.application.artists.newest()[1] == 0.0
        hall.send("/dreamd/share", 0.25)
        hall.send("/dreamd/lead", *VECTOR)
        await until(lambda: hall.application.artists.newest()[1] == 0.25)
        await until(lambda: hall.application.artists.newest()[0].tolist() == VECTOR)
        hall.send("/dreamd/lead/posterior/alpha", 6)
        await until(lambda: hall.application.artists.newest()[0][8] == 6.0)
        hall.tick(7)
        await until(lambda: hall.program.last("/dreamd/lead/applied") == (0.25,))
        await until(lambda: hall.program.last("/dreamd/lead/applied/vector")[8:9] == (6.0,))
        await until(lambda: hall.program.last("/dreamd/beat") == (7,))
        await until(lambda: hall.program.last("/dreamd/audience") == (8, 8))
        await until(lambda: hall.program.last("/dreamd/state") == ("dreaming",))
        await until(lambda: len(hall.program.last("/dreamd/centre")) == 12)
    await until(lambda: hall.application.artists.newest()[1] == 0.0)
    assert "leading" in hall.lines


async def test_a_lead_has_the_words_of_its_stage(hall: Hall) -> None:
    """Title and artist of a stage are those of the piece that its lead is kept as."""
    async with hall.on_stage(share=0.1, title="Tide", artist="Ida Berg"):
        hall.send("/dreamd/lead", *VECTOR)
        await until(lambda: hall.application.artists.newest()[1] == 0.1)
        (lead,) = hall.application.artists.leads_since(0.0)
        assert (lead.title, lead.artist) == ("Tide", "Ida Berg")


async def test_a_stage_without_input_leads_nothing(hall: Hall) -> None:
    """Until an input comes the Dreamscape is free for another artist; ticks are told all the same."""
    async with hall.on_stage(share=0.2):
        hall.tick(1)
        await until(lambda: hall.program.last("/dreamd/beat"))
        assert ("lead", NIGHT) not in hall.application.calls
        hall.send("/dreamd/lead", *VECTOR)
        await until(lambda: hall.application.artists.newest()[1] == 0.2)


async def test_cues_and_ways_out_are_given(hall: Hall) -> None:
    """A cue is a marker of the journal with its source; a sever and a wake are orders, and are told."""
    async with hall.on_stage():
        hall.send("/dreamd/cue", "the tide comes in")
        await until(
            lambda: ("write_marker", NIGHT, Marker("the tide comes in", "stage")) in hall.application.calls
        )
        hall.send("/dreamd/sever")
        await until(lambda: hall.application.sessions[NIGHT].state is DreamscapeState.SEVERED)
        await until(lambda: hall.program.last("/dreamd/severed"))
        await until(lambda: hall.program.last("/dreamd/state") == ("severed",))
        hall.send("/dreamd/wake", 1.0)
        await until(lambda: hall.application.sessions[NIGHT].state is DreamscapeState.WAKING)
    orders = [one for one in hall.application.calls if one[0] in ("sever", "wake")]
    assert [one[0] for one in orders] == ["sever", "wake"]


async def test_a_plan_that_is_changed_before_the_start_counts(hall: Hall) -> None:
    """Without an artist share it is said that none leads; the share of a changed plan holds from then on."""
    view = hall.application.sessions[NIGHT]
    hall.application.sessions[NIGHT] = replace(view, plan=replace(view.plan, artist_share=0.0))
    async with hall.on_stage():
        await until(lambda: any("can be heard and not led" in line for line in hall.lines))
        hall.send("/dreamd/share", 0.25)
        await until(lambda: hall.program.last("/dreamd/refused")[:1] == ("RANGE",))
        hall.application.sessions[NIGHT] = view
        hall.application.happen("plan-changed", NIGHT)
        await until(lambda: hall.session is not None and hall.session.share_most == 0.3)
        hall.send("/dreamd/share", 0.25)
        await until(lambda: hall.application.artists.newest()[1] == 0.25)
    assert sum("not led" in line for line in hall.lines) == 1


async def test_refusals_are_told_by_osc_and_the_rest_goes_on(hall: Hall) -> None:
    """A refused lead, cue and message reach the program with code and sentence; ticks still come."""
    hall.application.refuse("lead", Refusal(Code.LEAD_TAKEN, "somebody leads this Dreamscape already"))
    async with hall.on_stage(share=0.1):
        hall.send("/dreamd/lead", *VECTOR)
        await until(lambda: hall.program.last("/dreamd/refused")[:1] == ("LEAD_TAKEN",))
        hall.application.refuse("write_marker", Refusal(Code.TOO_MANY_MARKERS, "it takes 50 a second"))
        hall.send("/dreamd/cue", "x")
        await until(lambda: hall.program.last("/dreamd/refused")[:1] == ("TOO_MANY_MARKERS",))
        hall.tick(2)
        await until(lambda: hall.program.last("/dreamd/beat") == (2,))
    assert any("LEAD_TAKEN" in line or "somebody leads" in line for line in hall.lines)


async def test_a_lost_daemon_is_told_and_an_order_waits_for_it(hall: Hall) -> None:
    """While the daemon is away the state is `lost`; a sever given meanwhile reaches it when it is back."""
    async with hall.on_stage(share=0.1):
        hall.send("/dreamd/lead", *VECTOR)
        await until(lambda: hall.application.artists.newest()[1] == 0.1)
        await hall.shut()
        await until(lambda: hall.program.last("/dreamd/state") == ("lost",))
        hall.send("/dreamd/sever")
        await until(lambda: hall.program.last("/dreamd/refused")[:1] == ("UNREACHABLE",))
        await hall.open()
        await until(lambda: hall.application.sessions[NIGHT].state is DreamscapeState.SEVERED, 30.0)
        await until(lambda: hall.program.last("/dreamd/state") == ("severed",))
    assert sum(line.startswith("the daemon is lost (") for line in hall.lines) == 1
    assert hall.lines.count("the daemon is back") == 1


async def test_it_ends_with_the_dreamscape(hall: Hall) -> None:
    """When the Dreamscape ends the stage returns, and tells `ended` last."""
    report = Report(hall.lines.append, as_json=False)
    options = Options(in_port=0, out_port=hall.program.port)
    stage = StageSession(hall.address, "", clock=time.monotonic, report=report, options=options)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(stage.run_until_ended(), name="stage")
        await until(lambda: hall.application.event_watches)
        async with dreamapi.connect(hall.address) as api:
            await api.dreamscapes.end(NIGHT)
    await until(lambda: hall.program.last("/dreamd/state") == ("ended",))
    assert hall.lines[-1].startswith("night has ended; ")


async def test_a_port_that_is_taken_says_so(hall: Hall) -> None:
    """A second program at the port is refused in one sentence with the flag; a share above the plan's too."""
    ports = await OscPorts.bound(0, 9, lambda _datagram, _port: None)
    report = Report(hall.lines.append, as_json=False)
    with pytest.raises(CannotRun, match=rf"^port {ports.in_port} of {HERE} is taken .* with --in$"):
        await StageSession(
            hall.address, NIGHT, clock=time.monotonic, report=report, options=Options(ports.in_port)
        ).run_until_ended()
    ports.close()
    with pytest.raises(CannotRun, match=r"^--share 0.4 is not within 0 and 0.3"):
        await StageSession(
            hall.address, NIGHT, clock=time.monotonic, report=report, options=Options(0, share=0.4)
        ).run_until_ended()


@pytest.mark.parametrize(
    ("state", "schema", "sentence"),
    [
        (DreamscapeState.ENDED, "bands6x2", "night has ended; name one that has not"),
        (DreamscapeState.DREAMING, "bands9x9", "night has the schema 'bands9x9'"),
    ],
)
async def test_what_cannot_be_staged_is_refused(
    hall: Hall, state: DreamscapeState, schema: str, sentence: str
) -> None:
    """An ended Dreamscape and an unknown schema are refused in one sentence."""
    view = hall.application.sessions[NIGHT]
    plan = replace(view.plan, schema=schema)
    hall.application.sessions[NIGHT] = replace(view, state=state, plan=plan)
    stage = StageSession(
        hall.address, NIGHT, clock=time.monotonic, report=Report(hall.lines.append, as_json=False)
    )
    with pytest.raises(CannotRun) as no:
        await stage.run_until_ended()
    assert str(no.value).startswith(sentence)
