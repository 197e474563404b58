"""/metrics, /healthz, /readyz over a real socket."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from dreamd.adapters.http.connection_limits import (
    ANSWERED_WITHIN_S,
    ASKS_WITHIN_S,
    BODY_WITHIN_S,
    PLACES,
    Phase,
)
from dreamd.adapters.http.server import CONNECTIONS, Asked, HttpServer, Page, said, wrong_name

LONG = b"x" * (16 << 20)
"""Larger than the buffers of two sockets."""


class _House:
    """A server with checks set by the test."""

    def __init__(self) -> None:
        self.dead: tuple[str, ...] = ()
        self.waiting: tuple[str, ...] = ("the broker is not reached",)
        self.notes: tuple[str, ...] = ()
        self.now_s = 0.0
        self.orders: list[bytes] = []
        self.go_on = threading.Event()
        self.server = HttpServer(
            "127.0.0.1",
            0,
            render=lambda: ("text/plain; version=0.0.4", b"dreamd_up 1\n"),
            alive=lambda: self.dead,
            ready=lambda: self.waiting,
            notes=lambda: self.notes,
            names=("Monitor.ward.example",),
            routes={("POST", "/order"): self._order, ("GET", "/page"): self._page},
            now_s=lambda: self.now_s,
        )
        self.address = ("127.0.0.1", self.server.port)

    def _order(self, asked: Asked) -> Page:
        self.orders.append(asked.body)
        return said(http.HTTPStatus.OK, "done")

    def _page(self, _asked: Asked) -> Page:
        self.go_on.wait(10.0)
        return Page(http.HTTPStatus.OK, "text/plain", LONG)

    def open(self, sent: bytes = b"") -> socket.socket:
        """A client that has sent these bytes."""
        client = socket.create_connection(self.address, timeout=5.0)
        client.sendall(sent)
        return client

    def until_open(self, phase: Phase, count: int) -> None:
        """Wait until this many connections are in this phase."""
        until_s = time.monotonic() + 5.0
        while self.server.places.count(phase) != count and time.monotonic() < until_s:
            threading.Event().wait(0.001)
        assert self.server.places.count(phase) == count

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5.0)
        connection.request(method, path)
        answer = connection.getresponse()
        found = answer.status, answer.getheader("Content-Type") or "", answer.read().decode()
        connection.close()
        return found


@pytest.fixture
def house() -> Iterator[_House]:
    """A running server."""
    one = _House()
    yield one
    one.server.close()


def test_metrics_are_served_in_their_media_type(house: _House) -> None:
    """Metrics are served unchanged in their media type."""
    assert house.get("/metrics?x=1") == (200, "text/plain; version=0.0.4", "dreamd_up 1\n")


def test_not_ready_is_503_with_the_reason(house: _House) -> None:
    """Not ready is 503 with the reason, else 200."""
    assert house.get("/readyz")[0::2] == (503, "the broker is not reached\n")
    house.waiting = ()
    assert house.get("/readyz")[0::2] == (200, "ok\n")


def test_a_hung_tick_is_reported_while_the_loop_cannot(house: _House) -> None:
    """/healthz has its own thread: it answers 503 while the loop hangs."""
    assert house.get("/healthz")[0] == 200
    house.dead = ("the daemon is frozen: no tick",)
    assert house.get("/healthz")[0::2] == (503, "the daemon is frozen: no tick\n")


def test_another_path_says_what_is_here(house: _House) -> None:
    """Another path is 404 with the existing paths, whatever the method."""
    assert house.get("/")[0::2] == (404, "no such page; available: /metrics /healthz /readyz /page\n")
    assert house.get("/", "PUT")[0::2] == (404, "no such page; available: /metrics /healthz /readyz /page\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_a_method_that_is_not_for_this_path_is_405_with_those_that_are(house: _House, method: str) -> None:
    """A wrong method is 405 with Allow, in plain words and without permission for another origin."""
    connection = http.client.HTTPConnection(*house.address, timeout=5.0)
    connection.request(method, "/metrics", b"" if method == "POST" else None)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD")
    assert answer.getheader("Content-Type") == "text/plain; charset=utf-8"
    assert answer.read() == b"/metrics accepts only GET HEAD\n"
    assert not [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")]
    connection.close()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(b"BREW /metrics HTTP/1.1", 501), (b"nonsense", 400), (b"GET /metrics HTTP/9.9", 505)],
)
def test_an_unreadable_request_gets_a_plain_text_answer(
    house: _House, request_line: bytes, status: int
) -> None:
    """An unreadable request gets a plain text answer, and the connection ends."""
    client = house.open(request_line + b"\r\nHost: localhost\r\n\r\n")
    answer = b"".join(iter(lambda: client.recv(4096), b""))
    client.close()
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"text/plain" in answer
    assert b"<" not in answer


def test_head_is_get_without_its_body(house: _House) -> None:
    """HEAD is GET without its body, and the connection goes on."""
    connection = http.client.HTTPConnection(*house.address, timeout=5.0)
    for path, status in (("/metrics", 200), ("/readyz", 503), ("/nowhere", 404)):
        told = []
        for method in ("GET", "HEAD"):
            connection.request(method, path)
            answer = connection.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name != "Date"]
            told.append((answer.status, headers))
            assert (answer.read() == b"") is (method == "HEAD")
        assert told[0] == told[1]
        assert told[0][0] == status
    connection.close()


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_a_rebound_name_reads_nothing(house: _House, path: str) -> None:
    """A foreign Host is 403 with the valid names, so a rebound name reads nothing."""
    connection = http.client.HTTPConnection(*house.address, timeout=5.0)
    connection.request("GET", path, headers={"Host": "evil.example:8080"})
    answer = connection.getresponse()
    assert answer.status == 403
    assert b"http.names" in answer.read()
    connection.close()


@pytest.mark.parametrize(
    "host",
    [None, "localhost", "LOCALHOST:8080", "127.0.0.1", "10.1.2.3:8080", "[::1]:8080", "[2001:db8::1]"],
)
def test_addresses_and_loopback_need_no_setting(host: str | None) -> None:
    """An address, loopback and a missing Host need no setting: they cannot be rebound."""
    assert not wrong_name(host, ())


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a, localhost", "1.2.3"]
)
def test_every_other_name_is_configured_or_refused(host: str) -> None:
    """Any other name must be configured in full."""
    assert wrong_name(host, ("monitor.ward.example",))
    assert not wrong_name("monitor.ward.example:8080", ("monitor.ward.example",))


def test_full_lanes_are_noted_on_readyz_without_503(house: _House) -> None:
    """Full lanes are a note on /readyz with 200: ways out still work, so callers must come here."""
    house.waiting, house.notes = (), ("the API's lane of watches is full",)
    assert house.get("/readyz")[0::2] == (200, "ok\nthe API's lane of watches is full\n")


def test_a_port_in_use_is_an_os_error(house: _House) -> None:
    """A port in use raises OSError."""
    with pytest.raises(OSError, match="in use"):
        HttpServer("127.0.0.1", house.server.port, render=lambda: ("", b""), alive=tuple, ready=tuple)


def test_the_newest_client_takes_the_place_of_the_oldest_that_dawdles(house: _House) -> None:
    """A new client replaces the oldest dripping one; the other connections go on."""
    drips = [house.open(b"GET /metrics HT") for _ in range(2 * CONNECTIONS)]
    assert house.get("/metrics")[0] == 200
    assert house.get("/healthz")[0] == 200
    order = house.open(b"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nsever")
    assert order.recv(15) == b"HTTP/1.1 200 OK"
    assert house.orders == [b"sever"]
    assert drips[0].recv(1) == b""
    drips[-1].sendall(b"TP/1.0\r\n\r\n")
    assert drips[-1].recv(15) == b"HTTP/1.1 200 OK"
    for one in (*drips, order):
        one.close()


@pytest.mark.parametrize(
    ("sent", "within_s"),
    [
        (b"", ASKS_WITHIN_S),
        (b"POST /order HTTP/1.1\r\nHo", ASKS_WITHIN_S),
        (b"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nse", BODY_WITHIN_S),
    ],
    ids=["silent", "in the head", "in the body"],
)
def test_a_request_that_trickles_ends_at_its_deadline(house: _House, sent: bytes, within_s: float) -> None:
    """A request that trickles in is closed at its deadline, and its place is free."""
    client = house.open(sent)
    house.until_open(Phase.ASKING, 1)
    threading.Event().wait(0.1)  # until the sent bytes have been read; the test's clock stands still
    house.now_s += within_s - 0.1
    client.sendall(b"v" if sent else b"G")
    house.now_s += 0.2
    assert client.recv(1) == b""
    house.until_open(Phase.ASKING, 0)
    assert house.orders == []
    client.close()


def test_an_unread_answer_ends_at_its_deadline(house: _House) -> None:
    """An unread answer larger than the buffers ends at its deadline."""
    house.go_on.set()
    client = house.open(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
    house.until_open(Phase.PAGE, 1)
    house.now_s += ANSWERED_WITHIN_S + 0.1
    house.until_open(Phase.PAGE, 0)
    client.close()


def test_pages_take_no_place_of_health_metrics_and_orders(house: _House) -> None:
    """With every page place taken the next page is 503; everything else is answered."""
    asked = b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"
    pages = [house.open(asked) for _ in range(PLACES[Phase.PAGE])]
    house.until_open(Phase.PAGE, PLACES[Phase.PAGE])
    refused = house.open(asked)
    assert refused.recv(12) == b"HTTP/1.1 503"
    assert house.get("/healthz")[0] == 200
    assert house.get("/metrics")[0] == 200
    order = house.open(b"POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert order.recv(15) == b"HTTP/1.1 200 OK"
    for one in (*pages, refused, order):
        one.close()
    house.go_on.set()


def test_a_place_is_given_back_after_each_request(house: _House) -> None:
    """More requests than places, one after another, are all answered."""
    assert [house.get("/metrics")[0] for _ in range(2 * CONNECTIONS)] == [200] * 2 * CONNECTIONS


def test_closing_twice_is_safe(house: _House) -> None:
    """Closing twice is safe, and the port is free afterwards."""
    port = house.server.port
    house.server.close()
    house.server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1.0)
