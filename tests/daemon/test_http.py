"""/metrics, /healthz, /readyz over a real socket."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from dreamd.adapters.http.server import CONNECTIONS, HttpServer


class _House:
    """A server whose checks the test sets."""

    def __init__(self) -> None:
        self.dead: tuple[str, ...] = ()
        self.waiting: tuple[str, ...] = ("the broker is not reached",)
        self.server = HttpServer(
            "127.0.0.1",
            0,
            render=lambda: ("text/plain; version=0.0.4", b"dreamd_up 1\n"),
            alive=lambda: self.dead,
            ready=lambda: self.waiting,
        )

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5.0)
        connection.request(method, path)
        answer = connection.getresponse()
        found = answer.status, answer.getheader("Content-Type") or "", answer.read().decode()
        connection.close()
        return found


@pytest.fixture
def house() -> Iterator[_House]:
    """A serving house."""
    one = _House()
    yield one
    one.server.close()


def test_metrics_are_served_in_their_media_type(house: _House) -> None:
    """What `render` gives, as it is."""
    assert house.get("/metrics?x=1") == (200, "text/plain; version=0.0.4", "dreamd_up 1\n")


def test_not_ready_is_503_with_the_reason(house: _House) -> None:
    """And 200 once nothing is wrong."""
    assert house.get("/readyz")[0::2] == (503, "the broker is not reached\n")
    house.waiting = ()
    assert house.get("/readyz")[0::2] == (200, "ok\n")


def test_a_hung_tick_is_said_while_the_loop_cannot(house: _House) -> None:
    """The server has its own thread: /healthz answers 503 when the loop does not go round."""
    assert house.get("/healthz")[0] == 200
    house.dead = ("the tick loop does not go round",)
    assert house.get("/healthz")[0::2] == (503, "the tick loop does not go round\n")


def test_another_path_says_what_is_here(house: _House) -> None:
    """404 with the three paths; nothing but GET is answered."""
    assert house.get("/")[0::2] == (404, "here are: /metrics /healthz /readyz\n")
    assert house.get("/metrics", "POST")[0] == 405
    assert house.get("/metrics", "PUT")[0] == 501


def test_a_port_in_use_is_an_os_error(house: _House) -> None:
    """For the composition to turn into a sentence."""
    with pytest.raises(OSError, match="in use"):
        HttpServer("127.0.0.1", house.server.port, render=lambda: ("", b""), alive=tuple, ready=tuple)


def test_silent_clients_do_not_lock_the_others_out(house: _House) -> None:
    """Places are bounded: the one too many is hung up on at once, and a place given back is usable."""
    address = ("127.0.0.1", house.server.port)
    silent = [socket.create_connection(address) for _ in range(CONNECTIONS)]
    extra = socket.create_connection(address)
    extra.settimeout(5.0)
    assert extra.recv(1) == b""
    extra.close()
    silent[0].sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
    assert silent[0].recv(15) == b"HTTP/1.1 200 OK"
    while silent[0].recv(4096):
        pass
    for one in silent:
        one.close()


def test_a_place_is_given_back_after_each_request(house: _House) -> None:
    """More requests than places, one after another, are all answered."""
    assert [house.get("/metrics")[0] for _ in range(2 * CONNECTIONS)] == [200] * 2 * CONNECTIONS


def test_closing_twice_is_safe(house: _House) -> None:
    """And the port is free afterwards."""
    port = house.server.port
    house.server.close()
    house.server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1.0)
