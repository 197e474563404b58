"""/metrics, /healthz, /readyz over a real socket, in the clear and in a site."""

import datetime as dt
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge, make_wsgi_app

from dreamd.adapters.metrics.http_server import (
    CONNECTIONS,
    WHOLE_WITHIN_S,
    Checks,
    Files,
    MetricsServer,
    wrong_name,
)
from dreamd.adapters.site_authority import AuthorityError, SiteAuthority
from dreamd.adapters.site_guard import guarded_site
from dreamd.core.refusals import Code, Refusal
from dreamwire.broker_access import parse_address
from house.test_compose import health_of_the_daemon

NO = {
    "": Refusal(Code.CREDENTIAL_MISSING, "the call carries no credential"),
    "Bearer old": Refusal(Code.CREDENTIAL_EXPIRED, "the credential of prometheus has expired"),
    "Bearer bed": Refusal(Code.ROLE_LACKING, "bed-1 may not call GetHouse"),
}


class _Port:
    """A server with checks set by the test."""

    def __init__(self, site: SiteAuthority | None = None) -> None:
        self.dead: tuple[str, ...] = ()
        self.waiting: tuple[str, ...] = ("the broker is not reached",)
        self.notes: tuple[str, ...] = ()
        self.now_s = 0.0
        self.broken = False
        registry = CollectorRegistry()
        Gauge("dreamd_up", "it is up", registry=registry).set_function(self._up)
        self.tls = None if site is None else ssl.create_default_context(cafile=str(site.certificate))
        self.server = MetricsServer(
            "127.0.0.1",
            0,
            metrics=make_wsgi_app(registry, disable_compression=True),
            checks=Checks(lambda: self.dead, lambda: self.waiting, lambda: self.notes),
            names=("Monitor.ward.example",),
            reader=None if site is None else NO.get,
            files=None if site is None else Files(site.server_certificate, site.server_key),
            now_s=lambda: self.now_s,
        )
        self.address = ("127.0.0.1", self.server.port)

    def _up(self) -> float:
        if self.broken:
            raise ValueError("a secret")
        return 1.0

    def open(self, sent: bytes = b"") -> socket.socket:
        """A client that has sent these bytes."""
        client = socket.create_connection(self.address, timeout=3.0)  # shorter than one read may wait
        client.sendall(sent)
        return client

    def until_open(self, count: int) -> None:
        """Wait until this many connections are open."""
        until_s = time.monotonic() + 5.0
        while self.server.connections != count and time.monotonic() < until_s:
            threading.Event().wait(0.001)
        assert self.server.connections == count

    def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """One request: status, headers in small letters, body."""
        connection = (
            http.client.HTTPConnection(*self.address, timeout=5.0)
            if self.tls is None
            else http.client.HTTPSConnection(*self.address, timeout=5.0, context=self.tls)
        )
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        found = answer.status, told, answer.read().decode()
        connection.close()
        return found

    def get(self, path: str) -> tuple[int, str]:
        """Status and body."""
        return self.ask(path)[0::2]


@pytest.fixture
def port() -> Iterator[_Port]:
    """A running server without a site."""
    one = _Port()
    yield one
    one.server.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> SiteAuthority:
    """A site's certificate for 127.0.0.1."""
    made = SiteAuthority(tmp_path_factory.mktemp("site"))
    made.make_site(("127.0.0.1", "localhost"), dt.datetime.now(dt.UTC))
    return made


@pytest.fixture
def site(authority: SiteAuthority) -> Iterator[_Port]:
    """A running server of a site."""
    one = _Port(authority)
    yield one
    one.server.close()


def test_metrics_are_served_by_the_librarys_application(port: _Port) -> None:
    """Metrics come in the format of Prometheus, and as OpenMetrics where that is asked for."""
    status, headers, body = port.ask("/metrics?x=1")
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert "dreamd_up 1.0\n" in body
    asked = {"Accept": "application/openmetrics-text; version=1.0.0"}
    assert port.ask("/metrics", headers=asked)[2].endswith("# EOF\n")


def test_the_image_asks_for_its_health_in_a_site_and_without_one(
    port: _Port, site: _Port, authority: SiteAuthority, tmp_path: Path
) -> None:
    """The image's HEALTHCHECK takes TLS in a site and the clear without; not ready is its failure in both."""
    for one, state in ((port, tmp_path), (site, authority.directory.parent)):
        one.waiting = ()
        assert health_of_the_daemon(one.server.port, state).returncode == 0
        one.waiting = ("the broker is not reached",)
        assert "HTTP Error 503" in health_of_the_daemon(one.server.port, state).stderr


def test_health_has_the_reasons_and_its_own_thread(port: _Port) -> None:
    """Not ready is 503 with the reason; a hung tick is reported while the loop cannot; notes are no fault."""
    assert port.get("/readyz") == (503, "the broker is not reached\n")
    assert port.get("/healthz") == (200, "ok\n")
    port.dead, port.waiting, port.notes = ("frozen: no tick",), (), ("the lane of watches is full",)
    assert port.get("/healthz") == (503, "frozen: no tick\n")
    assert port.get("/readyz") == (200, "ok\nthe lane of watches is full\n")


def test_another_path_method_or_request_is_told_in_a_sentence(port: _Port) -> None:
    """404 names the paths, 405 the methods, and bytes that are no HTTP get plain text."""
    assert port.get("/") == (404, "no such page; available: /healthz /metrics /readyz\n")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
        status, headers, body = port.ask("/metrics", method)
        assert (status, headers["allow"], body) == (405, "GET, HEAD", "/metrics accepts only GET HEAD\n")
        assert not [name for name in headers if name.startswith("access-control")]
    for line, told in ((b"nonsense", b" 400 "), (b"GET /metrics HTTP/9.9", b" 505 ")):
        with port.open(line + b"\r\nHost: localhost\r\n\r\n") as client:
            answer = b"".join(iter(lambda client=client: client.recv(4096), b""))  # type: ignore[misc]
        assert told in answer.partition(b"\r\n")[0]
        assert b"<" not in answer


def test_head_is_get_without_its_body(port: _Port) -> None:
    """HEAD has the status of GET, and no body."""
    for path, status in (("/metrics", 200), ("/readyz", 503), ("/nowhere", 404)):
        assert port.ask(path, "HEAD")[0::2] == (status, "")


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/nowhere"])
def test_a_rebound_name_reads_nothing(port: _Port, path: str) -> None:
    """A foreign Host is 403 with the valid names, on every path."""
    for host in ("evil.example:8080", "127.0.0.1.evil.example", "localhost,evil.example"):
        status, _, body = port.ask(path, headers={"Host": host})
        assert (status, "http.names" in body) == (403, True)


def test_addresses_loopback_and_configured_names_are_answered() -> None:
    """An address, localhost and a missing Host need no setting; any other name is configured in full."""
    for host in (None, "localhost", "LOCALHOST:8080", "127.0.0.1", "10.1.2.3:8080", "[2001:db8::1]"):
        assert not wrong_name(host, ())
    for host in ("", "evil.example", "localhost.evil.example", "a, localhost", "1.2.3"):
        assert wrong_name(host, ("monitor.ward.example",))
    assert not wrong_name("monitor.ward.example:8080", ("Monitor.ward.example",))


def test_the_newest_client_takes_the_place_of_the_oldest_that_dawdles(port: _Port) -> None:
    """A new client replaces the oldest of twice as many dripping ones; the newest of them are answered."""
    drips = [port.open(b"GET /metrics HT") for _ in range(2 * CONNECTIONS)]
    assert port.get("/metrics")[0] == 200
    assert port.get("/healthz")[0] == 200
    assert drips[0].recv(1) == b""
    drips[-1].sendall(b"TP/1.0\r\n\r\n")
    assert drips[-1].recv(12) == b"HTTP/1.0 200"
    for one in drips:
        one.close()


@pytest.mark.parametrize("sent", [b"", b"GET /metrics HTTP/1.1\r\nHo"], ids=["silent", "in the head"])
def test_a_request_that_trickles_ends_at_its_deadline(port: _Port, sent: bytes) -> None:
    """A request that trickles in is closed at its deadline, and its place is free."""
    client = port.open(sent)
    port.until_open(1)
    port.now_s += WHOLE_WITHIN_S - 0.1
    client.sendall(b"s")
    port.now_s += 0.2
    assert client.recv(1) == b""
    port.until_open(0)
    client.close()


def test_a_bug_is_one_callers_500_without_its_particulars(port: _Port) -> None:
    """A failing series is 500 without details, and the next page is answered."""
    port.broken = True
    status, body = port.get("/metrics")
    assert (status, "secret" in body) == (500, False)
    assert port.get("/healthz")[0] == 200


def test_the_port_is_freed_and_a_port_in_use_is_an_os_error(port: _Port) -> None:
    """A port in use raises OSError; closing twice is safe, and the port is free afterwards."""
    with pytest.raises(OSError, match="in use"):
        MetricsServer(*port.address, metrics=make_wsgi_app(), checks=Checks(tuple, tuple))
    port.server.close()
    port.server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(port.address, timeout=1.0)


def test_a_site_wants_the_scrapers_credential(site: _Port) -> None:
    """Without a credential that counts 401, without the role 403, each with its sentence; with one, 200."""
    for shown, status in (("", 401), ("Bearer old", 401), ("Bearer bed", 403), ("Bearer good", 200)):
        told, headers, body = site.ask("/metrics", headers={"Authorization": shown} if shown else {})
        assert told == status
        assert ("www-authenticate" in headers) is (status == 401)
        assert (str(NO[shown]) in body) if shown in NO else ("dreamd_up 1.0" in body)
    assert site.get("/healthz")[0] == 200


def test_a_site_speaks_tls_alone_and_drips_end(site: _Port) -> None:
    """A client without TLS is told nothing; one that never ends its handshake is closed at its deadline."""
    with site.open(b"GET /metrics HTTP/1.0\r\n\r\n") as plain:
        assert b"dreamd" not in plain.recv(4096)
    with site.open(b"\x16\x03\x01") as slow:
        site.until_open(1)
        site.now_s += WHOLE_WITHIN_S + 0.1
        assert slow.recv(1) == b""
    assert site.get("/healthz")[0] == 200


def test_a_renewed_certificate_is_served_from_the_next_connection_on(
    site: _Port, authority: SiteAuthority
) -> None:
    """The renewed certificate is presented without a restart; a damaged file leaves the one of before."""

    def presented() -> bytes:
        assert site.tls is not None
        with (
            socket.create_connection(site.address, timeout=5.0) as raw,
            site.tls.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""

    first = presented()
    authority.reissue(("127.0.0.1", "localhost"), dt.datetime.now(dt.UTC))
    second = presented()
    assert second != first
    kept = authority.server_certificate.read_bytes()
    authority.server_certificate.write_text("damaged")
    assert presented() == second
    authority.server_certificate.write_bytes(kept)
    os.utime(authority.server_certificate)
    assert presented() == second


def test_beyond_loopback_the_port_wants_a_site_whose_certificate_names_it(
    authority: SiteAuthority, tmp_path: Path
) -> None:
    """Without a site an address elsewhere is refused with its flag; in one, one that it does not name is."""
    broker = parse_address("mqtt://127.0.0.1")
    with pytest.raises(AuthorityError, match=r"port for metrics does not listen on 10\.9\.8\.7.*--http-host"):
        guarded_site(tmp_path, ("127.0.0.1", "10.9.8.7"), time.time, broker)
    assert guarded_site(tmp_path, ("127.0.0.1", "::1"), time.time, broker) is None
    state = authority.directory.parent
    with pytest.raises(AuthorityError, match=r"does not name 10\.9\.8\.7"):
        guarded_site(state, ("127.0.0.1", "10.9.8.7"), time.time, broker)
    assert guarded_site(state, ("127.0.0.1", "0.0.0.0"), time.time, broker) is not None
