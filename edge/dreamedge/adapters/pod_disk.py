"""A pod's disk: latch, stored sever, consents, incarnation and outbox of events, in one directory per pod.

Severing must not wait for a disk. Every change is made in memory at once and written by a thread. A file that
changes again before it was written is written once, in its newest state, so the backlog never exceeds the
number of files. A file is replaced whole (draft, fsync, rename, fsync of the directory): after a crash it
holds the old state or the new one.

Rules
- An unreadable file has the safe meaning: an unreadable latch file is a latch, an unreadable list of obeyed
  wakes is empty, an unreadable list of consents binds no sleeper until a person has removed it.
- An unreadable outbox line (a torn last line, another version's) is skipped and reported.
- Safety events are kept until acknowledged; of the others only the newest `_PLAIN_EVENTS` are kept.
- A press of a button is marked in memory that outlives the process (`press_marks`) until the disk holds all
  that followed from it.
- One agent per pod: the directory is locked while it runs.
- The sleeper's own unlatch comes as a file. One from before this start is void, as it referred to an older
  latch.
"""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dreamedge.adapters.background_writer import BackgroundWriter
from dreamedge.adapters.press_marks import MEMORY, PressMarks
from dreamedge.core.audit_witness import Witnessed
from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamedge.ports.pod_store import Kept
from dreamwire.closed_file import flush_to_disk
from dreamwire.codec import WireError, decode_event, encode
from dreamwire.messages import PodEvent, PodEventKind, StoredSever
from dreamwire.operating_system import PLAIN, flush_open, lock_alone

UNREADABLE: Final = "unreadable"
"""The cause of a latch that cannot be read from its file."""
_PLAIN_EVENTS: Final = 256
_SAFETY: Final = frozenset(PodEventKind) - {PodEventKind.UNSPECIFIED, PodEventKind.MERGED}
_WRITE_WITHIN_S: Final = 1.0

_LATCH: Final = "latch"
_SEVER: Final = "sever.json"
_WOKEN: Final = "woken.json"
_WITNESS: Final = "witness.json"
_CONSENTS: Final = "consents.json"
_PRESSES: Final = "presses"
"""No file: the mark of a press, to be cleared behind the files that wait before it."""
_OUTBOX: Final = "outbox.jsonl"
_INCARNATION: Final = "incarnation"
_UNLATCH: Final = "unlatch"
_LOCK: Final = "lock"


class DiskError(Exception):
    """The state directory cannot be used; the text is one sentence for a person."""


class InUseError(DiskError):
    """Another agent runs this pod."""


class PodDisk:
    """`ports.pod_store.PodStore` in `directory`, created if missing and locked until `close`.

    unix_ms: the wall clock, for the incarnation: max(stored + 1, unix_ms). buttons: those with presses to be
    marked, in `memory`.

    Raises:
        InUseError: another process holds the directory.
        DiskError: it cannot be created, read or written.
    """

    def __init__(
        self, directory: Path, unix_ms: int, buttons: tuple[str, ...] = (), memory: Path = MEMORY
    ) -> None:
        self._directory = directory
        self._lock = _locked(directory)
        try:
            (directory / _UNLATCH).unlink(missing_ok=True)
            self._events, damage = _read_outbox(directory / _OUTBOX)
            severed, torn = _read_sever(directory / _SEVER)
            incarnation = max(_read_int(directory / _INCARNATION) + 1, unix_ms)
            _replace(directory / _INCARNATION, str(incarnation).encode())
        except OSError as error:
            os.close(self._lock)
            raise DiskError(
                f"{directory} cannot be used ({error.strerror}); give another --state-dir."
            ) from None
        consents, marks = _read_consents(directory / _CONSENTS), PressMarks(directory, buttons, memory)
        lost = "" if consents is not None else f"{_CONSENTS} was unreadable: remove it to be assigned again"
        self.kept = Kept(
            incarnation, _read_latch(directory), severed, tuple(self._events.values()),
            lost or damage or torn, _read_woken(directory / _WOKEN), _read_witness(directory / _WITNESS),
            consents, marks.found,
        )  # fmt: skip
        self._marks, self._presses = marks, marks.count
        self.consents_kept = self._numbered = 0
        self._dirty: dict[str, bytes | None] = {}
        self._guard = threading.Lock()
        self._closed = False
        self._thread = BackgroundWriter(f"disk {directory.name}", self._write, limit=8)

    @property
    def failed(self) -> str:
        """Why writing has stopped, or empty."""
        return self._thread.failed

    def latch(self, cause: str) -> None:
        """Write or clear the latch."""
        self._put(_LATCH, cause.encode() if cause else None)

    def sever(self, severed: StoredSever | None) -> None:
        """Write or clear the stored sever of this pod."""
        self._put(_SEVER, None if severed is None else _sever_line(severed))

    def woken(self, wakes: tuple[Wake, ...]) -> None:
        """Write the wakes obeyed so far."""
        self._put(_WOKEN, json.dumps(wakes).encode())

    def consents(self, held: tuple[HeldConsent, ...], number: int) -> None:
        """Write the consents seen so far; `consents_kept` follows once they are on the disk."""
        rows = [[one.subject, one.revision, one.withdrawn] for one in held]
        self._numbered = number
        self._put(_CONSENTS, json.dumps({"held": rows}).encode())

    def witness(self, shown: Witnessed) -> None:
        """Write the newest checkpoint of the daemon's audit log."""
        self._put(_WITNESS, json.dumps({"at_ms": shown.at_ms, "note": shown.note}).encode())

    @contextmanager
    def pressing(self, button: str) -> Iterator[None]:
        """Mark the press, then act on it; the mark is cleared once all that was put meanwhile is written."""
        self._marks.mark(button)
        try:
            yield
        finally:
            self._presses = self._marks.count
            self._put(_PRESSES, None)

    def event(self, event: PodEvent) -> None:
        """Add an event to the outbox."""
        self._events[event.id] = event
        plain = [e.id for e in self._events.values() if e.kind not in _SAFETY]
        for event_id in plain[: max(0, len(plain) - _PLAIN_EVENTS)]:
            del self._events[event_id]
        self._put_outbox()

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """Drop acknowledged events."""
        known = [event_id for event_id in ids if self._events.pop(event_id, None) is not None]
        if known:
            self._put_outbox()

    def unlatch_asked(self) -> bool:
        """Whether the sleeper has asked to unlatch; true once per request."""
        asked = self._directory / _UNLATCH
        if not asked.exists():
            return False
        asked.unlink(missing_ok=True)
        return True

    def close(self) -> bool:
        """Write pending changes and unlock; True if all were written."""
        if self._closed:
            return True
        self._closed = True
        written = self._thread.close(_WRITE_WITHIN_S)
        self._marks.close()
        os.close(self._lock)
        return written

    def _put_outbox(self) -> None:
        lines = [_event_line(event) for event in self._events.values()]
        self._put(_OUTBOX, b"".join(lines) or None)

    def _put(self, name: str, content: bytes | None) -> None:
        with self._guard:
            waiting = name in self._dirty
            self._dirty[name] = content
        # A name already queued is written in its newest state: it needs no second entry.
        if not waiting:
            self._thread.put(name)

    def _write(self, name: str) -> None:
        with self._guard:
            content, numbered = self._dirty.pop(name), self._numbered
            presses, others = self._presses, len(self._dirty)
        if name == _PRESSES:
            # Of a press before `presses`, all that was put has been written, or is among the others.
            self._put(_PRESSES, None) if others else self._marks.unmark(presses)
        elif content is None:
            (self._directory / name).unlink(missing_ok=True)
            flush_to_disk(self._directory)
        else:
            _replace(self._directory / name, content)
        if name == _CONSENTS:
            self.consents_kept = numbered


def unlatch(directory: Path) -> bool:
    """The sleeper's own act: clear the latch, or ask the running agent to; True if it is cleared now.

    Raises:
        DiskError: no such pod is known here, or its directory cannot be written.
    """
    if not directory.is_dir():
        raise DiskError(f"no pod has run from {directory}; check --pod and --state-dir.")
    try:
        lock = _locked(directory)
    except InUseError:
        _replace(directory / _UNLATCH, b"")
        return False
    try:
        (directory / _LATCH).unlink(missing_ok=True)
        flush_to_disk(directory)
    finally:
        os.close(lock)
    return True


def unlatch_heard(directory: Path) -> bool:
    """Whether the running agent has taken up the request of `unlatch`."""
    return not (directory / _UNLATCH).exists()


def _locked(directory: Path) -> int:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | PLAIN, 0o600)
    except OSError as error:
        raise DiskError(f"{directory} cannot be used ({error.strerror}); give another --state-dir.") from None
    try:
        lock_alone(lock)
    except OSError:
        os.close(lock)
        raise InUseError(
            f"another dreamedge already runs {directory.name} from {directory}; "
            "stop it, or give another --state-dir."
        ) from None
    return lock


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        flush_open(file.fileno())
    draft.replace(path)
    flush_to_disk(path.parent)


def _read_latch(directory: Path) -> str:
    """The latch's cause; an existing file that holds no plain word is a latch all the same."""
    try:
        cause = (directory / _LATCH).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        return UNREADABLE
    return cause if cause.isprintable() and cause else UNREADABLE


def _read_int(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _sever_line(severed: StoredSever) -> bytes:
    fields = {
        "dreamscape": severed.dreamscape,
        "term": severed.term,
        "tick": severed.tick,
        "cause": severed.cause,
    }
    return json.dumps(fields).encode()


def _read_sever(path: Path) -> tuple[StoredSever | None, str]:
    try:
        fields = json.loads(path.read_bytes())
        severed = StoredSever(
            str(fields["dreamscape"]), int(fields["term"]), int(fields["tick"]), str(fields["cause"])
        )
    except FileNotFoundError:
        return None, ""
    except (ValueError, KeyError, TypeError):
        return None, f"{path.name} was unreadable"
    return severed, ""


def _read_woken(path: Path) -> tuple[Wake, ...]:
    """The wakes obeyed. Unreadable wakes are forgotten: a copy of a wake then wakes once more."""
    try:
        return tuple((str(kind), int(number)) for kind, number in json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return ()


def _read_witness(path: Path) -> Witnessed | None:
    """The newest checkpoint seen. An unreadable one is forgotten: the next one takes its place."""
    try:
        kept = json.loads(path.read_bytes())
        return Witnessed(str(kept["note"]), int(kept["at_ms"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_consents(path: Path) -> tuple[HeldConsent, ...] | None:
    """The consents seen; None for a file that holds anything else, for none of them may be forgotten."""
    try:
        rows = json.loads(path.read_bytes())["held"]
        held = tuple(_read_consent(*row) for row in rows)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return held


def _read_consent(subject: object, revision: object, withdrawn: object) -> HeldConsent:
    """One consent of the file.

    Raises:
        ValueError: it is none.
    """
    if isinstance(subject, str) and subject and isinstance(revision, int) and revision > 0:
        return HeldConsent(subject, revision, withdrawn is not False)
    raise ValueError("no consent")


def _event_line(event: PodEvent) -> bytes:
    body = base64.b64encode(encode(event)).decode()
    return json.dumps({"kind": event.kind.name, "cause": event.cause, "event": body}).encode() + b"\n"


def _read_outbox(path: Path) -> tuple[dict[bytes, PodEvent], str]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return {}, ""
    events: dict[bytes, PodEvent] = {}
    torn = 0
    for line in lines:
        try:
            event = decode_event(base64.b64decode(json.loads(line)["event"], validate=True))
        except (ValueError, KeyError, TypeError, WireError):
            torn += 1
            continue
        events[event.id] = event
    return events, f"{torn} lines of {path.name} were unreadable" if torn else ""
