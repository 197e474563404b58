"""`dreamd report ...`: preview, publish and list public reports; verify a folder of them offline."""

import argparse
import sys
from pathlib import Path
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

import dreamapi
from dreamapi import names
from dreamapi.text import shown
from dreamapi.v1 import reports_pb2 as reports
from dreamd.adapters.documents.public_reports import PublicReportError, files, signer_of
from dreamd.cli import client
from dreamd.cli.client import as_json, console, print_json
from dreamwire.closed_file import write_closed
from dreamwire.signing import KeyFileError, VerifyKey

HIDDEN: Final = "hidden"
READABLE: Final = 0o644
_FLAGS: Final = {"name": "--period"}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "counts of people that anyone may read: preview, publish, list, verify"
    parser = subparsers.add_parser("report", help=does, description=does)
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    preview = _add(verbs, "preview", _preview, "the report of the next period, as it would be published")
    told = "publish the report of the next period, once, and write every published report into DIR"
    publish = _add(verbs, "publish", _publish, told)
    publish.add_argument("folder", metavar="DIR", type=Path, help="JSON, CSV and feed.atom; made if absent")
    for verb in (preview, publish):
        verb.add_argument(
            "--period", metavar="DAY", default="", help="its first day, 2026-11-02; else whichever is next"
        )
    _add(verbs, "list", _list, "every published report, oldest first")
    told = "verify a folder offline: each signature, and the table and feed made from the reports"
    verify = verbs.add_parser("verify", help=told, description=told)
    verify.add_argument("folder", metavar="DIR", type=Path)
    verify.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="the daemon's public key, daemon.pub"
    )
    verify.set_defaults(run=_verify)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    return int(args.run(args))


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    parser = client.add_verb(verbs, name, ask, does)
    parser.set_defaults(run=client.run, flags=_FLAGS)
    return parser


async def _preview(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.reports.preview(args.period)
    if args.json:
        print_json(as_json(found))
        return
    sites = sorted({cell.site for cell in found.cells})
    table = Table("people", *sites, box=None, header_style="bold", pad_edge=False)
    for kind in dict.fromkeys(cell.kind for cell in found.cells):
        by_site = {cell.site: _people(cell) for cell in found.cells if cell.kind == kind}
        table.add_row(kind, *(by_site[site] for site in sites))
    console().print(f"{_day(found.begin_time)} to {_day(found.end_time)}, not published yet")
    console().print(table)


def _people(cell: reports.ReportCell) -> str:
    return str(cell.people) if cell.HasField("people") else HIDDEN


def _day(at: Timestamp) -> str:
    return str(at.ToDatetime().date())


async def _publish(api: dreamapi.Api, args: argparse.Namespace) -> None:
    """Publish the report that is due; the folder is written whole, also where none is due."""
    refusal: dreamapi.ApiError | None = None
    try:
        await api.reports.publish_report(args.period)
    except (dreamapi.TooEarly, dreamapi.AlreadyPublished) as no:
        refusal = no
    kept = await api.reports.list_reports()
    written = _write(args.folder, [one.file.decode() for one in kept]) if kept else []
    if args.json:
        print_json([str(path) for path in written])
    else:
        for path in written:
            print(path)
    if refusal is not None:
        raise refusal


def _write(folder: Path, texts: list[str]) -> list[Path]:
    """Write each file that differs; return all of them."""
    made = files(texts, signer_of(texts[0].encode()))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            write_closed(path, text.encode(), READABLE)
    return [folder / name for name in made]


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    kept = await api.reports.list_reports()
    if args.json:
        print_json([as_json(one) for one in kept])
        return
    for one in kept:
        print(f"{one.name.removeprefix(names.REPORTS + '/')} to {_day(one.end_time)}")
    if not kept:
        print("no report was published")


def _verify(args: argparse.Namespace) -> int:
    """Verify a folder; 1: it does not hold."""
    try:
        key = VerifyKey.load(args.key)
        texts = _texts(args.folder, key)
        made = files(texts, key)
        faults = [name for name, text in made.items() if _bytes(args.folder / name) != text.encode()]
    except OSError as error:
        print(f"dreamd: {error.filename or args.folder} cannot be read ({error.strerror})", file=sys.stderr)
        return 1
    except (PublicReportError, KeyFileError) as error:
        print(f"dreamd: {shown(str(error))}", file=sys.stderr)
        return 1
    for name in faults:
        print(f"dreamd: {name} was not made from the signed reports of this folder", file=sys.stderr)
    strays = sorted({path.name for path in args.folder.glob("report-*")} - set(made))
    for name in strays:
        print(f"dreamd: {shown(name)} belongs to no signed report of this folder", file=sys.stderr)
    if faults or strays:
        return 1
    print(f"holds: {len(texts)} reports, signed by this key; tables and feed are made from them")
    return 0


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _texts(folder: Path, key: VerifyKey) -> list[str]:
    paths = sorted(folder.glob("report-*.json"))
    if not paths:
        raise PublicReportError(f"{folder} holds no report; write them (dreamd report publish)")
    return [_read(path, key) for path in paths]


def _read(path: Path, key: VerifyKey) -> str:
    """The text of a report that holds; else the error names the file."""
    try:
        text = path.read_bytes().decode()
        files([text], key)
    except (PublicReportError, UnicodeDecodeError) as error:
        raise PublicReportError(f"{path}: {error}") from error
    return text
