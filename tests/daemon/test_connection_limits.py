"""Places for HTTP connections, with a clock that stands still and unread sockets."""

import socket
from collections.abc import Iterator

import pytest

from dreamd.adapters.http.connection_limits import (
    ASKING_PLACES,
    ASKS_WITHIN_S,
    CONNECTIONS_MAX,
    HOST_PAGES,
    PLACES,
    Connection,
    ConnectionLimits,
    Phase,
)


class _Door:
    """Places and the clients that come."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.places = ConnectionLimits(lambda: self.now_s)
        self.sockets: list[socket.socket] = []

    def come(self, host: str = "10.0.0.1") -> Connection | None:
        """A client of this host."""
        ours, theirs = socket.socketpair()
        self.sockets += [ours, theirs]
        return self.places.enter(ours, host)

    def come_for(self, phase: Phase, host: str = "10.0.0.1") -> tuple[Connection, bool]:
        """A client with a request of this phase; whether it got a place."""
        connection = self.come(host)
        assert connection is not None
        return connection, self.places.has_asked(connection, phase)


@pytest.fixture
def door() -> Iterator[_Door]:
    """The places, all free."""
    one = _Door()
    yield one
    for client in one.sockets:
        client.close()


def test_the_host_with_the_most_loses_its_oldest(door: _Door) -> None:
    """The host with the most connections loses its oldest: it cannot displace another's."""
    honest = door.come("10.0.0.2")
    crowd = [door.come("10.0.0.1") for _ in range(3 * ASKING_PLACES // 2)]
    assert honest is not None
    assert not honest.over
    over = [one.over for one in crowd if one is not None]
    assert over.index(False) == sum(over)
    assert door.places.count(Phase.ASKING) == ASKING_PLACES


def test_a_host_gets_half_the_pages_and_this_machine_all(door: _Door) -> None:
    """A host gets half the places for pages; this machine, with one address, gets all."""
    taken = [door.come_for(Phase.PAGE, "10.0.0.1")[1] for _ in range(PLACES[Phase.PAGE])]
    assert sum(taken) == HOST_PAGES
    here = [door.come_for(Phase.PAGE, "127.0.0.1")[1] for _ in range(PLACES[Phase.PAGE])]
    assert sum(here) == PLACES[Phase.PAGE] - HOST_PAGES


@pytest.mark.parametrize("phase", [Phase.HEALTH, Phase.METRICS])
def test_a_reader_that_dawdles_makes_room_for_the_next(door: _Door, phase: Phase) -> None:
    """A slow reader makes room for the next scrape."""
    many = [door.come_for(phase) for _ in range(PLACES[phase] + 1)]
    assert all(taken for _, taken in many)
    assert [connection.over for connection, _ in many] == [True, *[False] * PLACES[phase]]


def test_an_order_is_not_refused_for_room(door: _Door) -> None:
    """An order is never refused for lack of a place, though every other phase is full."""
    for phase in (Phase.PAGE, Phase.HEALTH, Phase.METRICS):
        for _ in range(PLACES[phase]):
            door.come_for(phase, "127.0.0.1")
    assert door.come_for(Phase.ORDER)[1]


def test_threads_are_bounded_and_given_back(door: _Door) -> None:
    """Threads are bounded: a disconnected client counts exactly until its thread has ended."""
    clients = [door.come() for _ in range(CONNECTIONS_MAX)]
    assert door.come() is None
    assert clients[0] is not None
    assert clients[0].over
    door.places.connection_ended(clients[0])
    assert door.come() is not None


def test_one_that_was_hung_up_on_asks_no_more(door: _Door) -> None:
    """A disconnected client's thread carries out no further request."""
    connection = door.come()
    assert connection is not None
    door.now_s = ASKS_WITHIN_S + 0.001
    door.places.expire()
    assert connection.over
    assert not door.places.has_asked(connection, Phase.ORDER)
    assert not door.places.ask_again(connection)
    assert all(door.places.count(phase) == 0 for phase in Phase)
