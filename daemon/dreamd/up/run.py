"""One run of `dreamd up` from the first check to the exit status: the order in which things happen.

Preflight, a temporary directory, the processes, the night, the way home, the processes again, the account and
the picture. Everything runs in one TaskGroup; whatever fails, the processes end first and the temporary
directory is removed last. Ctrl-C, SIGTERM and a closed terminal end the night in order; a second Ctrl-C ends
it at once.

Exit status: 0 every sleeper came home, 1 at least one did not, 2 it could not run (one sentence gives the
reason).
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from dreamd.adapters.recordings import directory
from dreamd.core.limits import CEILING, CEILING_INTIMATE
from dreamd.terminal import keyboard
from dreamd.terminal.clock import now_ns, wall
from dreamd.terminal.sleeper_row import Tone, count
from dreamd.up import kept_recording
from dreamd.up.display import CONSOLE, STARTING, Display
from dreamd.up.keys import KEYS, listening
from dreamd.up.plan import ALIGNMENT, CannotRun, Plan
from dreamd.up.processes import brokers, pod_journal, preflight
from dreamd.up.processes.processes import DAEMON_ROOM, Processes, Reports
from dreamd.up.report import metrics_scrape, night_svg
from dreamd.up.report.metrics_scrape import Counters
from dreamd.up.report.screenshot import Wanted
from dreamd.up.run_state import RunState
from dreamd.up.screen import Heading
from dreamd.up.session_driver import SessionDriver

NAME: Final = "night"
"""The Dreamscape; the ledger of a run is new, so the name is free."""
HOME: Final = 0
NOT_HOME: Final = 1
COULD_NOT_RUN: Final = 2
COUNT_EVERY_S: Final = 1.0
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heading(plan: Plan, programs: str, sentence: str = "", *, with_keys: bool) -> Heading:
    """One sentence ('': the usual) and the links; programs: the prefix of `python` and `dreamd` in them."""
    number = count(len(plan.sleepers))
    what = "recordings" if plan.sleepers[0].recording else "simulated sleepers"
    usual = f"{number.capitalize()} {what} dream together, and any of them can leave at once."
    at = "" if plan.grpc_port == 50051 else f'"127.0.0.1:{plan.grpc_port}"'  # noqa: PLR2004 -- the default
    server = "" if not at else f" --server 127.0.0.1:{plan.grpc_port}"
    return Heading(
        sentence=sentence or usual,
        links=(
            (CONSOLE, STARTING),
            ("metrics", f"http://127.0.0.1:{plan.http_port}/metrics"),
            ("python", f"{programs}python -c 'import dreamapi; dreamapi.show({at})'"),
            ("watch", f"{programs}dreamd dreamscapes watch {NAME}{server}"),
        ),
        keys=KEYS if with_keys else (),
    )


def programs() -> str:
    """Empty where our programs are on the path, else the directory to name: `make run` activates nothing."""
    here = Path(sys.executable).parent
    if str(here) in os.environ.get("PATH", "").split(os.pathsep):
        return ""
    return min(f"{here}/", f"{os.path.relpath(here)}/", key=len)


class Run:
    """The state of one run; sentence: the line on top, '': the usual. recorded: where the recording lies."""

    def __init__(
        self,
        plan: Plan,
        room: Path,
        console: Console,
        *,
        viewed: bool,
        shot: Wanted | None = None,
        sentence: str = "",
    ) -> None:
        self.plan = plan
        self.recorded: Path | None = None
        self.shot = shot
        self.console = console
        self.viewed = viewed
        t0_ns = now_ns()
        ceiling = CEILING_INTIMATE if plan.intimate else CEILING
        self.chronicle = RunState.begin(plan.sleepers, t0_ns, ceiling)
        for one in plan.refused:
            self.chronicle.say(t0_ns, f"left out: {one.why}", Tone.GRAVE)
        for pod, code, noted in plan.notes:
            self.chronicle.say(t0_ns, f"{pod}: {code}: {noted}", Tone.GRAVE)
        self.counters = Counters()
        reports = Reports(
            self._journal,
            self.chronicle.pods_ended,
            self.chronicle.outage,
            self.chronicle.back,
            self.chronicle.awaits,
            self._console,
        )
        self.household = Processes(plan, room, t0_ns, reports)
        self.director = SessionDriver(plan, self.chronicle, self.household, NAME)
        with_keys = viewed and keyboard.available()
        self.with_keys = with_keys
        self._refused: set[str] = set()
        self.show = Display(
            self.chronicle,
            heading(plan, programs(), sentence, with_keys=with_keys),
            console,
            plan.duration_s,
            self.director.end.set,
        )

    def _console(self, url: str) -> None:
        """Show where the console answers, or say that it does not; the night goes on either way."""
        if self.chronicle.account.closing:
            return
        self.show.show_console(url)
        if not url:
            ended = self.household.console
            why = ended.last_words().removeprefix("dreamd: ") or (
                ended.last_end.words if ended.last_end else ""
            )
            again = "it is started again" if ended.kept else "the night goes on without it"
            self.chronicle.say(now_ns(), f"there is no console: {why.rstrip('.')}; {again}", Tone.GRAVE)

    def _journal(self, line: str) -> None:
        entry = pod_journal.parse(line)
        if entry is not None:
            self.chronicle.on_journal_line(entry)

    def pressed(self, key: str) -> None:
        """Act on a key: `k` and `q` at once, the others through the director; before the night only `q`."""
        if key != "q" and not self.director.leading:
            self._refuse(key)
            return
        match key:
            case "k":
                self.chronicle.outage("the daemon", "killed (SIGKILL)", now_ns())
                self.household.daemon.signal(signal.SIGKILL)
            case "q":
                self.director.end.set()
            case _:
                self.director.order(key)

    def _refuse(self, key: str) -> None:
        """Report once for each key why it does nothing now: no order waits unseen for the night to begin."""
        if key not in self._refused:
            self._refused.add(key)
            over = self.chronicle.account.closing
            when = "the night is over" if over else "the night has not begun; press it again when it has"
            self.chronicle.say(now_ns(), f"{key} ({dict(KEYS)[key]}) does nothing now: {when}")

    async def live(self) -> None:
        """Run from the first process to the last; raises CannotRun (in a group) where it cannot."""
        async with asyncio.TaskGroup() as tasks:
            screen = tasks.create_task(self._screen(), name="screen")
            counting = tasks.create_task(self._count(), name="counters")
            shooting = tasks.create_task(self._shoot(), name="screenshot")
            try:
                await self.household.open(tasks)
                await self.director.lead()
                await self._read_counters()
                self.show.shoot()
            finally:
                counting.cancel()
                shooting.cancel()
                if not self.chronicle.account.closing:
                    self.chronicle.close(now_ns())  # the processes are ended by the run from here on
                await self.household.close()
                screen.cancel()

    def _screen(self) -> Coroutine[None, None, None]:
        if self.plan.json:
            return self.show.quiet()
        if self.viewed:
            return self.show.screen()
        self.show.announce()
        return self.show.lines()

    async def _count(self) -> None:
        while True:
            await self._read_counters()
            await asyncio.sleep(COUNT_EVERY_S)

    async def _shoot(self) -> None:
        if self.shot is not None:
            await self.show.shoot_at(self.shot.at_s)

    async def _read_counters(self) -> None:
        incarnation = self.household.daemon.incarnation
        page = await metrics_scrape.fetch(self.plan.http_port) if self.household.ready.is_set() else None
        if page is not None and incarnation == self.household.daemon.incarnation:
            self.counters.add_page(incarnation, page)

    def listening(self) -> AbstractContextManager[None]:
        """Keys, where there is a terminal to press them at; its end ends the night in order."""
        return listening(self.pressed, self.director.end.set) if self.with_keys else nullcontext()

    def settle_up(self, when: datetime) -> int:
        """Print the account, keep the picture; the exit status."""
        account = self.chronicle.account
        if self.plan.json:
            self.show.line(json.dumps(self._told(), indent=2))
            self._keep_picture(when)
        else:
            self.show.last_picture() if self.viewed else self.show.new_lines()
            self.show.line(f"\n{self.chronicle.account_words}")
            for pod in self._doubtful():
                self.show.line(f"{pod}: the alignment of its recording to the others is doubtful")
            self._keep_picture(when)
            if self.plan.night is not None:
                self.show.line(f"the night is kept in {self.plan.night}")
            if self.shot is not None:
                self.show.line(f"the screen is kept in {self.shot.path}")
            for line in self._about_recording():
                self.show.line(line)
        return HOME if account.everyone_home else NOT_HOME

    def _about_recording(self) -> tuple[str, ...]:
        """Where the recording lies, and the next commands."""
        if not self.plan.record:
            return ()
        if self.recorded is None:
            return ("there is no recording: the Dreamscape did not start",)
        ours, name = programs(), self.recorded.name
        return (
            f"the recording is kept in {self.recorded}",
            f"next: {ours}dreamd recording show {name}, {ours}dreamd replay {name}",
        )

    def _told(self) -> dict[str, object]:
        """The object of `--json`: the account, and the bed of each person with a recording."""
        played = [sleeper for sleeper in self.plan.sleepers if sleeper.recording]
        return {
            **self.chronicle.account.as_json(self.counters.sum),
            "recordings": [
                {"pod": one.pod, "sleeper": one.pseudonym, "recording": one.recording} for one in played
            ],
            **({"recording": str(self.recorded or "")} if self.plan.record else {}),
            "refused": [{"file": one.file, "why": one.why} for one in self.plan.refused],
            "notes": [
                {"pod": pod, "code": code, "sentence": sentence} for pod, code, sentence in self.plan.notes
            ],
            "alignment_doubtful": self._doubtful(),
        }

    def _doubtful(self) -> list[str]:
        """The pods whose recordings may not be aligned to the others, each once."""
        return list(dict.fromkeys(pod for pod, code, _ in self.plan.notes if code == ALIGNMENT))

    def _keep_picture(self, when: datetime) -> None:
        record = self.chronicle.record
        record.marks = list(self.chronicle.marks())
        words = night_svg.Words(
            account=self.chronicle.account_words,
            occasion=f"{when:%H:%M}, {len(self.plan.sleepers)} sleepers, {record.ends_s:.0f} seconds",
            everyone_home=self.chronicle.account.everyone_home,
        )
        title = f"The night of {when.day} {when:%B %Y}"
        if self.plan.night is not None:
            keep(self.plan.night, night_svg.picture(record, words, title, self.plan.seed), "--night")
        if self.shot is not None:
            keep(self.shot.path, self.show.shot, "--screenshot")


def keep(path: Path, picture: str, flag: str) -> None:
    """Write a picture or a page; raises CannotRun with the flag that chose its place."""
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise CannotRun(
            f"the picture cannot be kept in {path} ({error.strerror}); choose another {flag}"
        ) from error


async def run(plan: Plan, console: Console, *, viewed: bool, shot: Wanted | None = None) -> int:
    """Run the plan; the exit status. Raises CannotRun. shot: a screenshot to take on the way."""
    return await conduct(plan, lambda room: Run(plan, room, console, viewed=viewed, shot=shot))


async def conduct(plan: Plan, make: Callable[[Path], Run]) -> int:
    """Run the plan that `make` builds from a temporary directory; raises CannotRun."""
    preflight.check(plan)
    folder = kept_recording.place() if plan.record else None
    if plan.owns_broker:
        brokers.choose(plan.broker)
    with _room() as room:
        one = make(Path(room))
        await _ended_by_signals(one)
        if folder is not None:
            recorded = Path(room) / DAEMON_ROOM / directory.FOLDER / NAME
            one.recorded = kept_recording.keep(recorded, folder)
        return one.settle_up(wall())


def _room() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="dreamd-up-", ignore_cleanup_errors=True)
    except OSError as error:
        raise CannotRun(
            f"no temporary directory can be made ({error.strerror}); make room, or point TMPDIR elsewhere"
        ) from error


async def _ended_by_signals(one: Run) -> None:
    """Live through the night; the first signal ends it in order, a second one by hand at once.

    A closed terminal sends SIGHUP more than once, so SIGHUP never counts as the second.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"

    def asked(number: signal.Signals) -> None:
        if one.director.end.is_set() and number is not signal.SIGHUP:
            task.cancel()
        one.director.end.set()

    for number in ENDING:
        loop.add_signal_handler(number, asked, number)
    try:
        with one.listening():
            await one.live()
    except BaseExceptionGroup as group:
        sentences, others = group.split(CannotRun)
        if others is not None or sentences is None:
            raise
        raise _first(sentences) from None
    finally:
        for number in ENDING:
            loop.remove_signal_handler(number)


def _first(group: BaseExceptionGroup[CannotRun]) -> CannotRun:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, CannotRun), "the group was split by this type"
    return error
