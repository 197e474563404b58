"""`dreamd exchange verify FILE|ROUND`: compute a round again, and say what does not follow.

It needs no key. A FILE needs no daemon either. With --explain one ask is explained from the file.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import dreamapi
from dreamapi.text import shown
from dreamd.adapters.documents.canonical import digest
from dreamd.cli import client
from dreamd.cli.client import add_connection, print_json
from dreamd.core.exchange.clearing import clear
from dreamd.core.exchange.explanation import explain
from dreamd.core.exchange.given_on import given_on
from dreamd.core.exchange.published import verify
from dreamd.core.exchange.reading import read_book

FILE_BYTES_MOST: Final = 256 << 20
FAULTS_SHOWN: Final = 20


class CannotVerifyError(ValueError):
    """A file cannot be read as a round; the message is one sentence."""


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `verify`."""
    told = "compute a cleared round again from its public file: seed, line, berths and money"
    parser = verbs.add_parser("verify", help=told, description=told)
    add_connection(parser)
    parser.add_argument(
        "what", metavar="FILE|ROUND", help="a file as `export` writes it; or a round, which is asked for"
    )
    parser.add_argument(
        "--explain",
        metavar="ASK",
        default="",
        help="explain this ask from the file too: its id, as `dreamd exchange ask` has shown it",
    )
    parser.set_defaults(run=_run, ask=_fetch, flags={"name": "ROUND"})


def round_of(content: bytes) -> dict[str, object]:
    """Return the object of a public file.

    Raises:
        CannotVerifyError: the file is too large, no JSON, or no object; or a member stands twice.
    """
    if len(content) > FILE_BYTES_MOST:
        raise CannotVerifyError(f"a round has at most {FILE_BYTES_MOST} bytes, the file has {len(content)}")
    try:
        document = json.loads(content, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise CannotVerifyError(f"this is no round as `dreamd exchange export` writes it ({what})") from error
    if not isinstance(document, dict):
        raise CannotVerifyError("this is no round as `dreamd exchange export` writes it: expected an object")
    if set(document) == {"book", "book_sha256"}:
        raise CannotVerifyError("the book is closed and nothing is drawn yet; verify it once it is cleared")
    return document


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member stands twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _run(args: argparse.Namespace) -> int:
    path = Path(args.what)
    if not path.exists() and not _is_path(args.what):
        return client.run(args)
    try:
        return _judge(path.read_bytes(), args)
    except OSError as error:
        return client.fail(f"{shown(str(path))} cannot be read ({error.strerror})", 1)
    except CannotVerifyError as error:
        return client.fail(f"{shown(f'{path}: {error}')}", 1)


def _is_path(text: str) -> bool:
    """Whether a text names a file, though there is none of this name."""
    return "/" in text.removeprefix("rounds/") or text.endswith(".json")


async def _fetch(api: dreamapi.Api, args: argparse.Namespace) -> None:
    content = await api.exchange.export_round(args.what)
    try:
        status = _judge(content, args)
    except CannotVerifyError as error:
        raise client.PartlyRefusedError(f"{args.what}: {shown(str(error))}") from error
    if status:
        raise client.PartlyRefusedError(f"{args.what} does not follow from its book")


def _judge(content: bytes, args: argparse.Namespace) -> int:
    """Verify a round and print what was found; 1: it does not hold, or it has no such ask."""
    document = round_of(content)
    faults = verify(document, digest)
    if args.json:
        print_json({"holds": not faults, "faults": list(faults)})
    for fault in [] if args.json else faults[:FAULTS_SHOWN]:
        print(f"dreamd: {shown(fault)}", file=sys.stderr)
    if faults:
        return 1
    book, held, promised = read_book(document["book"]), document["held"], document["commitments"]
    assert isinstance(held, dict), "a verified round"
    assert isinstance(promised, dict), "a verified round"
    if not args.json:
        print(
            f"holds: round {book.round} follows from its book: {len(book.asks)} asks, {book.berths} berths, "
            f"{len(held)} held"
        )
        print("compare with what was shown when the round opened and when it was closed:")
        print(f"site {promised['site']}\nadvocate {promised['advocate']}\nbook {document['book_sha256']}")
    return _explain(document, args.explain) if args.explain else 0


def _explain(document: Mapping[str, object], ask: str) -> int:
    book, cancelled = read_book(document["book"]), document["cancelled"]
    assert isinstance(cancelled, list), "a verified round"
    if ask not in {one.id for one in book.asks}:
        return client.fail(f"--explain: round {book.round} has no ask {shown(ask)}", 1)
    clearing = clear(book, str(document["seed"]))
    for sentence in explain(book, clearing, given_on(book, clearing, cancelled), ask):
        print(sentence)
    return 0
