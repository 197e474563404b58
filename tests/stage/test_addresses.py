"""The addresses of a stage: effects of messages in, rows out, flat rows, rows between ticks."""

import pytest

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.core.limits import MARKER_MAX
from dreamd.stage.addresses import (
    Cue,
    NotTaken,
    Reader,
    Row,
    SetFeature,
    SetShare,
    SetVector,
    WayOut,
    flat,
    rows_of,
    rows_of_seat,
)
from dreamd.stage.inbox import CUES_MOST, KEPT_S, Inbox
from dreamd.stage.leading import Moment, Wanted
from dreamd.stage.live_input import SILENT_S, LiveInput
from dreamd.stage.osc import Message, encoded
from dreamd.stage.outbox import Outbox
from dreamwire.schema import BANDS5X2, BANDS6X2, Schema


@pytest.mark.parametrize("schema", [BANDS6X2, BANDS5X2])
def test_each_feature_has_its_address(schema: Schema) -> None:
    """Every feature is set by region and band, with a slash or as the schema writes it; the vector whole."""
    reader = Reader(schema, 0.3)
    for at, name in enumerate(schema.feature_names()):
        for form in (name, name.replace(".", "/")):
            assert reader.effect_of(Message(f"/dreamd/lead/{form}", (2,))) == SetFeature(at, 2.0)
    whole = tuple(map(float, range(schema.size)))
    assert reader.effect_of(Message("/dreamd/lead", whole)) == SetVector(whole)


@pytest.mark.parametrize(
    ("message", "effect"),
    [
        (Message("/dreamd/share", (0.3,)), SetShare(0.3)),
        (Message("/dreamd/share", (0,)), SetShare(0.0)),
        (Message("/dreamd/cue", ("the tide comes in",)), Cue("the tide comes in")),
        (Message("/dreamd/sever"), WayOut(wake=False)),
        (Message("/dreamd/wake", (1.0,)), WayOut(wake=True)),
    ],
)
def test_messages_have_their_effects(message: Message, effect: object) -> None:
    """Share, cue, sever and wake are read; a share of 0 is one."""
    assert Reader(BANDS6X2, 0.3).effect_of(message) == effect


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (Message("/dreamd/lead", (1.0,) * 11), "ARGUMENTS", "expected 12 numbers, got 11 numbers"),
        (Message("/dreamd/lead", (*((1.0,) * 11), "x")), "ARGUMENTS", "got 11 numbers and 1 texts"),
        (Message("/dreamd/lead/anterior/alpha"), "ARGUMENTS", "expected one number, got none"),
        (Message("/dreamd/share", (0.31,)), "RANGE", "expected 0 to 0.3, the plan's artist share, got 0.31"),
        (Message("/dreamd/share", (-0.1,)), "RANGE", "got -0.1"),
        (Message("/dreamd/share", ("much",)), "ARGUMENTS", "expected one number, got 1 texts"),
        (Message("/dreamd/cue", (" ",)), "RANGE", f"1 to {MARKER_MAX} characters"),
        (Message("/dreamd/cue", ("a\nb",)), "RANGE", "one line"),
        (Message("/dreamd/cue", (1,)), "ARGUMENTS", "expected one text, got 1 numbers"),
        (Message("/dreamd/leed", (1.0,)), "ADDRESS", "the nearest one is /dreamd/lead"),
        (Message("/dreamd/lead/alpha", (1.0,)), "ADDRESS", "/alpha"),
        (Message("/1/fader1", (1.0,)), "ADDRESS", "no address of a stage; the nearest one is /dreamd/"),
        (Message("/\x1b[2J", (1.0,)), "ADDRESS", "/?[2J"),
    ],
)
def test_a_message_that_is_not_taken_says_why(message: Message, code: str, words: str) -> None:
    """The refusal names what was expected and got; a wrong address names the nearest one."""
    reader = Reader(BANDS6X2, 0.3)
    no = reader.effect_of(message)
    assert isinstance(no, NotTaken)
    no = reader.explained(no)
    assert no.code == code
    assert words in no.sentence


def tick(**changes: object) -> dreams.Collective:
    """A tick of six sleepers that an artist leads."""
    told = dreams.Collective(
        tick=40, merged=5, assigned=6, included=6, dispersion=1.5, artist=[0.25] * 12, artist_share=0.1,
        centre=[0.5 * k for k in range(12)],
        synchrony=[dreams.Synchrony(band="alpha", ppc=0.1, z=2.0), dreams.Synchrony(band="beta", ppc=0.2)],
    )  # fmt: skip
    told.MergeFrom(dreams.Collective(**changes))  # type: ignore[arg-type]
    return told


def test_a_tick_is_told_by_address() -> None:
    """Each value of a tick stands at its address; one that is not known is left out."""
    told = {row.address: row.values for row in rows_of(tick(), BANDS6X2)}
    bands = {f"/dreamd/band/{band.name}": (0.5 * n, 0.5 * (n + 6)) for n, band in enumerate(BANDS6X2.bands)}
    assert told == {
        "/dreamd/beat": (40,),
        "/dreamd/audience": (5, 6),
        "/dreamd/centre": tuple(0.5 * k for k in range(12)),
        **bands,
        "/dreamd/synchrony/alpha": (0.1, 2.0),
        "/dreamd/dispersion": (1.5,),
        "/dreamd/lead/applied": (0.1,),
        "/dreamd/lead/applied/vector": (0.25,) * 12,
    }


def test_nothing_hidden_is_told() -> None:
    """Without a centre no band is told, without sleepers no dispersion; without an artist 0 is applied."""
    bare = dreams.Collective(tick=1, assigned=3, centre_hidden=True)
    told = {row.address: row.values for row in rows_of(bare, BANDS6X2)}
    assert set(told) == {
        "/dreamd/beat",
        "/dreamd/audience",
        "/dreamd/lead/applied",
        "/dreamd/lead/applied/vector",
    }
    assert told["/dreamd/lead/applied"] == (0.0,)
    assert told["/dreamd/lead/applied/vector"] == (0.0,) * 12


def test_the_own_seat_is_told_as_far_as_it_is_known() -> None:
    """Identity and dose of the artist's own seat, each where it is known."""
    assert rows_of_seat(dreams.Seat()) == ()
    told = {row.address: row.values for row in rows_of_seat(dreams.Seat(identity=0.75, dose_share=0.5))}
    assert told == {"/dreamd/you/identity": (0.75,), "/dreamd/you/share": (0.5,)}


def test_flat_is_one_float_an_address() -> None:
    """Flat, each number has an address of its own and is a float; no address comes twice."""
    rows = list(flat(rows_of(tick(), BANDS6X2)))
    told = {row.address: row.values for row in rows}
    assert len(told) == len(rows) == 1 + 2 + 12 + 12 + 2 + 1 + 1 + 12
    assert all(len(values) == 1 and isinstance(values[0], float) for values in told.values())
    assert told["/dreamd/beat"] == (40.0,)
    assert told["/dreamd/audience/merged"] == (5.0,)
    assert told["/dreamd/centre/posterior/alpha"] == (4.0,)
    assert told["/dreamd/band/alpha/posterior"] == (4.0,)
    assert told["/dreamd/synchrony/alpha/z"] == (2.0,)
    assert told["/dreamd/lead/applied/vector/anterior/delta"] == (0.25,)


def test_rows_between_ticks_move_evenly() -> None:
    """Smooth rows go from the tick before to the newest in 250 ms; a count is told at the tick alone."""
    sent: list[tuple[str, tuple[object, ...]]] = []
    box = Outbox(lambda address, values: sent.append((address, values)), smooth_hz=60.0)
    for number, value in ((1, 0.0), (2, 4.0)):
        box.tell_tick((Row("/beat", (number,)), Row("/v", (value,), smooth=True)), now_s=float(number))
    assert sent == [("/beat", (1,)), ("/beat", (2,))]
    sent.clear()
    for after_s in (0.0, 0.125, 0.25, 9.0):
        box.tell_between(2.0 + after_s)
    assert sent == [("/v", (value,)) for value in (0.0, 2.0, 4.0, 4.0)]
    box.start_over()
    sent.clear()
    box.tell_between(2.0)
    assert sent == []


def test_live_input_holds_what_came_and_falls_silent() -> None:
    """Each message changes what it names; numbers are clipped at six; after ten seconds nothing is wanted."""
    live = LiveInput(3, share=0.1)
    assert live.wanted(Moment(now_s=5.0)) is None
    for command in (SetVector((1.0, 2.0, 9e300)), SetFeature(0, -7.0), SetShare(0.2)):
        assert live.obey(command, 5.0)
    assert not live.obey(Cue("x"), 99.0)
    assert live.wanted(Moment(now_s=5.0 + SILENT_S)) == Wanted((-6.0, 2.0, 6.0), 0.2)
    assert live.wanted(Moment(now_s=5.001 + SILENT_S)) is None
    assert live.wanted(Moment(now_s=4.9)) is None


def test_orders_wait_for_their_answer_alone() -> None:
    """A sever after a wake does not weaken it; an answer ends its own order; after a minute it is dropped."""
    told: list[NotTaken] = []
    now_s = [0.0]
    inbox = Inbox(Reader(BANDS6X2, 0.3), LiveInput(12), lambda: now_s[0], lambda: None, told.append)
    inbox.hear_datagram(encoded("/dreamd/wake", ()))
    woken = inbox.order
    inbox.hear_datagram(encoded("/dreamd/sever", ()))
    assert inbox.order is woken is not None
    inbox.end_order(WayOut(wake=True))
    assert inbox.order is woken
    inbox.end_order(woken)
    assert inbox.order is None
    inbox.hear_datagram(encoded("/dreamd/sever", ()))
    now_s[0] = KEPT_S
    inbox.expire()
    assert inbox.order == WayOut(wake=False)
    now_s[0] = KEPT_S + 0.1
    inbox.expire()
    assert inbox.order is None
    assert told[-1].code == "UNREACHABLE"


def test_cues_that_wait_are_bounded() -> None:
    """So many cues wait for the daemon; one more is refused and counted, and severs still come through."""
    told: list[NotTaken] = []
    inbox = Inbox(Reader(BANDS6X2, 0.3), LiveInput(12), lambda: 0.0, lambda: None, told.append)
    for number in range(CUES_MOST + 3):
        inbox.hear_datagram(encoded("/dreamd/cue", (f"cue {number}",)))
    assert len(inbox.cues) == CUES_MOST
    assert inbox.counts["CUES"] == 3
    inbox.hear_datagram(encoded("/dreamd/sever", ()))
    assert inbox.order is not None
