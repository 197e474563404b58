"""Sessions of the console, without a server."""

from itertools import count

import pytest

from dreamapi.credentials import CredentialFile
from dreamd.console.request_guard import cookie_of
from dreamd.console.sessions import SESSIONS_EACH, SESSIONS_MAX, Session, Sessions, SessionsFull, lifetime_s

DAY_S = 86_400.0


def session(principal: str, until_s: float = 100.0) -> Session:
    """A session of a principal, begun at 0."""
    file = CredentialFile("h:1", principal, f"dreamd_{principal}_x", "PEM")
    return Session(principal, file, frozenset(), frozenset(), until_s, 0.0)


def sessions() -> Sessions:
    """No session yet; cookies are c1, c2 and so on."""
    numbers = count(1)
    return Sessions(lambda: f"c{next(numbers)}")


def test_a_ninth_session_ends_the_oldest_of_its_principal_alone() -> None:
    """A principal has eight sessions; another principal's stay."""
    kept = sessions()
    other = kept.begin_session(session("olga"), 0.0)
    own = [kept.begin_session(session("anna"), 0.0) for _ in range(SESSIONS_EACH + 1)]
    assert kept.session_of(own[0], 1.0) is None
    assert all(kept.session_of(cookie, 1.0) for cookie in (*own[1:], other))


def test_a_full_table_refuses_and_expired_sessions_make_room() -> None:
    """No session is ended for a stranger's; one that has expired is gone."""
    kept = sessions()
    for number in range(SESSIONS_MAX):
        kept.begin_session(session(f"p{number}"), 0.0)
    with pytest.raises(SessionsFull, match="sign out"):
        kept.begin_session(session("anna"), 0.0)
    assert kept.session_of("c1", 100.0) is None
    kept.begin_session(session("anna", 200.0), 100.0)


def test_a_cookie_is_kept_as_a_digest() -> None:
    """No cookie is found in what is kept."""
    kept = sessions()
    cookie = kept.begin_session(session("anna"), 0.0)
    assert cookie.encode() not in repr(kept).encode().replace(b"CredentialFile", b"")


def test_a_session_lives_as_long_as_its_credential_frees() -> None:
    """A day beyond the credential, also of one that has expired; never without an end."""
    assert lifetime_s(3600.0) == 3600.0 + DAY_S
    assert lifetime_s(-5.0) == DAY_S
    assert lifetime_s(float("inf")) == 31 * DAY_S


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("__Host-dreamd=abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuv"),
        ("a=b; __Host-dreamd=abcdefghijklmnopqrstuv; c=d", "abcdefghijklmnopqrstuv"),
        ("dreamd=abcdefghijklmnopqrstuv", ""),
        ("x__Host-dreamd=abcdefghijklmnopqrstuv", ""),
        ("__Host-dreamd=short", ""),
        ("", ""),
    ],
)
def test_a_cookie_is_read_under_its_whole_name(header: str, expected: str) -> None:
    """A cookie of another name or form is none."""
    assert cookie_of({"cookie": header}) == expected
