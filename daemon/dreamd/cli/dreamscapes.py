"""`dreamd dreamscapes ...`: group sessions, from a shell."""

import argparse
import sys
from contextlib import aclosing
from functools import partial
from typing import Final

from rich.live import Live

import dreamapi
from dreamapi import names
from dreamapi.v1.invitations_pb2 import GuestList
from dreamd.cli import client
from dreamd.cli.client import add_verb, as_json, console, print_json
from dreamd.cli.printing import guest_tables, tables

run = client.run

PLAN_FLAGS: Final = {
    "seats_min": "min",
    "seats_max": "max",
    "pods": "pods",
    "site": "site",
    "late_joining": "late_joining",
    "intimate": "intimate",
    "ceiling": "ceiling",
    "ramp": "ramp",
    "artist_share": "artist_share",
    "record": "record",
    "schema": "schema",
    "kind": "kind",
}
"""Fields of a plan that have a flag, and its name without the dashes."""
PYTHON_NAMES: Final = {"ramp": "ramp_s"}
FLAGS: Final = {
    "dreamscape_id": "NAME",
    "after": "--after",
    **{
        f"{above}plan.{field}": f"--{flag.replace('_', '-')}"
        for above in ("", "dreamscape.")
        for field, flag in PLAN_FLAGS.items()
    },
}
"""Paths of fields in requests, and their names on this command line."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `dreamscapes` and its verbs."""
    does = "group sessions: create, start, watch, sever, wake, end"
    dreamscapes = subparsers.add_parser("dreamscapes", help=does, description=does)
    verbs = dreamscapes.add_subparsers(required=True, metavar="VERB")
    _add_create(verbs)
    _add_update(verbs)
    add_verb(verbs, "list", _list, "every Dreamscape, newest first")
    for name, ask, does in (
        ("get", _get, "one Dreamscape with its seats"),
        ("start", _start, "start the merge"),
        ("resume", _resume, "continue after a sever; couplings ramp up from zero"),
    ):
        add_verb(verbs, name, ask, does).add_argument("name", metavar="NAME")
    for name, ask, does in (
        ("sever", _sever, "set everyone to zero now; they sleep on"),
        ("end", _end, "end the session when every bed confirms zero"),
    ):
        verb = add_verb(verbs, name, ask, does)
        verb.add_argument("name", metavar="NAME")
        verb.add_argument("--reason", default="", help="optional")
    wake = add_verb(verbs, "wake", _wake, "sever, then wake everyone")
    wake.add_argument("name", metavar="NAME")
    wake.add_argument("--reason", required=True)
    wake.add_argument("--issuer", required=True, help="name of the person that gives the order")
    _add_guests(verbs)
    explain = add_verb(verbs, "explain", _explain, "the first failed check of each pod, or all of one")
    explain.add_argument("name", metavar="NAME")
    explain.add_argument("pod", metavar="POD", nargs="?", help="every check of this pod")
    watch = add_verb(verbs, "watch", _watch, "print the collective, tick by tick")
    watch.add_argument("name", metavar="NAME")
    watch.add_argument("--events", action="store_true", help="print the journal instead, from now on")
    watch.add_argument("--after", type=int, metavar="CURSOR", help="with --events: from after this event")
    watch.add_argument("--count", type=client.positive, metavar="N", help="stop after N")
    dreamscapes.set_defaults(run=run, flags=FLAGS)


def _add_guests(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of the guests of an intimate Dreamscape."""
    for name, ask, does in (
        ("invite", _invite, "put sleepers on the list of an intimate Dreamscape; every guest is asked anew"),
        ("uninvite", _uninvite, "take sleepers off the list, and their seats from them, now"),
    ):
        verb = add_verb(verbs, name, ask, does)
        verb.add_argument("name", metavar="NAME")
        verb.add_argument("sleepers", metavar="SLEEPER", nargs="+", help="a pseudonym")
    guests = add_verb(verbs, "guests", _guests, "the list of an intimate Dreamscape, with each answer")
    guests.add_argument("name", metavar="NAME")


def _add_create(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    create = add_verb(verbs, "create", _create, "plan a Dreamscape")
    create.add_argument("name", metavar="NAME", help="never reused")
    _add_plan(create)
    create.add_argument(
        "--kind",
        choices=("shared", "anchor"),
        help="anchor: one pod, and its sleeper is drawn to their own template; --ceiling 0: a sitting alone",
    )
    create.add_argument("--validate-only", action="store_true", help="check the plan, create nothing")


def _add_update(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    update = add_verb(verbs, "update", _update, "change the given fields of a plan, before its start")
    update.add_argument("name", metavar="NAME")
    _add_plan(update)
    update.add_argument("--etag", default="", help="refuse if the Dreamscape has changed since")
    update.add_argument("--validate-only", action="store_true", help="check the plan, change nothing")


def _add_plan(verb: argparse.ArgumentParser) -> None:
    """Add the flags of a plan; an absent one is None."""
    verb.add_argument("--min", type=client.positive, metavar="N", help="sleepers to start")
    verb.add_argument("--max", type=client.positive, metavar="N", help="seats")
    verb.add_argument("--pods", metavar="A,B", help="invited pods; else every pod of the site")
    verb.add_argument("--site", help="only pods of this site")
    verb.add_argument(
        "--artist-share",
        type=client.finite,
        metavar="B",
        help="largest share of an artist in the blend, 0 to 0.5; 0: no artist can lead",
    )
    verb.add_argument(
        "--ramp", type=client.finite, metavar="S", help="seconds from zero to the granted coupling"
    )
    verb.add_argument("--ceiling", type=client.finite, metavar="C", help="highest coupling, 0 to 1")
    switch = argparse.BooleanOptionalAction
    verb.add_argument(
        "--intimate",
        action=switch,
        help="allow fewer than five sleepers, by invitation; each must have granted intimate",
    )
    verb.add_argument(
        "--record",
        action=switch,
        help="keep a recording, without names; each sleeper must have granted record",
    )
    verb.add_argument(
        "--schema", help="features: bands6x2 (default), or bands5x2, without gamma, for devices below 100 Hz"
    )
    verb.add_argument("--late-joining", action=switch, help="pods may join after the start (default: yes)")


def _show(dreamscape: dreamapi.Dreamscape, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(dreamscape))
    else:
        console().print(tables.dreamscape(dreamscape))


def _tell(outcome: dreamapi.SeverOutcome, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(outcome))
    else:
        print(tables.outcome(outcome))


async def _create(api: dreamapi.Api, args: argparse.Namespace) -> None:
    plan, _ = _plan(args)
    _show(await api.dreamscapes.create(args.name, plan, validate_only=args.validate_only), args)


async def _update(api: dreamapi.Api, args: argparse.Namespace) -> None:
    plan, fields = _plan(args)
    if not fields:
        raise client.NothingAskedError("give at least one field to change, such as --min 3")
    asked = api.dreamscapes.update(args.name, plan, fields, etag=args.etag, validate_only=args.validate_only)
    _show(await asked, args)


def _plan(args: argparse.Namespace) -> tuple[dreamapi.Plan, list[str]]:
    """The plan of the given flags, and the names of its fields."""
    given = {
        field: value for field, flag in PLAN_FLAGS.items() if (value := vars(args).get(flag)) is not None
    }
    words = {PYTHON_NAMES.get(field, field): value for field, value in given.items()}
    if "pods" in words:
        words["pods"] = [pod.strip() for pod in words["pods"].split(",") if pod.strip()]
    return dreamapi.plan(**words), list(given)


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    await client.show_troubles(api, args)
    found = await api.dreamscapes.list()
    if args.json:
        print_json([as_json(one) for one in found])
    elif found:
        console().print(tables.dreamscapes(found))
    else:
        print("there is no Dreamscape yet; plan one: dreamd dreamscapes create NAME --min 3 --max 8")


async def _get(api: dreamapi.Api, args: argparse.Namespace) -> None:
    await client.show_troubles(api, args)
    _show(await api.dreamscapes.get(args.name), args)


async def _start(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _show(await api.dreamscapes.start(args.name), args)


async def _resume(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _show(await api.dreamscapes.resume(args.name), args)


async def _sever(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _tell(await api.dreamscapes.sever(args.name, reason=args.reason), args)


async def _wake(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _tell(await api.dreamscapes.wake(args.name, issuer=args.issuer, reason=args.reason), args)


async def _end(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _tell(await api.dreamscapes.end(args.name, reason=args.reason), args)


async def _invite(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _tell_guests(await api.invitations.invite_guests(args.name, args.sleepers), args)


async def _uninvite(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _tell_guests(await api.invitations.uninvite_guests(args.name, args.sleepers), args)


def _tell_guests(listed: GuestList, args: argparse.Namespace) -> None:
    print_json(as_json(listed)) if args.json else print(guest_tables.line(listed))


async def _guests(api: dreamapi.Api, args: argparse.Namespace) -> None:
    listed = await api.invitations.guests_of(args.name)
    if args.json:
        print_json(as_json(listed))
    elif listed.guests:
        console().print(guest_tables.rows(listed))
    else:
        print(f"no guest is invited yet; invite some: dreamd dreamscapes invite {args.name} SLEEPER ...")


async def _explain(api: dreamapi.Api, args: argparse.Namespace) -> None:
    if args.pod is None:
        await _explain_all(api, args)
        return
    checks = await api.dreamscapes.explain_admission(args.name, args.pod)
    if args.json:
        print_json([as_json(check) for check in checks])
    else:
        console().print(tables.checks(checks))


async def _explain_all(api: dreamapi.Api, args: argparse.Namespace) -> None:
    """One line a pod that the plan asks for: admitted, or the first check that failed."""
    plan = (await api.dreamscapes.get(args.name)).plan
    asked = [names.bare(pod) for pod in plan.pods]
    if not asked:
        asked = [names.bare(pod.name) for pod in await api.pods.list() if plan.site in ("", pod.site)]
    for pod in asked:
        checks = await api.dreamscapes.explain_admission(args.name, pod)
        failed = [one for one in checks if not one.passed]
        notes = "".join(f"; {one.sentence}" for one in checks if one.passed and one.sentence)
        if args.json:
            print_json({"pod": pod, "failed": [as_json(one) for one in failed]}, indent=None)
        else:
            print(f"{pod}: {failed[0].sentence if failed else f'may be admitted{notes}'}", flush=True)
    if not asked and not args.json:
        print("no pod has connected yet; start one: dreamedge run --pod bed-1")


async def _watch(api: dreamapi.Api, args: argparse.Namespace) -> None:
    if args.events:
        await _watch_events(api, args)
    elif args.json:
        await _watch_ticks(api, args, lambda tick: print_json(as_json(tick), indent=None))
    elif sys.stdout.isatty():
        with Live(console=console(), auto_refresh=False) as live:
            draw = partial(live.update, refresh=True)
            await _watch_ticks(api, args, lambda tick: draw(tables.collective(tick)))
    else:
        await _watch_ticks(api, args, lambda tick: print(tables.collective_line(tick), flush=True))


async def _watch_ticks(api: dreamapi.Api, args: argparse.Namespace, show: tables.ShowTick) -> None:
    shown = 0
    async with aclosing(api.dreamscapes.watch_collective(args.name)) as watch:
        async for tick in watch:
            show(tick)
            shown += 1
            if shown == args.count:
                return
    if not shown and (await api.dreamscapes.get(args.name)).state == dreamapi.Dreamscape.STATE_ENDED:
        print(f"dreamd: {args.name} has ended; its events: --events --after 0", file=sys.stderr)


async def _watch_events(api: dreamapi.Api, args: argparse.Namespace) -> None:
    shown = 0
    async with aclosing(api.dreamscapes.watch_events(after=args.after, dreamscape=args.name)) as watch:
        async for event in watch:
            if args.json:
                print_json(as_json(event), indent=None)
            else:
                print(tables.event_line(event), flush=True)
            shown += 1
            if shown == args.count:
                return
