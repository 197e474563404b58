"""`dreamd pods ...`: the beds, from a shell."""

import argparse
import math
import sys
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path

import dreamapi
from dreamapi import names
from dreamapi.text import shown
from dreamd.cli import client
from dreamd.cli.client import add_verb, as_json, console, print_json
from dreamd.cli.printing import tables
from dreamd.cli.printing.tables import number_of
from dreamd.core.dreamscapes.views import IS_RECORDED

run = client.run

STATES = {names.word(dreamapi.Pod.State, number): number for number in dreamapi.Pod.State.values()[1:]}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `pods` and its verbs."""
    does = "list, watch, check in and release the beds"
    pods = subparsers.add_parser("pods", help=does, description=does)
    verbs = pods.add_subparsers(required=True, metavar="VERB")
    list_ = add_verb(verbs, "list", _list, "list beds; filters below")
    list_.add_argument("--state", choices=STATES, help="only those in this state")
    list_.add_argument("--site", help="only those of this site")
    list_.add_argument(
        "--coupled", action="store_true", help="only pods with a coupling above zero, or an unknown one"
    )
    list_.add_argument(
        "--below-quality", type=client.finite, metavar="Q", help="only pods with a quality below this, 0 to 1"
    )
    list_.add_argument(
        "--clock-above",
        type=client.finite,
        metavar="MS",
        help="only pods with a clock uncertainty above this",
    )
    add_verb(verbs, "get", _get, "one pod with its channels").add_argument("pod", metavar="POD")
    watch = add_verb(verbs, "watch", _watch, "every pod, then each that changes")
    watch.add_argument("--count", type=client.positive, metavar="N", help="stop after N pods were shown")
    check_in = add_verb(verbs, "check-in", _check_in, "bind sleepers to pods")
    check_in.add_argument(
        "pairs", metavar="POD SLEEPER", nargs="*", help="one pair or several; a pseudonym, never a name"
    )
    check_in.add_argument("--file", type=Path, metavar="FILE", help="pairs, one a line: POD,SLEEPER")
    check_in.add_argument("--etag", default="", help="of one pair: refuse where the pod has changed since")
    check_out = add_verb(verbs, "check-out", _check_out, "release the pod, then unbind its sleeper")
    check_out.add_argument("pod", metavar="POD")
    release = add_verb(verbs, "release", _release, "sever this bed now; it leaves its seat")
    release.add_argument("pod", metavar="POD")
    release.add_argument("--reason", default="", help="optional: leaving needs none")
    pods.set_defaults(run=run)


async def _list(api: dreamapi.Api, args: argparse.Namespace) -> None:
    known = await api.pods.list()
    pods = [pod for pod in known if _meant(pod, args)]
    await client.show_troubles(api, args)
    if args.json:
        print_json([as_json(pod) for pod in pods])
    elif pods:
        console().print(tables.pods(pods))
    elif known:
        print(f"none of {len(known)} pods matches")
    else:
        print("no pod has connected yet; start one: dreamedge run --pod bed-1")


def _meant(pod: dreamapi.Pod, args: argparse.Namespace) -> bool:
    """Whether the pod matches the filters.

    An unsynced clock has no bound on its uncertainty; an unknown coupling or quality matches every limit.
    """
    certain_ms = pod.clock.uncertainty.ToMicroseconds() / 1e3 if pod.clock.synced else math.inf
    return (
        args.state in (None, names.word(dreamapi.Pod.State, pod.state))
        and args.site in (None, pod.site)
        and (not args.coupled or not number_of(pod, "applied") <= 0.0)
        and (args.below_quality is None or not number_of(pod, "quality") >= args.below_quality)
        and (args.clock_above is None or not certain_ms <= args.clock_above)
    )


def _show(pod: dreamapi.Pod, args: argparse.Namespace) -> None:
    if args.json:
        print_json(as_json(pod))
    else:
        console().print(tables.pod(pod))


async def _get(api: dreamapi.Api, args: argparse.Namespace) -> None:
    await client.show_troubles(api, args)
    _show(await api.pods.get(args.pod), args)


async def _check_in(api: dreamapi.Api, args: argparse.Namespace) -> None:
    pairs = _pairs(args)
    if len(pairs) == 1:
        checked_in = await api.pods.check_in(*pairs[0], etag=args.etag)
        _show(checked_in, args)
        if not args.json:
            for sentence in _recorded_at(checked_in, await api.dreamscapes.list()):
                print(sentence)
        return
    if args.etag:
        raise client.NothingAskedError("--etag is of one pair; leave it out, or check in one pod")
    refused = 0
    planned = [] if args.json else await api.dreamscapes.list()
    for pod, sleeper in pairs:
        try:
            checked_in = await api.pods.check_in(pod, sleeper)
        except dreamapi.Refused as no:
            refused += 1
            print(f"dreamd: {pod}: {shown(str(no))}", file=sys.stderr)
        else:
            if args.json:
                print_json(as_json(checked_in), indent=None)
            else:
                notes = [tables.renderer_warning(checked_in), *_recorded_at(checked_in, planned)]
                said = "".join(f"; {note}" for note in notes if note)
                print(f"{pod}: {sleeper} is checked in{said}", flush=True)
    if refused:
        raise client.PartlyRefusedError(f"{refused} of {len(pairs)} check-ins were refused; see above")


def _recorded_at(pod: dreamapi.Pod, planned: Iterable[dreamapi.Dreamscape]) -> list[str]:
    """Return a sentence for each Dreamscape that is recorded and asks for this pod."""
    return [
        IS_RECORDED.format(dreamscape=names.bare(one.name))
        for one in planned
        if one.plan.record
        and one.state != dreamapi.Dreamscape.STATE_ENDED
        and (pod.name in one.plan.pods if one.plan.pods else one.plan.site in ("", pod.site))
    ]


def _pairs(args: argparse.Namespace) -> list[tuple[str, str]]:
    """The pods and sleepers of the command line and of --file, in order.

    Raises:
        NothingAskedError: there is none, or half of one; the sentence names the place.
    """
    words: list[str] = args.pairs
    if len(words) % 2:
        raise client.NothingAskedError(f"pod {words[-1]} has no sleeper beside it; write POD SLEEPER")
    pairs = list(zip(words[::2], words[1::2], strict=True))
    if args.file is not None:
        pairs += _read_pairs(args.file)
    if not pairs:
        raise client.NothingAskedError("name a pod and its sleeper: dreamd pods check-in bed-1 s-1")
    return pairs


def _read_pairs(path: Path) -> list[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise client.NothingAskedError(f"{path} cannot be read ({error}); check the path") from error
    pairs = []
    for number, line in enumerate(lines, 1):
        words = [word.strip() for word in line.split(",")]
        if line.strip() == "" or line.lstrip().startswith("#"):
            continue
        if len(words) != len(("pod", "sleeper")) or not all(words):
            raise client.NothingAskedError(f"{path}, line {number}: expected POD,SLEEPER, got {line!r}")
        pairs.append((words[0], words[1]))
    return pairs


async def _check_out(api: dreamapi.Api, args: argparse.Namespace) -> None:
    _show(await api.pods.check_out(args.pod), args)


async def _release(api: dreamapi.Api, args: argparse.Namespace) -> None:
    outcome = await api.pods.release(args.pod, reason=args.reason)
    if args.json:
        print_json(as_json(outcome))
    else:
        print(tables.outcome(outcome))


async def _watch(api: dreamapi.Api, args: argparse.Namespace) -> None:
    seen = 0
    async with aclosing(api.pods.watch()) as watch:
        async for pod in watch:
            if args.json:
                print_json(as_json(pod), indent=None)
            else:
                print(tables.pod_line(pod), flush=True)
            seen += 1
            if seen == args.count:
                return
