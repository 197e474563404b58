"""Sessions of the console, without a server."""

import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from dreamapi.credentials import CredentialFile
from dreamd.console.request_guard import cookie_of
from dreamd.console.session_store import (
    SessionStore,
    SessionWriter,
    StoreError,
    open_credential,
    seal_credential,
)
from dreamd.console.sessions import (
    IDLE_S,
    NOTED_EVERY_S,
    SESSIONS_EACH,
    SESSIONS_MAX,
    Sealing,
    Session,
    Sessions,
    SessionsFull,
    lifetime_s,
)

DAY_S = 86_400.0


def session(principal: str, until_s: float = 100.0) -> Session:
    """A session of a principal, begun at 0."""
    file = CredentialFile("h:1", principal, f"dreamd_{principal}_x", "PEM")
    return Session(principal, file, frozenset(), frozenset(), until_s, 0.0)


def sessions() -> Sessions:
    """No session yet; cookies are c1, c2 and so on."""
    numbers = count(1)
    sealing = Sealing(seal_credential, open_credential)
    return Sessions(lambda: f"c{next(numbers)}", sealing, lambda text: CredentialFile("h:1", "", text, "PEM"))


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
    assert cookie not in repr(kept._kept.keys())


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


async def test_a_session_survives_a_restart_and_the_file_holds_no_secret(tmp_path: Path) -> None:
    """The cookie opens the same session after a restart; the file, mode 0600, has no credential or cookie."""
    path = tmp_path / "sessions"
    before = sessions()
    writer = SessionWriter(before, SessionStore(path))
    cookie = before.begin_session(session("anna", 1000.0), 0.0)
    await writer.write_changes()
    held = path.read_bytes()
    assert b"dreamd_anna_x" not in held
    assert cookie.encode() not in held
    assert path.stat().st_mode & 0o777 == 0o600
    after = sessions()
    SessionWriter(after, SessionStore(path))
    found = after.session_of(cookie, 1.0)
    assert found is not None
    assert (found.principal, found.credential.credential) == ("anna", "dreamd_anna_x")
    assert after.session_of("c2", 1.0) is None
    assert after.session_of(cookie, 1000.0) is None


async def test_an_idle_session_stays_idle_over_a_restart(tmp_path: Path) -> None:
    """The last act is kept, at most ten seconds too old; a restart makes no idle session bind."""
    path = tmp_path / "sessions"
    before = sessions()
    writer = SessionWriter(before, SessionStore(path))
    cookie = before.begin_session(session("anna", 1e6), 0.0)
    found = before.session_of(cookie, 1.0)
    assert found is not None
    found.note_act(NOTED_EVERY_S + 5.0)
    await writer.write_changes()
    after = sessions()
    SessionWriter(after, SessionStore(path))
    again = after.session_of(cookie, 100.0)
    assert again is not None
    assert again.may_bind(IDLE_S + 14.0)
    assert not again.may_bind(IDLE_S + 16.0)


async def test_an_ended_session_is_gone_after_a_restart_too(tmp_path: Path) -> None:
    """Signed out, revoked, or one too many: each is forgotten on the disk, others stay; quotas count all."""
    path = tmp_path / "sessions"
    before = sessions()
    writer = SessionWriter(before, SessionStore(path))
    out, other = (before.begin_session(session(name), 0.0) for name in ("anna", "olga"))
    await writer.write_changes()
    middle = sessions()
    writer = SessionWriter(middle, SessionStore(path))
    middle.end_session(out)
    middle.end_credential("dreamd_olga_x")  # its browser has not come back yet
    await writer.write_changes()
    after = sessions()
    SessionWriter(after, SessionStore(path))
    assert after.session_of(out, 1.0) is None
    assert after.session_of(other, 1.0) is None


async def test_a_disk_that_refuses_keeps_no_viewer_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A write that fails is told once and tried again; the session works meanwhile."""
    path = tmp_path / "sessions"
    kept = sessions()
    writer = SessionWriter(kept, SessionStore(path))
    cookie = kept.begin_session(session("anna"), 0.0)
    aside = path.rename(tmp_path / "aside")
    path.mkdir()
    for _ in range(2):
        await writer.write_changes()
    assert capsys.readouterr().err.count("sessions are not kept") == 1
    assert kept.session_of(cookie, 1.0) is not None
    path.rmdir()
    aside.rename(path)
    await writer.write_changes()
    after = sessions()
    SessionWriter(after, SessionStore(path))
    assert after.session_of(cookie, 1.0) is not None


def test_a_file_that_holds_something_else_is_a_sentence(tmp_path: Path) -> None:
    """A damaged file, one of a newer program and a directory that is not there are each one sentence."""
    damaged, newer = tmp_path / "damaged", tmp_path / "newer"
    damaged.write_bytes(b"a letter" * 1000)
    with pytest.raises(StoreError, match="signs in anew"):
        SessionStore(damaged)
    with closing(sqlite3.connect(newer)) as file:
        file.execute("PRAGMA user_version = 9")
    with pytest.raises(StoreError, match=r"newer program \(version 9\)"):
        SessionStore(newer)
    with pytest.raises(StoreError, match="--sessions"):
        SessionStore(tmp_path / "nowhere" / "file")
