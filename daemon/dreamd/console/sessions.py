"""Sessions of the console: a cookie of 128 bits for each browser, with the credential behind it. Pure.

Rules
- The cookie is kept as its SHA-256 digest; the credential is kept in memory and nowhere else.
- After IDLE_S without an act of a person a session binds no sleeper, until the viewer signs in anew. For the
  ways out it never goes idle: it frees for as long as it lives, until the credential frees no more.
- A principal has at most SESSIONS_EACH sessions: one more ends that principal's oldest. So one principal
  fills no table, and signs no other one out.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from dreamapi.credentials import CredentialFile
from dreamd.core.access.principals import DAY_S, FREES_AFTER_S, PROGRAM_S

IDLE_S: Final = 30 * 60.0
SESSIONS_EACH: Final = 8
SESSIONS_MAX: Final = 512
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


@dataclass(slots=True)
class Sessions:
    """Every session, by the digest of its cookie, the oldest first. new_cookie: 128 random bits as text."""

    new_cookie: Callable[[], str]
    _kept: dict[bytes, Session] = field(default_factory=dict)

    def begin_session(self, session: Session, now_s: float) -> str:
        """Keep a session; return its cookie.

        Raises:
            SessionsFull: there are SESSIONS_MAX sessions.
        """
        self._drop([key for key, one in self._kept.items() if not now_s < one.until_s])
        own = [key for key, one in self._kept.items() if one.principal == session.principal]
        self._drop(own[: max(0, len(own) - SESSIONS_EACH + 1)])
        if len(self._kept) >= SESSIONS_MAX:
            raise SessionsFull(
                f"{SESSIONS_MAX} sessions are open already; sign out of one, or use dreamd top"
            )
        cookie = self.new_cookie()
        self._kept[digest(cookie)] = session
        return cookie

    def session_of(self, cookie: str, now_s: float) -> Session | None:
        """The session of a cookie; None where there is none, or it has ended."""
        found = self._kept.get(digest(cookie)) if cookie else None
        return found if found is not None and now_s < found.until_s else None

    def end_session(self, cookie: str) -> None:
        """Forget the session of a cookie, and its credential with it."""
        self._kept.pop(digest(cookie), None)

    def end_credential(self, credential: str) -> None:
        """Forget every session of a credential that the daemon does not accept any more."""
        self._drop([key for key, one in self._kept.items() if one.credential.credential == credential])

    def _drop(self, keys: list[bytes]) -> None:
        for key in keys:
            del self._kept[key]
