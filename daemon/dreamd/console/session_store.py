"""The sessions of a site's console on the disk, so that a page left open survives a restart of the console.

A row is found by the SHA-256 of its cookie. The credential behind it is sealed (ChaCha20-Poly1305) under a
key that is derived from the cookie, and the cookie is kept by the browser alone. So the file holds no secret:
a copy of it signs no one in. The file is for its owner alone.

One thread at a time uses it. No way out waits for it: changes are written behind the answers.
"""

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dreamd.console.sessions import KeptSession, Sessions

VERSION: Final = 1
_NONCE: Final = 12
_PURPOSE: Final = b"dreamd console session"
_TABLE: Final = """CREATE TABLE IF NOT EXISTS sessions (
    digest BLOB PRIMARY KEY, principal TEXT NOT NULL, credential BLOB NOT NULL, sealed BLOB NOT NULL,
    methods TEXT NOT NULL, buttons TEXT NOT NULL, until_s REAL NOT NULL, acted_s REAL NOT NULL
) WITHOUT ROWID"""


class StoreError(Exception):
    """The file cannot be used; the message names it and the step that helps."""


def seal_credential(cookie: str, credential: str) -> bytes:
    """The credential under the key of the cookie: a nonce, then the ciphertext."""
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(cookie).encrypt(nonce, credential.encode(), _PURPOSE)


def open_credential(cookie: str, sealed: bytes) -> str:
    """The credential; empty where the cookie is not its own, or the bytes are damaged."""
    try:
        return _cipher(cookie).decrypt(sealed[:_NONCE], sealed[_NONCE:], _PURPOSE).decode()
    except (InvalidTag, ValueError):
        return ""


def _cipher(cookie: str) -> ChaCha20Poly1305:
    derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(cookie.encode())
    return ChaCha20Poly1305(derived)


class SessionStore:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        """Make or open it.

        Raises:
            StoreError: it cannot be written, holds something else, or is of a newer program.
        """
        self._path = path
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            path.chmod(0o600)
            with closing(self._connected()) as file:
                (found,) = file.execute("PRAGMA user_version").fetchone()
                if found not in (0, VERSION):
                    raise StoreError(
                        f"{path} is of a newer program (version {found}); name another file with --sessions"
                    )
                with file:
                    file.execute(_TABLE)
                    file.execute(f"PRAGMA user_version = {VERSION}")
        except OSError as error:
            raise StoreError(
                f"the sessions cannot be kept in {path} ({error.strerror}); run this as the daemon's user, "
                "or name another file with --sessions"
            ) from error
        except sqlite3.Error as error:
            raise StoreError(
                f"{path} holds no sessions ({error}); remove it (each viewer signs in anew), or name another "
                "file with --sessions"
            ) from error

    def load(self) -> dict[bytes, KeptSession]:
        """Every session by the digest of its cookie, the one acted in longest ago first.

        Raises:
            StoreError: a row is damaged.
        """
        try:
            with closing(self._connected()) as file:
                rows = file.execute("SELECT * FROM sessions ORDER BY acted_s").fetchall()
            return {
                key: KeptSession(
                    principal=principal,
                    credential_digest=credential,
                    sealed=sealed,
                    methods=frozenset(json.loads(methods)),
                    buttons=frozenset(json.loads(buttons)),
                    until_s=until_s,
                    acted_s=acted_s,
                )
                for key, principal, credential, sealed, methods, buttons, until_s, acted_s in rows
            }
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise StoreError(
                f"{self._path} is damaged ({error}); remove it: each viewer signs in anew"
            ) from error

    def keep_rows(self, changes: Mapping[bytes, KeptSession | None]) -> None:
        """Keep sessions, and forget those that are None; durable on return.

        Raises:
            StoreError: the disk refuses it.
        """
        kept = [(key, *_row(one)) for key, one in changes.items() if one is not None]
        gone = [(key,) for key, one in changes.items() if one is None]
        try:
            with closing(self._connected()) as file, file:
                file.executemany("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", kept)
                file.executemany("DELETE FROM sessions WHERE digest = ?", gone)
        except sqlite3.Error as error:
            raise StoreError(
                f"sessions are not kept in {self._path} ({error}): they end with the console"
            ) from error

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=2.0)


def _row(one: KeptSession) -> tuple[object, ...]:
    return (
        *(one.principal, one.credential_digest, one.sealed, _names(one.methods), _names(one.buttons)),
        *(one.until_s, one.acted_s),
    )


def _names(names: Iterable[str]) -> str:
    return json.dumps(sorted(names))


class SessionWriter:
    """Writes the changes of sessions on a thread. store: None where sessions end with the console."""

    def __init__(self, sessions: Sessions, store: SessionStore | None) -> None:
        """Take in what is kept; StoreError where it is damaged."""
        self._sessions, self._store = sessions, store
        self._writing = asyncio.Lock()
        self._told = ""
        if store is not None:
            sessions.load_sessions(store.load())

    async def write_changes(self) -> None:
        """Write what has changed. A disk that refuses is told once, and tried again with the next changes."""
        async with self._writing:
            changes = self._sessions.take_changes()
            if not changes or self._store is None:
                return
            try:
                await asyncio.to_thread(self._store.keep_rows, changes)
                self._told = ""
            except StoreError as no:
                self._sessions.give_back(changes)
                if str(no) != self._told:
                    self._told = str(no)
                    print(f"dreamd: {no}", file=sys.stderr, flush=True)  # noqa: T201
