"""`dreamd me status|dose|nights|letter`: a sleeper's own state, doses and letters, in words."""

import argparse
from pathlib import Path

import dreamapi
from dreamapi import names
from dreamapi.text import shown
from dreamapi.v1 import pods_pb2 as beds
from dreamd.cli.client import NothingAskedError, as_json, console, print_json
from dreamd.cli.me.sleeper import add_verb
from dreamd.cli.printing import letter_tables


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs."""
    add_verb(verbs, "status", _status, "consent, dose left, bed and next step, in words")
    add_verb(verbs, "dose", print_dose, "merge-minutes of 24 hours and 7 days, and what is left")
    add_verb(verbs, "nights", _nights, "every night with planned and lived dose, newest first")
    letter = add_verb(verbs, "letter", _letter, "the letter of a night, for the sleeper alone", reads=False)
    letter.add_argument(
        "night",
        metavar="NIGHT",
        nargs="?",
        default=names.OWN,
        help="as `me nights` names it, such as 20261130T214100Z; absent: the newest",
    )
    letter.add_argument(
        "--html", metavar="FILE", type=Path, help="write it as a page to be printed; - for standard output"
    )


async def _status(api: dreamapi.Api, args: argparse.Namespace) -> None:
    consent = await api.consents.consent_of(args.sleeper, reason=args.reason)
    dose = await api.exposure.dose_of(args.sleeper, reason=args.reason)
    bed = await _bed(api, dreamapi.names.sleeper_in(consent.name))
    if args.json:
        told = {"consent": as_json(consent), "dose": as_json(dose)}
        print_json(told | {"pod": as_json(bed) if bed is not None else None})
    else:
        print("\n".join(letter_tables.status(consent, dose, bed)))


async def _bed(api: dreamapi.Api, sleeper: tuple[str, str] | None) -> beds.Pod | None:
    """The bed of a sleeper among those that the caller may see; None: in none of them."""
    name = names.sleeper(sleeper[0]) if sleeper is not None else ""
    try:
        return next((pod for pod in await api.pods.list() if pod.sleeper == name), None)
    except dreamapi.Refused:
        return None


async def print_dose(api: dreamapi.Api, args: argparse.Namespace) -> None:
    """Print the dose of `args.sleeper`."""
    dose = await api.exposure.dose_of(args.sleeper, reason=args.reason)
    if args.json:
        print_json(as_json(dose))
    else:
        print("\n".join(letter_tables.dose(dose)))


async def _nights(api: dreamapi.Api, args: argparse.Namespace) -> None:
    nights = await api.exposure.nights_of(args.sleeper, reason=args.reason)
    if args.json:
        print_json([as_json(one) for one in nights])
    elif nights:
        console().print(letter_tables.nights(nights))
    else:
        print("no night yet: one begins with a check-in")


async def _letter(api: dreamapi.Api, args: argparse.Namespace) -> None:
    letter = await api.letters.letter_of(args.sleeper, args.night)
    if args.json:
        print_json(as_json(letter))
    elif args.html is None:
        lines = letter.text.decode().replace("\N{NO-BREAK SPACE}", " ").splitlines()
        print("\n".join(map(shown, lines)))
    elif str(args.html) == "-":
        print(letter.html.decode(), end="")
    else:
        try:
            write_private(args.html, letter.html.decode())
        except OSError as error:
            raise NothingAskedError(f"--html {args.html} cannot be written ({error.strerror})") from error
        print(f"{args.html}: {shown(letter.title)}")


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read.

    Raises:
        OSError: it cannot be written.
    """
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
