"""The console's server side over real sockets: following, and the content of its answers."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import nan

import pytest

from dreamd.adapters.http.console_routes import HOLD_S, LOOKERS
from dreamd.adapters.http.console_snapshots import IDLE_S
from dreamd.core.dreamscapes.views import BreakerState, CrowdView, DreamscapeState, SeatState, SynchronyView
from dreamd.core.fleet.house import HouseView
from dreamd.core.refusals import Code, Refusal
from fakes.callers import named
from fakes.console_house import PAGE, ConsoleHouse
from fakes.views import collective_view, pod_view, seat_view


@pytest.fixture
def house() -> Iterator[ConsoleHouse]:
    """A Dreamscape named night with two beds, in DREAMING."""
    one = ConsoleHouse()
    one.do(lambda: one.coordination.add("night", DreamscapeState.DREAMING))
    yield one
    one.close()


def push(house: ConsoleHouse, tick: int, **changes: object) -> None:
    """Push a tick of eight, with these changes."""
    view = replace(collective_view("night", tick), **changes)  # type: ignore[arg-type]
    house.do(lambda: [watch.push(view) for watch in list(house.coordination.collective_watches)])


def seat_rows(scene: dict[str, object]) -> dict[str, dict[str, object]]:
    """The seats by pod."""
    columns, rows = scene["columns"], scene["rows"]
    assert isinstance(columns, list)
    assert isinstance(rows, list)
    return {row[1]: dict(zip(columns, row, strict=True)) for row in rows}


def test_the_first_look_tells_every_dreamscape_and_the_last_events(house: ConsoleHouse) -> None:
    """The first answer comes at once with every Dreamscape, the last events and a cursor."""
    for _ in range(3):
        house.do(lambda: house.coordination.happen("severed", "night", "bed-1"))
    told = house.look()
    assert [(one["name"], one["state"]) for one in told["house"]["dreamscapes"]] == [("night", "dreaming")]
    assert [event["kind"] for event in told["events"]] == ["severed"] * 3
    assert told["cursor"] == 3
    assert told["scene"] is None


def test_no_dreamscape_is_an_empty_list_not_an_error() -> None:
    """Without Dreamscapes the answer is an empty list, not an error."""
    house = ConsoleHouse()
    assert house.look()["house"]["dreamscapes"] == []
    house.close()


def test_before_the_first_tick_the_seats_are_shown_as_they_gather(house: ConsoleHouse) -> None:
    """Before the first tick there is no tick, and every seat is shown."""
    scene = house.look(dreamscape="night")["scene"]
    assert scene["tick"] is None
    assert set(seat_rows(scene)) == {"bed-1", "bed-2"}


def test_a_page_is_answered_when_a_tick_comes_and_not_before(house: ConsoleHouse) -> None:
    """A waiting page is answered by the next tick, without repeated events."""
    first = house.look(dreamscape="night")
    seen = {"house": first["house"]["number"], "scene": first["scene"]["number"], "cursor": first["cursor"]}
    threading.Timer(0.2, push, (house, 41)).start()
    began_s = time.monotonic()
    told = house.look(dreamscape="night", **seen)
    assert 0.15 <= time.monotonic() - began_s < HOLD_S
    assert told["scene"]["tick"]["tick"] == 41
    assert told["house"] is None


def test_nothing_new_is_answered_within_a_second(house: ConsoleHouse) -> None:
    """Without news an answer comes within a second, so a silent page knows that the daemon is gone."""
    first = house.look(dreamscape="night")
    seen = {"house": first["house"]["number"], "scene": first["scene"]["number"], "cursor": first["cursor"]}
    began_s = time.monotonic()
    told = house.look(dreamscape="night", **seen)
    assert HOLD_S * 0.9 <= time.monotonic() - began_s <= 2 * HOLD_S
    assert (told["scene"], told["house"], told["events"]) == (None, None, [])


def test_a_late_request_gets_the_newest_tick_and_none_between(house: ConsoleHouse) -> None:
    """A late request gets the newest tick and none between."""
    seen = house.look(dreamscape="night")["scene"]["number"]
    for tick in range(50, 90):
        push(house, tick)
    told = house.look(dreamscape="night", scene=seen)
    assert told["scene"]["tick"]["tick"] == 89


def test_many_consoles_are_one_watch(house: ConsoleHouse) -> None:
    """The application is asked for each tick once, however many pages look."""
    house.look(dreamscape="night")
    push(house, 41)
    assert [house.look(dreamscape="night")["scene"]["tick"]["tick"] for _ in range(5)] == [41] * 5
    (watch,) = house.coordination.collective_watches
    assert len(watch.taken) == 1
    assert watch.asked == 2  # at the first look, before the first tick, and for this one


def test_a_client_that_stops_reading_holds_one_answer_then_gets_the_newest(house: ConsoleHouse) -> None:
    """A client that does not read for sixteen ticks holds one answer, then gets the newest.

    It has 500 sleepers; nothing piles up for it.
    """
    house.look(dreamscape="night")
    house.do(lambda: house.coordination.tick("night", 1, 500))
    slow = socket.create_connection(("127.0.0.1", house.server.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.settimeout(20.0)
    ask = "GET /console/look?dreamscape=night HTTP/1.1\r\nHost: localhost\r\nX-Dreamd-Console: 1\r\n\r\n"
    slow.sendall(ask.encode())
    for tick in range(2, 18):
        house.do(lambda tick=tick: house.coordination.tick("night", tick, 500))
    held = _read_answer(slow)
    slow.sendall(ask.encode())
    newest = _read_answer(slow)
    slow.close()
    assert held["scene"]["tick"]["tick"] <= 17
    assert newest["scene"]["tick"]["tick"] == 17
    (watch,) = house.coordination.collective_watches
    assert len(watch.taken) <= 3


def _read_answer(client: socket.socket) -> dict[str, dict[str, dict[str, int]]]:
    held = _read_until(client, b"", lambda got: b"\r\n\r\n" in got)
    head, _, body = held.partition(b"\r\n\r\n")
    (length,) = (
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line
    )
    return dict(json.loads(_read_until(client, body, lambda got: len(got) >= length)))


def _read_until(client: socket.socket, held: bytes, enough: Callable[[bytes], bool]) -> bytes:
    while not enough(held):
        piece = client.recv(65536)
        assert piece, "the server has hung up"
        held += piece
    return held


def test_an_unused_watch_is_closed(house: ConsoleHouse) -> None:
    """The watch is closed at a tick a few seconds after the last console has left."""
    house.look(dreamscape="night")
    assert len(house.coordination.collective_watches) == 1
    house.now_s += IDLE_S + 1.0
    push(house, 41)
    assert not house.coordination.collective_watches
    assert not house.coordination.event_watches


def test_one_console_too_many_is_refused(house: ConsoleHouse) -> None:
    """One console too many is refused; its place is free again afterwards."""
    first = house.look(dreamscape="night")
    seen = f"house={first['house']['number']}&scene={first['scene']['number']}&cursor={first['cursor']}"
    path = f"/console/look?dreamscape=night&{seen}"
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(house.request("GET", path, headers=PAGE)[0]))
        for _ in range(LOOKERS + 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(answers)) == [200, 503]
    assert answers.count(503) == 4
    assert house.request("GET", path, headers=PAGE)[0] == 200


def test_unknown_values_are_null_never_zero(house: ConsoleHouse) -> None:
    """Unknown values are null: NaN, a distance of zero, a quality without a slot."""
    house.look(dreamscape="night")
    seats = (
        seat_view(1, "bed-1", synchrony=nan, identity=0.0, distance=0.0),
        seat_view(2, "bed-2", state=SeatState.WAITING, quality=0.0),
    )
    crowd = CrowdView(synchrony=(SynchronyView("alpha"),))
    push(house, 41, seats=seats, crowd=crowd, dispersion=0.0)
    scene = house.look(dreamscape="night")["scene"]
    rows = seat_rows(scene)
    assert (rows["bed-1"]["synchrony"], rows["bed-1"]["identity"]) == (None, 0.0)
    assert (rows["bed-1"]["distance"], rows["bed-2"]["quality"]) == (None, None)
    assert scene["tick"]["dispersion"] is None
    assert scene["tick"]["crowd"]["synchrony"][0]["z"] is None
    assert scene["tick"]["crowd"]["dispersion_ratio"] is None


def test_the_collective_itself_is_sent_to_no_console(house: ConsoleHouse) -> None:
    """The centre is sent to no console, as it could be traced to a sleeper."""
    house.look(dreamscape="night")
    push(house, 41, centre=(0.123,) * 12, centre_hidden=True)
    tick = house.look(dreamscape="night")["scene"]["tick"]
    assert tick["intimate"] is True
    assert "centre" not in tick


def test_a_severed_bed_is_shown_with_its_evidence(house: ConsoleHouse) -> None:
    """A severed bed comes with the breaker's evidence: since when, why, next attempt."""
    house.look(dreamscape="night")
    house.do(lambda: house.coordination.breakers.trip(named("mara"), "pods/bed-1", "a cable"))
    push(house, 41, seats=(seat_view(1, "bed-1", breaker=BreakerState.OPEN), seat_view(2, "bed-2")))
    (breaker,) = house.look(dreamscape="night")["scene"]["breakers"]
    assert (breaker["pod"], breaker["state"], breaker["evidence"]) == ("bed-1", "open", "mara: a cable")
    assert breaker["until_s"] > breaker["since_s"]


def test_looking_into_a_sleeper_tells_their_bed(house: ConsoleHouse) -> None:
    """The detail of a sleeper has channels with causes; an unknown bed is null."""
    house.do(lambda: house.coordination.change("bed-1", latched="distress"))
    told = house.look(dreamscape="night", pod="bed-1")
    assert told["pod"]["latched"] == "distress"
    assert told["pod"]["channels"][1] == ["O1", pod_view("bed-1").channels[1].quality, "high frequency"]
    assert told["breaker"]["state"] == "closed"
    assert house.look(dreamscape="night", pod="bed-99")["pod"] is None


def test_dropped_events_are_reported_as_missed(house: ConsoleHouse) -> None:
    """Dropped events are reported as missed, and the page restarts at the oldest."""
    house.do(lambda: setattr(house.coordination, "journal_from", 1000))
    house.do(lambda: house.coordination.happen("severed", "night", "bed-1"))
    told = house.look(dreamscape="night", cursor=3)
    assert told["missed"] is True
    assert [event["cursor"] for event in told["events"]] == [1000]


def test_an_unknown_dreamscape_is_reported_in_the_answer(house: ConsoleHouse) -> None:
    """An unknown Dreamscape is reported in the answer; the rest still comes."""
    told = house.look(dreamscape="day")
    assert "no Dreamscape" in told["trouble"] or "there is no Dreamscape" in told["trouble"]
    assert told["house"]["dreamscapes"]


def test_no_place_to_watch_is_reported_in_the_answer(house: ConsoleHouse) -> None:
    """A refused watch is reported in the answer, as the API refuses it."""
    full = Refusal(Code.TOO_MANY_WATCHERS, "256 watchers watch this Dreamscape already")
    house.do(lambda: house.coordination.refuse("watch_collective", full))
    assert "256 watchers" in house.look(dreamscape="night")["trouble"]


def test_the_house_tells_its_troubles_and_ranks_its_dreamscapes(house: ConsoleHouse) -> None:
    """Troubles have the usual sentences.

    A dreaming Dreamscape with a silent bed is before a gathering one.
    """

    def lose() -> None:
        ask = house.coordination
        ask.house_view = HouseView(False, 1.0, "the ledger /x is full", ("night",), 2, 2)
        ask.sessions["night"] = replace(ask.sessions["night"], merged=0, unheard=2)
        ask.add("dusk", DreamscapeState.GATHERING, ())

    house.do(lose)
    told = house.look()["house"]
    assert len(told["troubles"]) == 3
    assert told["pods"] == {"online": 2, "unheard": 2, "rendering_nothing": 0}
    assert [(one["name"], one["rank"]) for one in told["dreamscapes"]] == [("dusk", 4), ("night", 0)]


def test_beds_words_have_their_age_from_when_they_were_looked_at(house: ConsoleHouse) -> None:
    """Ages count from the reading: a rebuilt list makes no seat younger; an unknown number is null."""
    seats = (seat_view(1, "bed-1"), seat_view(2, "bed-2", applied=nan, quality=nan, heard_age_s=40.0))
    house.look(dreamscape="night")
    push(house, 1, seats=seats)
    first = house.look(dreamscape="night")["scene"]
    house.now_s += 5.0
    house.do(lambda: house.coordination.happen("state", "night"))
    again = house.look(dreamscape="night")["scene"]
    assert again["number"] > first["number"]
    assert again["made_s"] == first["made_s"]
    rows = seat_rows(again)
    assert (rows["bed-1"]["heard_age_s"], rows["bed-1"]["applied"]) == (0.25, 0.1)
    assert (rows["bed-2"]["heard_age_s"], rows["bed-2"]["applied"], rows["bed-2"]["quality"]) == (
        40.0,
        None,
        None,
    )


def test_a_late_event_has_the_pods_own_time(house: ConsoleHouse) -> None:
    """A late event has its arrival and the pod's own time."""

    def late() -> None:
        fact = house.coordination.happen("severed", "night", "bed-1")
        house.coordination.journal[-1] = replace(fact, acted_s=fact.at_s - 75.0)

    house.do(late)
    (event,) = house.look()["events"]
    assert event["at_s"] - event["acted_s"] == 75.0
