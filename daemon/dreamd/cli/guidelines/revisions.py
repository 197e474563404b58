"""`dreamd guidelines` of the daemon: propose, open, comment, ratify, withdraw, list, show, diff, dry-run."""

import argparse
from pathlib import Path
from typing import Final

import dreamapi
from dreamd.cli import client
from dreamd.cli.client import NothingAskedError, as_json, console, print_json
from dreamd.cli.guidelines.files import FILE, compare_files
from dreamd.cli.instants import instant, zoned
from dreamd.cli.printing import guideline_tables

TWO: Final = 2
_FLAGS: Final = {
    "name": "REVISION",
    "old": "REVISION",
    "new": "REVISION",
    "document": "FILE",
    "begin_time": "--begins",
    "nights": "--nights",
    "by": "--by",
    "text": "TEXT",
}


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs that ask the daemon."""
    propose = _add(
        verbs, "propose", _propose, "propose the revision in FILE; it is a draft until you open it"
    )
    propose.add_argument("file", metavar="FILE", type=Path, help=FILE)
    propose.add_argument(
        "--begins",
        metavar="WHEN",
        type=instant,
        help="it is not in force before; absent: once it is ratified",
    )
    _add_by(propose)
    open_ = _add(verbs, "open", _open, "attach the dry run of your draft and open it for comments")
    _add_revision(open_)
    _add_by(open_)
    comment = _add(verbs, "comment", _comment, "comment on a revision that is open")
    _add_revision(comment)
    comment.add_argument("text", metavar="TEXT")
    _add_by(comment)
    ratify = _add(verbs, "ratify", _ratify, "ratify, as the clinician or the advocate that you are")
    _add_revision(ratify)
    ratify.add_argument(
        "--role", choices=("clinician", "advocate"), default="", help="of the two that you have"
    )
    withdraw = _add(verbs, "withdraw", _withdraw, "take your revision back before it is in force")
    _add_revision(withdraw)
    _add_by(withdraw)
    _add(verbs, "list", _list, "every revision, by number")
    show = _add(verbs, "show", _show, "one revision with its clauses; absent: the one in force")
    show.add_argument("revision", metavar="REVISION", nargs="?", type=client.positive, default=0)
    _add_revision(_add(verbs, "comments", _comments, "the comments on a revision, in order"))
    run = _add(verbs, "dry-run", _dry_run, "what a revision would have refused, in the nights that were")
    run.add_argument("revision", metavar="FILE|REVISION", help=f"{FILE}, or its number")
    run.add_argument("--nights", metavar="N", type=client.positive, default=0, help="the last N (default 30)")
    does = "compare a revision with a newer one, clause by clause: two files, or two numbers"
    diff = client.add_verb(verbs, "diff", _diff, does)
    diff.add_argument("revisions", metavar="FILE|REVISION", nargs="+")
    diff.set_defaults(run=_compared, flags=_FLAGS)


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    parser = client.add_verb(verbs, name, ask, does)
    parser.set_defaults(run=client.run, flags=_FLAGS)
    return parser


def _add_revision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("revision", metavar="REVISION", type=client.positive, help="its number")


def _add_by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", default="", help="your name; with a credential it is the credential's")


def _print(revision: dreamapi.Revision, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(revision))
    else:
        print(guideline_tables.revision_line(revision))


async def _propose(api: dreamapi.Api, args: argparse.Namespace) -> None:
    document, begins = _bytes(args.file), zoned(args.begins, "")
    _print(await api.guidelines.propose(document, begins=begins, by=args.by), args)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise NothingAskedError(
            f"{file} cannot be read ({error.strerror}); name a revision in TOML"
        ) from error


async def _open(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.guidelines.open_revision(args.revision, by=args.by), args)


async def _ratify(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.guidelines.ratify(args.revision, role=args.role), args)


async def _withdraw(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.guidelines.withdraw_revision(args.revision, by=args.by), args)


async def _comment(api: dreamapi.Api, args: argparse.Namespace) -> None:
    said = await api.guidelines.comment(args.revision, args.text, by=args.by)
    if args.json:
        print_json(as_json(said))
    else:
        print(guideline_tables.comment_line(said))


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.guidelines.list_revisions()
    if args.json:
        print_json([as_json(one) for one in found])
    else:
        console().print(guideline_tables.revisions(found))


async def _show(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.guidelines.get_revision(args.revision)
    if args.json:
        print_json(as_json(found))
    else:
        print(guideline_tables.revision_line(found))
        console().print(guideline_tables.clauses(found))


async def _comments(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.guidelines.list_comments(args.revision)
    if args.json:
        print_json([as_json(one) for one in found])
        return
    for one in found:
        print(guideline_tables.comment_line(one))
    if not found:
        print(f"revision {args.revision} has no comments")


async def _dry_run(api: dreamapi.Api, args: argparse.Namespace) -> None:
    numbered = args.revision.isascii() and args.revision.isdecimal()
    asked = int(args.revision) if numbered else _bytes(Path(args.revision))
    found = await api.guidelines.dry_run(asked, nights=args.nights)
    if args.json:
        print_json(as_json(found))
    else:
        console().print(guideline_tables.dry_run(found))


def _compared(args: argparse.Namespace) -> int:
    """Compare files here, numbers by the daemon."""
    if all(word.isascii() and word.isdecimal() for word in args.revisions):
        return client.run(args)
    if len(args.revisions) > TWO:
        return client.fail("compare one revision with the shipped one, or two with each other", 1)
    return compare_files([Path(word) for word in args.revisions])


async def _diff(api: dreamapi.Api, args: argparse.Namespace) -> None:
    if len(args.revisions) > TWO:
        raise NothingAskedError("compare one revision with the one in force, or two with each other")
    old, new = (0, *map(int, args.revisions))[-TWO:]
    found = await api.guidelines.diff(old, new)
    if args.json:
        print_json(as_json(found))
    else:
        console().print(guideline_tables.differences(found.differences))
        print("it only tightens" if found.only_tightens else "it does not only tighten")
