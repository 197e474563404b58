"""`dreamd exchange ask|withdraw|explain|cancel|attest`: one's own ask, and a word for its class."""

import argparse

import dreamapi
from dreamapi.exchange import CLASSES
from dreamapi.v1.exchange_pb2 import Ask
from dreamd.cli.client import as_json, print_json
from dreamd.cli.exchange.flags import FLAGS, add_by, add_round_verb, add_sleeper, add_verb
from dreamd.cli.printing import round_tables
from dreamd.cli.printing.breaker_tables import when


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of an ask."""
    add_ask(verbs)
    withdraw = add_round_verb(verbs, "withdraw", _withdraw, "take your ask back while the round is open")
    told = "your place in line, what was full at your turn, and why you have or have not a berth"
    explain = add_round_verb(verbs, "explain", _explain, told)
    cancel = add_round_verb(verbs, "cancel", _cancel, "give your berth back; it goes to the next in line")
    for verb in (withdraw, explain, cancel):
        add_sleeper(verb)
    told = "give your word for a sleeper's class, for 14 days: crisis as a clinician, else community"
    attest = add_verb(verbs, "attest", _attest, told)
    attest.add_argument("sleeper", metavar="SLEEPER")
    attest.add_argument("ask_class", metavar="CLASS", choices=("crisis", "community"))
    add_by(attest)
    attest.set_defaults(flags=FLAGS | {"name": "SLEEPER", "sleeper": "SLEEPER", "ask_class": "CLASS"})


def add_ask(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `ask`, which is also a verb of `dreamd me`."""
    ask = add_round_verb(verbs, "ask", _ask, "ask for a berth of an open round, or replace your ask")
    ask.add_argument("offers", metavar="OFFER", nargs="+", help="those that will do, best first")
    ask.add_argument(
        "--class",
        dest="ask_class",
        choices=[word for word in CLASSES if word],
        default="",
        help="absent: the one in greatest need that is attested, else open",
    )
    add_sleeper(ask)


def _print(one: Ask, args: argparse.Namespace) -> None:
    print_json(as_json(one)) if args.json else print(round_tables.ask_line(one))


async def _ask(api: dreamapi.Api, args: argparse.Namespace) -> None:
    asked = await api.exchange.place_ask(
        args.round, args.offers, ask_class=args.ask_class, sleeper=args.sleeper
    )
    _print(asked, args)


async def _withdraw(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.exchange.withdraw_ask(args.round, args.sleeper), args)


async def _cancel(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _print(await api.exchange.cancel_berth(args.round, args.sleeper), args)


async def _explain(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exchange.explain_ask(args.round, args.sleeper)
    _print(found, args)
    if not args.json:
        for sentence in found.sentences:
            print(sentence)


async def _attest(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exchange.attest(args.sleeper, args.ask_class, by=args.by)
    if args.json:
        print_json(as_json(found))
    else:
        word = round_tables.class_word(found.ask_class)
        print(f"{args.sleeper} may ask in the class {word} until {when(found.expire_time)}")
