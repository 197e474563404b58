"""`dreamd me checkin` and `dreamd me case`: the answers of a morning, and one's own case."""

import argparse
from typing import Final

import dreamapi
from dreamd.cli.client import as_json, console, print_json
from dreamd.cli.me.sleeper import FLAGS, add_verb
from dreamd.cli.printing import case_tables
from dreamd.terminal.clock import wall

PHYSICIAN: Final = "Your well-being is low. It is worth speaking to a physician about it."


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `checkin` and `case`."""
    does = "answer the questions of the morning"
    checkin = add_verb(verbs, "checkin", _checkin, does, reads=False)
    checkin.add_argument(
        "--kss", metavar="N", type=int, help="how sleepy you are: 1 very alert to 9 fighting sleep"
    )
    checkin.add_argument("--who5", metavar="N", type=int, help="WHO-5, once a week: the sum, 0 to 25")
    checkin.set_defaults(flags=FLAGS | {"kss": "--kss", "who5": "--who5"})
    add_verb(verbs, "case", _case, "your case at the clinic, while there is one", reads=False)


async def _checkin(api: dreamapi.Api, args: argparse.Namespace) -> None:
    taken = await api.clinic.answer_morning(args.sleeper, kss=args.kss, who5=args.who5)
    if args.json:
        print_json(as_json(taken))
        return
    print("Thank you. Your answers are kept under your own key.")
    if taken.case:
        print(f"A clinician looks at them: case {taken.case.partition('/')[2]} (dreamd me case).")
    if taken.physician:
        print(PHYSICIAN)


async def _case(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.clinic.own_case(args.sleeper)
    if args.json:
        print_json(as_json(found))
    else:
        console().print(case_tables.case(found, wall()))
        print(f"To speak about it: {f'ring {found.contact}' if found.contact else 'go to the desk'}.")
