"""`dreamd audit`: list the audit log, read or erase a reason, export the log, verify such a file offline.

A file of an export holds a record a line, as it was hashed, then the signed checkpoints of the log, each as
a JSON text. `verify` needs the daemon's public key alone, and takes what beds have kept as witnesses.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.table import Table

import dreamapi
from dreamapi.text import shown
from dreamapi.v1.audit_pb2 import AuditText
from dreamd.cli.client import add_server, add_verb, as_json, console, print_json
from dreamd.cli.client import run as ask_daemon
from dreamd.core.audit.records import Record, record_of
from dreamd.core.audit.verification import ChainCheck, Verdict
from dreamwire.checkpoint import Checkpoint, checkpoint_of, note_holds
from dreamwire.signing import KeyFileError, VerifyKey

NEWEST: Final = 50
_NOTE: Final = b'"'
_OWNER_ALONE: Final = 0o600


class CannotVerifyError(Exception):
    """A file cannot be used; the message is one sentence with the next step."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser("audit", help="list, export, verify the audit log; read, erase a reason")
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    shows = add_verb(verbs, "list", _list, "list the newest records: when, by whom, what, with which outcome")
    shows.add_argument("--newest", metavar="N", type=int, default=NEWEST, help=f"records (default {NEWEST})")
    told = "write the whole log with its checkpoints to a new FILE"
    export = verbs.add_parser("export", help=told, description=told)
    add_server(export)
    export.add_argument("file", metavar="FILE", type=Path)
    export.set_defaults(ask=_export, json=True)  # the text is kept as it was signed
    shows = add_verb(
        verbs, "reason", _reason, "show the reason of record N, which the log has as a hash alone"
    )
    shows.add_argument("number", metavar="N", type=int, help="as `dreamd audit list` shows it")
    erases = add_verb(verbs, "erase", _erase, "erase the text of record N; the record stays, and the chain")
    erases.add_argument("number", metavar="N", type=int, help="as `dreamd audit list` shows it")
    erases.add_argument("--reason", default="", help="why; the text of the erasure's own record")
    told = "verify FILE offline: tell an edited, deleted, truncated or restored log"
    verify = verbs.add_parser("verify", help=told, description=told)
    verify.add_argument("file", metavar="FILE", type=Path, help="as `dreamd audit export` has written it")
    verify.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="the daemon's public key, daemon.pub"
    )
    verify.add_argument(
        "--witness",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="witness.json of a bed's state directory; may be given several times",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status. 1: the log is not whole."""
    if args.act != "verify":
        return ask_daemon(args)
    try:
        return _told(verdict_of(args.file, VerifyKey.load(args.key), args.witness))
    except (CannotVerifyError, KeyFileError) as error:
        print(f"dreamd: {error}", file=sys.stderr)
        return 1


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    records: list[Record] = []
    async for part in api.audit.export(newest=max(args.newest, 1)):
        records += map(record_of, part.records)
    records = records[-max(args.newest, 1) :]
    if args.json:
        print_json([{field: getattr(one, field) for field in Record.__slots__} for one in records])
        return
    table = Table("n", "time", "by", "method", "target", "outcome")
    for one in records:
        at = datetime.fromtimestamp(one.at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        by = " for ".join(filter(None, (one.principal, one.on_behalf_of))) or "-"
        cells = (by, one.method, one.target or "-", one.outcome)
        table.add_row(str(one.n), at, *map(shown, cells))
    console().print(table)


async def _reason(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _tell(await api.audit.text(args.number), args)


async def _erase(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _tell(await api.audit.erase(args.number, reason=args.reason), args)


def _tell(text: AuditText, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(text))
        return
    told = text.reason or ("(erased)" if text.erased else "(no reason was given)")
    print(shown(f"{told} [{text.sleeper}]" if text.sleeper else told))


async def _export(api: dreamapi.Api, args: argparse.Namespace) -> None:
    draft, count = args.file.with_name(f"{args.file.name}.new"), 0
    notes: list[str] = []
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ALONE)
    with os.fdopen(descriptor, "w", encoding="ascii", newline="\n") as file:
        async for part in api.audit.export():
            file.writelines(f"{record}\n" for record in part.records)
            count += len(part.records)
            notes += part.checkpoints
        file.writelines(f"{json.dumps(note)}\n" for note in notes)
    draft.replace(args.file)
    print(f"{args.file}: {count} records, {len(notes)} checkpoints")


def verdict_of(file: Path, key: VerifyKey, witnesses: list[Path]) -> Verdict:
    """Verify a file against its own checkpoints and those of witnesses.

    Raises:
        CannotVerifyError: a file cannot be read, or a checkpoint is not signed by the key.
    """
    notes = [_note(line, file) for line in _lines(file) if line[:1] == _NOTE]
    own = [_signed(note, key, f"a checkpoint in {file}") for note in notes]
    if not own:
        raise CannotVerifyError(f"{file} holds no checkpoint; export it anew: dreamd audit export FILE")
    seen = [_signed(_kept(one), key, f"the checkpoint of {one}") for one in witnesses]
    check = ChainCheck(own, seen)
    for line in _lines(file):
        if line[:1] != _NOTE:
            check.take_line(line)
    return check.verdict()


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            yield from map(bytes.rstrip, opened)
    except OSError as error:
        raise CannotVerifyError(f"{file} cannot be read ({error.strerror})") from error


def _note(line: bytes, file: Path) -> str:
    try:
        return str(json.loads(line))
    except ValueError:
        raise CannotVerifyError(f"{file} holds a checkpoint that is no JSON text") from None


def _kept(file: Path) -> str:
    """The note in a bed's witness.json."""
    try:
        return str(json.loads(file.read_bytes())["note"])
    except OSError as error:
        raise CannotVerifyError(f"{file} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError):
        raise CannotVerifyError(f"{file} is no witness.json of a bed") from None


def _signed(note: str, key: VerifyKey, what: str) -> Checkpoint:
    stated = checkpoint_of(note)
    if stated is None or not note_holds(note, key.raw, key.verify):
        raise CannotVerifyError(f"{what} is not signed by this key; give the daemon's own daemon.pub")
    return stated


def _told(verdict: Verdict) -> int:
    for one in verdict.findings:
        print(f"{one.fault.value}: {one.sentence}")
    if not verdict.findings:
        print(f"whole: {verdict.n} records, head {verdict.head}")
    return 1 if verdict.findings else 0
