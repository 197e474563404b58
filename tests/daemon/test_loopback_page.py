"""The page on loopback to which a browser comes back from the provider: which browser, and how often."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from dreamapi.sign_in import SignInError
from dreamd.cli.printing.loopback_page import LoopbackPage

STATE, ISSUER, AWAY = "s" * 43, "https://id.ward.test", "https://id.ward.test/authorize?state=x"


@pytest.fixture
def page() -> Iterator[LoopbackPage]:
    """A page that listens, of a sign-in that has begun."""
    with LoopbackPage() as listening:
        listening.send_to(AWAY, STATE, ISSUER)
        yield listening


def opened(page: LoopbackPage) -> str:
    """The cookie of the browser that opens the printed address."""
    path = "/" + page.address.rpartition("/")[2]
    status, _, headers = page.answer(path, page.host, "")
    assert (status, headers["Location"]) == (HTTPStatus.FOUND, AWAY)
    cookie, flags = headers["Set-Cookie"].split("; ", 1)
    assert flags == "Path=/; HttpOnly; SameSite=Lax; Max-Age=600"
    return cookie


def test_the_browser_that_began_brings_the_code_once(page: LoopbackPage) -> None:
    """With its cookie and the state the code is taken; a second answer is not."""
    cookie = opened(page)
    back = f"/callback?code=c&state={STATE}&iss={ISSUER}"
    assert page.answer(back, page.host, f"x=y; {cookie}")[0] is HTTPStatus.OK
    assert page.answer(back.replace("code=c", "code=d"), page.host, cookie)[0] is HTTPStatus.FORBIDDEN
    assert page.wait_for_code(0.0) == "c"


def test_any_other_answer_is_refused_and_the_page_waits_on(page: LoopbackPage) -> None:
    """Another browser, state, issuer, Host or cookie ends no sign-in; the right answer still counts."""
    cookie = opened(page)
    for query, host, cookies in (
        (f"code=c&state={STATE}", page.host, ""),
        (f"code=c&state={STATE}", page.host, cookie + "x"),
        (f"code=c&state={STATE}", page.host, "dreamd-login-1=ä"),
        (f"code=c&state={'t' * 43}", page.host, cookie),
        ("code=c", page.host, cookie),
        (f"code=c&state={STATE}&iss=https://evil.test", page.host, cookie),
        (f"error=access_denied&state={'t' * 43}", page.host, cookie),
        (f"code=c&state={STATE}", "evil.test", cookie),
    ):
        assert page.answer(f"/callback?{query}", host, cookies)[0] is HTTPStatus.FORBIDDEN
    assert page.wait_for_code(0.0) is None
    assert page.answer(f"/callback?code=c&state={STATE}", page.host, cookie)[0] is HTTPStatus.OK
    assert page.wait_for_code(0.0) == "c"


def test_a_second_browser_is_not_sent_on(page: LoopbackPage) -> None:
    """The printed address works in one browser, also twice; another one is told so, and gets no cookie."""
    cookie, path = opened(page), "/" + page.address.rpartition("/")[2]
    assert page.answer(path, page.host, cookie)[0] is HTTPStatus.FOUND
    status, text, headers = page.answer(path, page.host, "")
    assert (status, headers) == (HTTPStatus.FORBIDDEN, {})
    assert "Another browser" in text


def test_a_refusal_of_the_provider_ends_the_wait(page: LoopbackPage) -> None:
    """The error's word is told, and nothing else that came."""
    cookie = opened(page)
    page.answer(f"/callback?error=access_denied&error_description=<b>&state={STATE}", page.host, cookie)
    with pytest.raises(SignInError, match="access_denied") as caught:
        page.wait_for_code(0.0)
    assert "<b>" not in str(caught.value)


def test_the_page_answers_over_its_socket_and_repeats_nothing(page: LoopbackPage) -> None:
    """A request over the socket gets protected text without what it sent; the page listens on 127.0.0.1."""
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://{page.host}/nothing?code=secret", timeout=5.0)
    with caught.value as answer:
        assert answer.code == 404
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert b"secret" not in answer.read()
    assert page.redirect_uri == f"http://{page.host}/callback"
    assert page.host.startswith("127.0.0.1:")
