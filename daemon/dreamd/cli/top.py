"""`dreamd top`: a Dreamscape on a terminal, in detail; `--once --json` is the same for scripts.

Exit status: 0 done, 1 no daemon answered (with --once), 2 wrong usage (also: no terminal, and not --once).
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from rich.console import Console
from rich.live import Live

import dreamapi
from dreamapi import names
from dreamapi.text import shown
from dreamd.cli.client import add_server, console, print_json, server_of
from dreamd.cli.printing import tables
from dreamd.core.safety.scopes import SeverScope
from dreamd.terminal import keyboard
from dreamd.terminal.clock import now_ns
from dreamd.top import report, screen
from dreamd.top.client import Looking, Wish
from dreamd.top.navigation import Browse, keys_in, place, press, rows
from dreamd.top.order_prompt import Reach, called
from dreamd.top.state import Watched
from dreamd.top.view_model import Link, ViewModel

FRAME_S: Final = 0.1
"""Shortest time between two frames on the screen."""
ISSUER: Final = "dreamd top"
ORDER_S: Final = 4.0
"""Deadline of an order, longer than pods may take to confirm."""
LOOK_S: Final = 0.25
"""Longest time between two frames: silence shows only by nothing arriving."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb."""
    width = max(len(name) for name, _ in report.FIELDS)
    fields = "\n".join(f"  {name:<{width}}  {meaning}" for name, meaning in report.FIELDS)
    parser = subparsers.add_parser(
        "top",
        help="watch one Dreamscape on this terminal",
        description="Shows each sleeper's state, the cause of each sever, and whether each bed is within its "
        "limit. `?` lists the keys.",
        epilog=f"--once --json prints one object; an unknown value is null:\n{fields}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_server(parser)
    parser.add_argument(
        "--dreamscape", default="", metavar="NAME", help="the Dreamscape (default: one that is DREAMING)"
    )
    parser.add_argument("--once", action="store_true", help="print the present state and exit")
    parser.add_argument("--json", action="store_true", help="with --once: for scripts")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Watch until `q`; with --once, print once."""
    if args.json and not args.once:
        return _fail("--json goes with --once: dreamd top --once --json", 2)
    terminal = sys.stdout.isatty() and keyboard.available()
    if not args.once and not terminal:
        return _fail("dreamd top needs a terminal; for scripts: dreamd top --once --json", 2)
    wish = Wish(names.bare(args.dreamscape))
    if args.once:
        return asyncio.run(_once(args, wish))
    with suppress(KeyboardInterrupt):
        asyncio.run(Top(server_of(args), wish).show())
    return 0


def _fail(sentence: str, status: int) -> int:
    print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return status


async def _once(args: argparse.Namespace, wish: Wish) -> int:
    watched = Watched()
    try:
        await Looking(server_of(args), wish, watched, now_ns, lambda: None).once()
    except dreamapi.ApiError as no:
        return _fail(str(no), 1)
    scene = watched.scene(now_ns())
    if wish.dreamscape and scene.trouble:
        return _fail(scene.trouble, 1)
    if args.json:
        print_json(report.report(scene))
    else:
        out = console()
        out.print(screen.whole(scene, out.size.width))
    return 0


@dataclass
class Top:
    """The terminal until `q`: combines received data and typed keys, and draws."""

    server: str | dreamapi.Server
    wish: Wish
    watched: Watched = field(default_factory=Watched)
    browse: Browse = field(default_factory=Browse)
    console: Console = field(default_factory=Console)
    said: tuple[str, bool] = ("", False)
    _held: tuple[ViewModel, int] | None = None
    _group: asyncio.TaskGroup | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def show(self) -> None:
        """Watch until `q`, or until the terminal is gone."""
        looking = Looking(self.server, self.wish, self.watched, now_ns, self._changed.set)
        async with asyncio.TaskGroup() as group:
            self._group = group
            heard = group.create_task(looking.for_ever(), name="link")
            with keyboard.typing(self._typed):
                await self._draw()
            heard.cancel()

    async def _draw(self) -> None:
        with Live(console=self.console, screen=True, auto_refresh=False) as live:
            while not self.browse.over:
                self._changed.clear()
                live.update(screen.picture(self._view(), self._size()), refresh=True)
                await asyncio.sleep(FRAME_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._changed.wait()

    def _size(self) -> tuple[int, int]:
        return self.console.size.width, self.console.size.height

    def _view(self) -> screen.View:
        """The view to draw: the newest, or the held one; a lost connection ends holding."""
        now = now_ns()
        scene = self.watched.scene(now)
        paused_s, newest = None, scene
        if self._held is not None and scene.link is Link.LIVE:
            paused_s = (now - self._held[1]) / 1e9
            scene = self._held[0]
        detail = self.watched.detail
        return screen.View(scene, self.browse, detail, paused_s, newest, self._reach(scene), self.said)

    def _reach(self, scene: ViewModel) -> Reach:
        """The reach of a sever from here; the site is that of the bed under the cursor, once known."""
        shown = rows(scene, self.browse)
        pod = shown[place(shown, self.browse)].pod if shown else ""
        detail = self.watched.detail
        known = detail is not None and detail.pod.name == f"pods/{pod}"
        return Reach(pod, scene.dreamscape, detail.pod.site if detail is not None and known else "")

    def _typed(self, text: str) -> None:
        if not text:  # the terminal is gone
            text = "\x03"
        for key in keys_in(text):
            view = self._view()
            page = screen.rows_that_fit(view, self._size())
            self.browse = press(self.browse, key, rows(view.scene, self.browse), page, view.reach)
            if self.browse.ordered is not None and self.browse.ordered.scope is not None:
                self._order(self.browse.ordered.verb, self.browse.ordered.scope, view.reach)
        if not self.browse.paused:
            self._held = None
        elif self._held is None:
            self._held = (self.watched.scene(now_ns()), now_ns())
        asked = self.browse.cursor if self.browse.asking is not None else ""
        self.wish.turns, self.wish.closely = self.browse.turns, self.browse.closely or asked
        self._changed.set()

    def _order(self, verb: str, scope: SeverScope, reach: Reach) -> None:
        """Send it at once, on a connection of its own: the watched connection may hang."""
        self.browse = replace(self.browse, ordered=None)
        assert self._group is not None
        target = reach.target(scope)
        self.said = f"{verb} {called(scope, target)}: sent", True
        self._group.create_task(self._carry_out(verb, scope, target), name="order")

    async def _carry_out(self, verb: str, scope: SeverScope, target: str) -> None:
        try:
            async with dreamapi.connect(
                self.server, connect_s=ORDER_S, deadline_s=ORDER_S, to_screen=True
            ) as api:
                outcome = await ORDERS[verb](api, scope, target)
            self.said = (
                f"{verb} {called(scope, target)}: {tables.outcome(outcome)}",
                bool(outcome.unconfirmed or outcome.kept),
            )
        except dreamapi.ApiError as no:
            self.said = f"{verb} {called(scope, target)}: {no}", True
        self._changed.set()


async def _sever(api: dreamapi.Api, scope: SeverScope, target: str) -> dreamapi.SeverOutcome:
    number = getattr(dreamapi.OrderSeverRequest, f"SCOPE_{scope.name}")
    return await api.severs.order(number, target, issuer=ISSUER)


async def _wake(api: dreamapi.Api, scope: SeverScope, target: str) -> dreamapi.SeverOutcome:
    """Give a wake order, which stands until a named person lifts it."""
    number = getattr(dreamapi.WakeOrder, f"SCOPE_{scope.name}")
    return (await api.wake.order(number, target, issuer=ISSUER)).outcome


ORDERS: Final = {"sever": _sever, "wake": _wake}
