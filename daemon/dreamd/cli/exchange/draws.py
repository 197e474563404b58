"""`dreamd exchange commit|reveal`: a nonce, made here and kept in a closed file until it is revealed.

The file is written before its digest is sent, so no commitment is made to a nonce that is lost. It is removed
once the nonce is revealed. A commit that is repeated takes the nonce that is kept.
"""

import argparse
import secrets
from pathlib import Path
from typing import Final

import dreamapi
from dreamapi import names
from dreamapi.credentials import default_path
from dreamapi.exchange import SIDES
from dreamd.cli.client import credential_path
from dreamd.cli.exchange.flags import add_by, add_round_verb
from dreamd.cli.exchange.rounds import print_round
from dreamd.core.exchange.tickets import commitment, is_hex
from dreamwire.closed_file import write_closed

NONCE_BYTES: Final = 32
OTHERS: Final = 0o077
NOT_TAKEN: Final = (dreamapi.RoundUnknown, dreamapi.InvalidArgument, dreamapi.RoleLacking)
"""Refusals after which a nonce that was made for the call is of no use."""


class NonceError(dreamapi.ApiError):
    """The file of a nonce cannot be used; the message names it and the next step."""


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of a draw."""
    told = "make a nonce, keep it in a file of yours alone, and promise it by its SHA-256"
    commit = add_round_verb(verbs, "commit", _commit, told)
    told = "reveal the nonce that you have committed to; with the second one the line is drawn"
    reveal = add_round_verb(verbs, "reveal", _reveal, told)
    for verb in (commit, reveal):
        add_by(verb)
        verb.add_argument(
            "--side",
            choices=[word for word in SIDES if word],
            default="",
            help="for a person with both roles: an operator is the site's, an advocate the sleepers'",
        )
        verb.add_argument(
            "--nonce",
            dest="kept",
            metavar="FILE",
            type=Path,
            help="the file of the nonce; absent: beside the credential, with the round and side in its name",
        )


def nonce_path(args: argparse.Namespace) -> Path:
    """The file in which the nonce of this round is kept."""
    if args.kept is not None:
        return Path(args.kept)
    beside = credential_path(args) or default_path()
    side = f"-{args.side}" if args.side else ""
    return beside.with_name(f"{beside.name}.nonce-{names.bare(args.round)}{side}")


def read_nonce(path: Path) -> str:
    """Return the nonce of a file.

    Raises:
        NonceError: there is no such file, others can read it, or it holds something else.
    """
    try:
        is_open, text = path.stat().st_mode & OTHERS, path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or "it is no text"
        raise NonceError(
            f"the nonce {path} cannot be read ({why}); it is made by `dreamd exchange commit`, and --nonce "
            "names another file"
        ) from None
    if is_open:
        raise NonceError(f"the nonce {path} is open to others; run: chmod 600 {path}")
    if not is_hex(text):
        raise NonceError(f"{path} is no nonce: expected 64 hexadecimal digits, lower case")
    return text


def _kept_or_new(path: Path) -> tuple[str, bool]:
    """The nonce of the file, and whether it was made now."""
    if path.exists():
        return read_nonce(path), False
    nonce = secrets.token_hex(NONCE_BYTES)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_closed(path, f"{nonce}\n".encode(), replace=False)
    except OSError as error:
        raise NonceError(
            f"the nonce cannot be kept in {path} ({error.strerror}); name another file with --nonce"
        ) from None
    return nonce, True


async def _commit(api: dreamapi.Api, args: argparse.Namespace) -> None:
    path = nonce_path(args)
    nonce, is_new = _kept_or_new(path)
    try:
        found = await api.exchange.commit_nonce(args.round, commitment(nonce), side=args.side, by=args.by)
    except NOT_TAKEN:
        if is_new:
            path.unlink(missing_ok=True)
        raise
    print_round(found, args)
    if not args.json:
        print(f"your nonce is in {path} until you reveal it: without it the round is void")


async def _reveal(api: dreamapi.Api, args: argparse.Namespace) -> None:
    path = nonce_path(args)
    found = await api.exchange.reveal_nonce(args.round, read_nonce(path), side=args.side, by=args.by)
    path.unlink(missing_ok=True)
    print_round(found, args)
