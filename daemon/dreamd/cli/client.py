"""Calls of a verb to the daemon: one connection, one answer, and a refusal in one sentence.

Exit status: 0 done, 1 refused or not reached (the sentence is on stderr), 2 usage (argparse), 130
interrupted.
"""

import argparse
import asyncio
import json
import math
import os
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.text import Text

import dreamapi
from dreamapi.credentials import VARIABLE, CredentialFile, default_path, load_credential
from dreamapi.daemons import addresses
from dreamapi.text import shown
from dreamd.core.access.caller import COMMAND_LINE_AGENT

DEFAULT_SERVER: Final = "127.0.0.1:50051"
PIPE_COLUMNS: Final = 160
"""Columns of a table outside a terminal: wide enough that nothing is cut."""

Verb = Callable[[dreamapi.Api, argparse.Namespace], Awaitable[None]]


class PartlyRefusedError(Exception):
    """Some of several requests were refused; each was reported, and the message says how many."""


class NothingAskedError(Exception):
    """A verb was given nothing to do; the message names what it needs."""


def add_verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: Verb, does: str
) -> argparse.ArgumentParser:
    """Add a verb with --server and --json; `ask` is its action."""
    parser = verbs.add_parser(name, help=does, description=does)
    add_connection(parser)
    parser.set_defaults(ask=ask)
    return parser


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Add --server, --credential and --json."""
    add_server(parser)
    parser.add_argument(
        "--json", action="store_true", help="print JSON: one value, or one a line for watches"
    )


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add --server and --credential."""
    parser.add_argument(
        "--server",
        metavar="HOST:PORT",
        default=os.environ.get("DREAMD_SERVER", ""),
        help="the daemon's API, or several daemons of one house with commas (environment DREAMD_SERVER; else "
        f"the credential's, else {DEFAULT_SERVER})",
    )
    parser.add_argument(
        "--credential",
        metavar="FILE",
        default=os.environ.get(VARIABLE, ""),
        help=f"the file that `dreamd redeem` has made (environment {VARIABLE}; else {default_path()}, "
        "if it is there)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the parsed verb; return the exit status."""
    try:
        return asyncio.run(answered(args))
    except KeyboardInterrupt:
        return 130


def credential_path(args: argparse.Namespace) -> Path | None:
    """The credential file that is named, else the default one where it is there; None: no credential."""
    named = getattr(args, "credential", "")
    if named:
        return Path(named).expanduser()
    return default_path() if default_path().exists() else None


def credential_of(args: argparse.Namespace) -> CredentialFile | None:
    """The contents of that file; CredentialError where it cannot be used."""
    path = credential_path(args)
    return load_credential(path) if path is not None else None


def server_of(args: argparse.Namespace) -> dreamapi.Server:
    """The server to call and the credential file to show it.

    A default file is of one server: another server, named by --server, is not shown it.
    """
    path = credential_path(args)
    kept = load_credential(path) if path is not None else None
    if kept is None:
        return dreamapi.Server(args.server or DEFAULT_SERVER)
    named = set(addresses(args.server)) if args.server else set()
    if named and not named & set(addresses(kept.server)) and not getattr(args, "credential", ""):
        return dreamapi.Server(args.server)
    return dreamapi.Server(args.server or kept.server, path)


def fail(sentence: str, status: int) -> int:
    """Write a sentence on stderr; return the exit status."""
    print(f"dreamd: {sentence}", file=sys.stderr)
    return status


async def answered(args: argparse.Namespace) -> int:
    """Connect, ask, and write a refusal as one sentence on stderr."""
    try:
        async with dreamapi.connect(
            server_of(args), to_screen=not args.json, user_agent=COMMAND_LINE_AGENT
        ) as api:
            await args.ask(api, args)
    except NothingAskedError as no:
        print(f"dreamd: {no}", file=sys.stderr)
        return 2
    except PartlyRefusedError as no:
        print(f"dreamd: {no}", file=sys.stderr)
        return 1
    except dreamapi.ApiError as no:
        print(f"dreamd: {shown(in_flags(no, getattr(args, 'flags', {})))}", file=sys.stderr)
        return 1
    return 0


def in_flags(no: dreamapi.ApiError, flags: Mapping[str, str]) -> str:
    """The sentence of a refusal, with this command's flag in place of the request's field.

    flags: by the path of the field, without an index.
    """
    field = no.metadata.get("field", "") if isinstance(no, dreamapi.Refused) else ""
    flag = flags.get(re.sub(r"\[\d+\]$", "", field), "")
    return str(no).replace(field, flag, 1) if flag else str(no)


def console() -> Console:
    """The output for tables."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_COLUMNS)


def as_json(message: Message) -> dict[str, object]:
    """The message as the proto names its fields, zeros included."""
    fields: dict[str, object] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return fields


async def show_troubles(api: dreamapi.Api, args: argparse.Namespace) -> None:
    """Write what is wrong with the house above the output; with --json on standard error."""
    for trouble in (await api.houses.get()).troubles:
        if args.json:
            print(f"dreamd: {trouble}", file=sys.stderr)
        else:
            console().print(Text(f"! {trouble}", style="bold red"), soft_wrap=True)


def print_json(value: object, *, indent: int | None = 2) -> None:
    """A value, or with indent None one line of a watch, flushed at once; ASCII without control characters."""
    # The one control character that JSON leaves unescaped.
    print(json.dumps(value, indent=indent).replace("\x7f", "\\u007f"), flush=True)


def positive(text: str) -> int:
    """For argparse: a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text}")
    return number


def finite(text: str) -> float:
    """For argparse: a number that is neither infinite nor NaN."""
    number = float(text)
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text}")
    return number
