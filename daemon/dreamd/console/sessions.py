"""Sessions of the console: a cookie of 128 bits for each browser, with the credential behind it. Pure.

Rules
- A session is kept by the SHA-256 digest of its cookie. On the disk its credential is sealed under the
  cookie; a session that was loaded is opened when its browser shows the cookie.
- After IDLE_S without an act of a person a session binds no sleeper, until the viewer signs in anew. For the
  ways out it never goes idle: it frees for as long as it lives, until the credential frees no more. A
  restart makes no idle session young.
- A principal has at most SESSIONS_EACH sessions: one more ends that principal's oldest. So one principal
  fills no table, and signs no other one out.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dreamapi.credentials import CredentialFile
from dreamd.core.access.principals import DAY_S, FREES_AFTER_S, PROGRAM_S

IDLE_S: Final = 30 * 60.0
SESSIONS_EACH: Final = 8
SESSIONS_MAX: Final = 512
NOTED_EVERY_S: Final = 10.0
"""How much older an act may stand on the disk than it is."""
LIVES_MOST_S: Final = PROGRAM_S + DAY_S
LOOKS_EACH: Final = 8
"""Requests for news that one session may have open at once: one for each of its pages."""


LOOKS_OF_ALL: Final = 16
"""The same for all pages together of a machine without a site."""


class SessionsFull(Exception):  # noqa: N818 - the name says it
    """Every session is taken; the message names the step that helps."""


@dataclass(slots=True, eq=False)
class Session:
    """One browser of one principal.

    methods: those that the principal may call, such as `ReleasePod`. buttons: ids of the acts that the page
    offers. until_s, acted_s: by the clock of the caller. shown: the Dreamscape and pod looked at last.
    looks: requests for news that are open. looks_most: how many may be. idles: False where there is no site:
    no viewer signs in, and none can sign in anew.
    """

    principal: str
    credential: CredentialFile
    methods: frozenset[str]
    buttons: frozenset[str]
    until_s: float
    acted_s: float
    shown: tuple[str, str] = ("", "")
    looks: int = 0
    looks_most: int = LOOKS_EACH
    idles: bool = True

    def may_bind(self, now_s: float) -> bool:
        """Whether a person has acted here within IDLE_S."""
        return not self.idles or now_s - self.acted_s <= IDLE_S

    def note_act(self, now_s: float) -> None:
        """A person has acted. A session that went idle stays so: only signing in makes one that binds."""
        if self.may_bind(now_s):
            self.acted_s = now_s

    def turn_to(self, shown: tuple[str, str], now_s: float) -> None:
        """Note what a page shows; a person has acted where it is something else than before."""
        if shown != self.shown:
            self.shown = shown
            self.note_act(now_s)


def digest(cookie: str) -> bytes:
    """The key under which a session is kept: the cookie has 128 random bits, so no salt is needed."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()


def lifetime_s(left_s: float) -> float:
    """Seconds that a session lives whose credential expires in `left_s`: as long as the credential frees."""
    return min(max(left_s, 0.0) + FREES_AFTER_S, LIVES_MOST_S)


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it is kept on the disk. credential_digest: SHA-256. sealed: the credential, encrypted."""

    principal: str
    credential_digest: bytes
    sealed: bytes
    methods: frozenset[str]
    buttons: frozenset[str]
    until_s: float
    acted_s: float


@dataclass(slots=True)
class _Entry:
    kept: KeptSession
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Sealing:
    """How a credential is sealed under a cookie and opened with it; opened with another one it is empty."""

    seal: Callable[[str, str], bytes]
    open: Callable[[str, bytes], str]


@dataclass(slots=True)
class Sessions:
    """Every session, by the digest of its cookie, the oldest first.

    new_cookie: 128 random bits as text. file_of: the credential file of a credential.
    """

    new_cookie: Callable[[], str]
    sealing: Sealing
    file_of: Callable[[str], CredentialFile]
    _kept: dict[bytes, _Entry] = field(default_factory=dict)
    _changes: dict[bytes, KeptSession | None] = field(default_factory=dict)

    def load_sessions(self, kept: Mapping[bytes, KeptSession]) -> None:
        """Take in sessions from the disk; each opens when its cookie is shown."""
        self._kept.update((key, _Entry(one)) for key, one in kept.items())

    def begin_session(self, session: Session, now_s: float) -> str:
        """Keep a session; return its cookie.

        Raises:
            SessionsFull: there are SESSIONS_MAX sessions.
        """
        self._drop([key for key, one in self._kept.items() if not now_s < one.kept.until_s])
        own = [key for key, one in self._kept.items() if one.kept.principal == session.principal]
        self._drop(own[: max(0, len(own) - SESSIONS_EACH + 1)])
        if len(self._kept) >= SESSIONS_MAX:
            raise SessionsFull(
                f"{SESSIONS_MAX} sessions are open already; sign out of one, or use dreamd top"
            )
        cookie, credential = self.new_cookie(), session.credential.credential
        sealed = self.sealing.seal(cookie, credential)
        kept = KeptSession(
            *(session.principal, digest(credential), sealed, session.methods, session.buttons),
            *(session.until_s, session.acted_s),
        )
        self._kept[digest(cookie)] = _Entry(kept, session)
        self._changes[digest(cookie)] = kept
        return cookie

    def session_of(self, cookie: str, now_s: float) -> Session | None:
        """The session of a cookie; None where there is none, or it has ended."""
        found = self._kept.get(digest(cookie)) if cookie else None
        if found is None or not now_s < found.kept.until_s:
            return None
        if found.session is None:
            found.session = self._opened(cookie, found.kept)
        return found.session

    def _opened(self, cookie: str, kept: KeptSession) -> Session | None:
        credential = self.sealing.open(cookie, kept.sealed)
        if digest(credential) != kept.credential_digest:
            return None
        file = self.file_of(credential)
        return Session(kept.principal, file, kept.methods, kept.buttons, kept.until_s, kept.acted_s)

    def end_session(self, cookie: str) -> None:
        """Forget the session of a cookie, and its credential with it."""
        self._drop([digest(cookie)])

    def end_credential(self, credential: str) -> None:
        """Forget every session of a credential that the daemon does not accept any more."""
        ended = digest(credential)
        self._drop([key for key, one in self._kept.items() if one.kept.credential_digest == ended])

    def take_changes(self) -> dict[bytes, KeptSession | None]:
        """The changes since the last time, to be written; None: forgotten."""
        for key, one in self._kept.items():
            if one.session is not None and one.session.acted_s - one.kept.acted_s >= NOTED_EVERY_S:
                one.kept = self._changes[key] = replace(one.kept, acted_s=one.session.acted_s)
        taken, self._changes = self._changes, {}
        return taken

    def give_back(self, changes: Mapping[bytes, KeptSession | None]) -> None:
        """These could not be written: they are taken again, unless newer ones stand in their place."""
        waiting = {**changes, **self._changes}
        self._changes = dict(list(waiting.items())[-2 * SESSIONS_MAX :])

    def _drop(self, keys: list[bytes]) -> None:
        for key in keys:
            if self._kept.pop(key, None) is not None:
                self._changes[key] = None
