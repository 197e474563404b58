"""`dreamd me erase`: erase everything about oneself, after the pseudonym was typed."""

import argparse
import sys

import dreamapi
from dreamapi import names
from dreamd.cli.client import NothingAskedError, as_json, credential_path, print_json
from dreamd.cli.me.sleeper import add_verb


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `erase`."""
    does = "erase everything that the house keeps about the sleeper, for good"
    erase = add_verb(verbs, "erase", _erase, does, reads=False)
    erase.add_argument(
        "--confirm", metavar="PSEUDONYM", default="", help="the pseudonym, in place of typing it; for scripts"
    )


async def _erase(api: dreamapi.Api, args: argparse.Namespace) -> None:
    consent = await api.consents.consent_of(args.sleeper)
    found = names.sleeper_in(consent.name)
    sleeper = found[0] if found is not None else ""
    typed = args.confirm or _asked(sleeper)
    if not sleeper or typed != sleeper:
        raise NothingAskedError(f"nothing was erased: expected {sleeper}, got {typed!r}")
    erasure = await api.consents.erase(sleeper)
    if args.json:
        print_json(as_json(erasure))
        return
    print("erased: what the house kept about you cannot be opened any more, by anyone")
    for file in erasure.named_files:
        print(f"your pseudonym still stands as a word in {file}")
    path = credential_path(args)
    if path is not None:
        print(f"your login is gone with it; remove its file: {path}")


def _asked(sleeper: str) -> str:
    """The pseudonym as a person types it; empty where no terminal can ask."""
    if not sys.stdin.isatty():
        raise NothingAskedError(f"to erase for good, type the pseudonym: --confirm {sleeper}")
    print("This erases your grants, letters, check-ins and templates for good.")
    print("Take them with you first: dreamd me export DIR.")
    print(f"Type your pseudonym, {sleeper}, to go on: ", end="", flush=True)
    return sys.stdin.readline().strip()
