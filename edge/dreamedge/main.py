"""The composition root of the edge: the only file that names technologies.

`dreamedge run` runs the agents of one or several beds until they are stopped or their recordings are
over; `dreamedge inspect` shows what a recording holds and whether it could be seated; `dreamedge
unlatch` is the sleeper's own act. SIGTERM and SIGINT send everyone home, SIGUSR1 is
the wake button. Exit status: 0 home, 1 a bed failed, 2 something is wrong with what it was told.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import string
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dreamedge import __version__
from dreamedge.adapters.clock import Load, boottime_ns, process_began_ns, unix_ms
from dreamedge.adapters.disk import DiskError, PodDisk, unlatch, unlatch_heard
from dreamedge.adapters.door import Door
from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.inspected import examine
from dreamedge.adapters.journal import JournalError, open_journal
from dreamedge.adapters.mqtt import Broker, MqttLink
from dreamedge.adapters.printout import facts, lines
from dreamedge.adapters.renderers import open_renderer
from dreamedge.app.bed import Bed, Parts
from dreamedge.app.ward import Ward
from dreamedge.core.agent import Agent
from dreamedge.core.calibration import EnrolRefusal, Own, enrol
from dreamedge.core.clock import SessionClock
from dreamedge.core.features import FrontEnd
from dreamedge.core.identity import Identity, Restored
from dreamedge.ports.implant import Implant, ImplantError
from dreamedge.ports.journal import Journal
from dreamedge.ports.renderer import RendererError
from dreamedge.settings import PodSettings, Settings, SettingsError, load, state_root
from dreamwire.schema import BANDS6X2
from dreamwire.seal import PUBLIC_KEY_BYTES, KeyFileError, VerifyKey

USAGE_ERROR = 2
RUN_ERROR = 1
_UNLATCH_WITHIN_S = 3.0
_Refusal = (SettingsError, ImplantError, RendererError, JournalError, DiskError, KeyFileError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    chosen = vars(_parser().parse_args(arguments))
    command = chosen.pop("command")
    try:
        if command == "inspect":
            return _inspect(chosen)
        return _run(chosen) if command == "run" else _unlatch(chosen)
    except _Refusal as refusal:
        print(f"dreamedge: {refusal}", file=sys.stderr)
        return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dreamedge", description="The agent at the bed.")
    parser.add_argument("--version", action="version", version=f"dreamedge {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the agents of one or several beds")
    run.add_argument("--config", help="TOML file; flags and DREAMEDGE_* in the environment win over it")
    run.add_argument(
        "--pod",
        action="append",
        metavar="NAME[=IMPLANT[,malfunction=KIND@SECONDS]]",
        help="a bed; repeat it for several, each with its own implant",
    )
    run.add_argument("--pods", metavar="A,B,C", help="several beds that share --implant")
    run.add_argument("--implant", metavar="SPEC", help="sim[:SEED], edf:PATH or xdf:PATH#STREAM")
    run.add_argument("--montage", metavar="A,B,C", help="electrodes of recordings that name no channels")
    run.add_argument("--malfunction", metavar="KIND@SECONDS", help="silence, flat, railed or nonfinite")
    run.add_argument("--broker", metavar="mqtt://HOST:PORT", help="default mqtt://127.0.0.1:1883")
    run.add_argument("--daemon-key", metavar="FILE|HEX", help="the daemon's public key, pinned")
    run.add_argument("--state-dir", metavar="DIR", help="latch, outbox and stored sever live in DIR/POD")
    run.add_argument("--site", metavar="NAME", help="default home")
    run.add_argument("--renderer", metavar="null|wav:FILE", help="{pod} in FILE is the bed's name")
    run.add_argument("--journal", metavar="FILE|-|FD", help="one JSON line a fact")
    run.add_argument("--loop", action="store_const", const="true", help="recordings start over at their end")
    run.add_argument("--seed", metavar="K", help="of simulated sleepers and of every random choice")
    run.add_argument("--duration", metavar="S", help="go home after S seconds")
    look = commands.add_parser("inspect", help="what a recording holds, and whether it could be seated")
    look.add_argument("recording", metavar="FILE|SPEC", help="a file, or edf:PATH, xdf:PATH, xdf:PATH#STREAM")
    look.add_argument("--montage", metavar="A,B,C", help="electrodes where it names no channels")
    look.add_argument("--json", action="store_true", help="for scripts")
    act = commands.add_parser("unlatch", help="the sleeper's own act: lift the latch of this pod")
    act.add_argument("--pod", required=True, metavar="NAME")
    act.add_argument("--state-dir", metavar="DIR")
    return parser


def _inspect(chosen: dict[str, str | None]) -> int:
    montage = tuple(name.strip() for name in (chosen["montage"] or "").split(",") if name.strip())
    found = examine(str(chosen["recording"]), montage)
    if chosen["json"]:
        print(json.dumps([facts(one) for one in found], indent=1))
        return 0
    width = shutil.get_terminal_size((100, 24)).columns
    print("\n\n".join("\n".join(lines(one, width)) for one in found))
    return 0


def _unlatch(chosen: dict[str, str | None]) -> int:
    directory = state_root(chosen["state_dir"] or "", os.environ) / str(chosen["pod"])
    if unlatch(directory):
        print(f"{directory.name}: unlatched")
        return 0
    for _ in range(int(_UNLATCH_WITHIN_S * 20)):
        if unlatch_heard(directory):
            print(f"{directory.name}: unlatched")
            return 0
        time.sleep(0.05)
    print(
        f"dreamedge: the agent of {directory.name} does not answer; stop it and try again.", file=sys.stderr
    )
    return RUN_ERROR


def _run(chosen: dict[str, str | list[str] | None]) -> int:
    config = chosen.pop("config") or os.environ.get("DREAMEDGE_CONFIG", "")
    flags = {name: value for name, value in chosen.items() if value is not None}
    settings = load(flags, os.environ, Path(str(config)) if config else None)
    key = _key(settings.daemon_key)
    journal = open_journal(settings.journal)
    try:
        return asyncio.run(_dream(settings, key, journal))
    finally:
        journal.close()


def _key(text: str) -> VerifyKey:
    if len(text) == 2 * PUBLIC_KEY_BYTES and set(text) <= set(string.hexdigits):
        return VerifyKey.from_hex(text)
    path = Path(text).expanduser()
    if not path.exists():
        raise SettingsError(
            f"the daemon's public key is not at {path}; start `dreamd serve` once on this machine, "
            "or copy its daemon.pub here and name it with --daemon-key."
        )
    return VerifyKey.load(path)


async def _dream(settings: Settings, key: VerifyKey, journal: Journal) -> int:
    beds: list[Bed] = []
    try:
        for pod in settings.pods:
            beds.append(_bed(pod, settings, key, journal))  # noqa: PERF401 - those opened before a refusal close
    except BaseException:
        for bed in beds:
            bed.close()
        raise
    ward = Ward(beds, boottime_ns, Load().measure)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ward.stop, "stopped")
    loop.add_signal_handler(signal.SIGUSR1, ward.press, "wake")
    await ward.run(settings.duration_s)
    for name, why in ward.failed.items():
        print(
            f"dreamedge: {name} failed ({why}); its sleeper is alone, the others were not touched.",
            file=sys.stderr,
        )
    return RUN_ERROR if ward.failed else 0


def _bed(pod: PodSettings, settings: Settings, key: VerifyKey, journal: Journal) -> Bed:
    """One bed, enrolled, not yet connected."""
    disk = PodDisk(pod.state_dir, unix_ms())
    try:
        implant = open_implant(
            pod.implant,
            seed=pod.seed,
            loop=settings.loop,
            montage=settings.montage,
            malfunction=pod.malfunction,
            after_s=pod.after_s,
            since_ns=process_began_ns(),
        )
        renderer = open_renderer(pod.renderer)
        own = _enrolled(pod, implant)
    except BaseException:
        disk.close()
        raise
    kept = disk.kept
    identity = Identity(
        pod.name, settings.site, implant.device, __version__, BANDS6X2, implant.source, kept.incarnation
    )
    rng = random.Random(f"{pod.seed} {pod.name} {kept.incarnation}")  # noqa: S311 - jitter and numbers, no secret
    clock = SessionClock()
    front = FrontEnd(BANDS6X2, implant.montage)
    agent = Agent(identity, front, clock, own, Restored(kept.latched, kept.severed), rng)
    broker = Broker(settings.broker_host, settings.broker_port)
    link = MqttLink(broker, identity.presence(online=True), Door(pod.name, key), boottime_ns, rng)
    for event in kept.events:
        link.event(event)
    bed = Bed(Parts(pod.name, agent, clock, implant, renderer, link, disk, journal, boottime_ns))
    bed.note("up", _facts(kept.incarnation, kept.latched, kept.damage, own))
    return bed


def _facts(incarnation: int, latched: str, damage: str, own: Own | None) -> dict[str, float | int | str]:
    return {
        "pid": os.getpid(),
        "incarnation": incarnation,
        "latched": latched,
        "damage": damage,
        "clean_s": own.clean_s if own else 0.0,
    }


def _enrolled(pod: PodSettings, implant: Implant) -> Own | None:
    """The calibration from before the first read; None: the agent calibrates while it runs."""
    block = implant.enrolment()
    if block is None:
        return None
    match enrol(BANDS6X2, implant.montage, block, implant.source):
        case Own() as own:
            return own
        case EnrolRefusal("short"):
            return None
        case EnrolRefusal(_, sentence):
            raise ImplantError(
                f"{pod.name} cannot be calibrated from {pod.implant}: {sentence}; use another."
            )
