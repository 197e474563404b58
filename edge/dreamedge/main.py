"""The command line of the edge.

`dreamedge run` runs the agents of one or several beds until they are stopped or their recordings are
over; `dreamedge devices` lists what can be opened; `dreamedge inspect` shows the contents of a recording
or device and whether it is usable; `dreamedge enrol`, `renew` and `status` are about a bed's credential;
`dreamedge unlatch` is the sleeper's own act. SIGTERM and SIGINT send every bed home; SIGUSR1 is the wake
button, SIGUSR2 distress, SIGRTMIN withdraw, SIGRTMIN+1 the arousal gate. Exit status: 0 home, 1 a bed failed,
2 a setting or an argument is wrong.
"""

import argparse
import asyncio
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from dreamedge import __version__
from dreamedge.adapters.clock import Load, boottime_ns
from dreamedge.adapters.gateway import Gateway
from dreamedge.adapters.implants.recording_options import ALIGNMENTS, CLOCK, UNITS, RecordingOptions
from dreamedge.adapters.journal import JournalError, LibraryNotes, open_journal
from dreamedge.adapters.memory import give_back
from dreamedge.adapters.pod_disk import DiskError, unlatch, unlatch_heard
from dreamedge.app.credential_keeper import CredentialKeeper
from dreamedge.app.pod_runner import PodRunner
from dreamedge.app.pod_supervisor import PodSupervisor
from dreamedge.composition import open_beds, open_daemon_key, open_gateway, open_keepers
from dreamedge.credential_commands import COMMANDS as CREDENTIAL_COMMANDS
from dreamedge.credential_commands import add_commands, run_command
from dreamedge.cut_command import add_cut, run_cut
from dreamedge.ports.button import ButtonError
from dreamedge.ports.implant import ImplantError
from dreamedge.ports.light import LightError
from dreamedge.ports.recorder import RecorderError
from dreamedge.ports.renderer import RendererError
from dreamedge.setting_values import SettingsError
from dreamedge.settings import electrode_names, load, state_root
from dreamwire.argument_parser import ArgumentParser
from dreamwire.broker_access import AccessError
from dreamwire.operating_system import STOPPING, heed_signal, run_on_sockets, signals_here
from dreamwire.schema import SCHEMAS
from dreamwire.sd_notify import ServiceManager
from dreamwire.signing import KeyFileError
from dreamwire.text import shown as on_screen

USAGE_ERROR = 2
RUN_ERROR = 1
INTERRUPTED = 130
"""A shell's exit status for a program that Ctrl-C ended before any bed was running."""
INSPECT_LEAST_S = 5.0
"""Shortest reading of a device: kernels and windows need nearly as long to fill."""
_UNLATCH_WITHIN_S = 3.0
_Refusal = (
    *(SettingsError, ImplantError, RendererError, RecorderError),
    *(JournalError, DiskError, KeyFileError, AccessError, ButtonError, LightError),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    chosen = vars(_parser().parse_args(arguments))
    command = chosen.pop("command")
    try:
        if command in CREDENTIAL_COMMANDS:
            return run_command(command, chosen)
        acts = {"inspect": _inspect, "devices": _devices, "cut": run_cut, "run": _run, "unlatch": _unlatch}
        return acts[command](chosen)
    except _Refusal as refusal:
        print(f"dreamedge: {on_screen(str(refusal))}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="dreamedge", description="The agent at the bed.")
    parser.add_argument("--version", action="version", version=f"dreamedge {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the agents of one or several beds")
    run.add_argument("--config", help="TOML file; flags and DREAMEDGE_* in the environment win over it")
    run.add_argument(
        "--pod",
        action="append",
        metavar="NAME[=IMPLANT[,malfunction=KIND@[+]SECONDS]]",
        help="a bed; repeat it for several, each with its own implant",
    )
    run.add_argument("--pods", metavar="A,B,C", help="several beds that share --implant")
    run.add_argument(
        "--implant",
        metavar="SPEC",
        help="sim[:SEED], sim-light[:SEED], edf:PATH[#N], xdf:PATH[#STREAM][#N], csv:PATH, npz:PATH[#N], "
        "arff:PATH[#N], mne:PATH[#N], bids:PATH[#ENTITIES], brainflow:BOARD[,...], lsl:NAME[#N]; "
        "#N is one of several people",
    )
    _add_reading(run)
    run.add_argument("--rate", metavar="HZ", help="sampling rate of recordings that name none")
    run.add_argument("--full-scale", metavar="UV", help="full scale of the recordings' amplifier")
    run.add_argument(
        "--malfunction", metavar="KIND@[+]SECONDS", help="silence, flat, railed, ...; +: from the merge on"
    )
    run.add_argument("--broker", metavar="mqtt[s]://HOST[:PORT]", help="default mqtt://127.0.0.1:1883")
    run.add_argument("--broker-ca", metavar="FILE", help="CA certificates to trust (default: the system's)")
    run.add_argument("--broker-cert", metavar="FILE", help="the pod's certificate, if the broker asks")
    run.add_argument("--broker-key", metavar="FILE", help="its key; {pod} in any of these is the bed's name")
    run.add_argument("--broker-user", metavar="NAME", help="default: the bed's name")
    run.add_argument("--broker-password-file", metavar="FILE", help="one line, not readable by others")
    run.add_argument(
        "--gateway", metavar="NAME", help="send the frames of all beds together, as this account"
    )
    run.add_argument("--credential", metavar="FILE", help="of `dreamedge enrol`; the agent renews it")
    run.add_argument("--daemon-key", metavar="FILE|HEX", help="the daemon's public key, pinned")
    run.add_argument("--state-dir", metavar="DIR", help="latch, outbox and stored sever, in DIR/POD")
    run.add_argument("--site", metavar="NAME", help="default: home")
    _add_rendering(run)
    _add_bedside(run)
    run.add_argument("--journal", metavar="FILE|-|FD", help="write one JSON line per event")
    run.add_argument(
        "--journal-every", metavar="S", help="journal each bed's hops every S seconds; 0: every hop"
    )
    run.add_argument("--record", metavar="DIR", help="record each implant's samples as EDF+ files in DIR")
    run.add_argument("--loop", action="store_const", const="true", help="restart recordings at their end")
    run.add_argument("--replay-from", metavar="NS", help="CLOCK_BOOTTIME (ns) at which all recordings begin")
    run.add_argument("--seed", metavar="K", help="random seed of the beds; default: their names")
    run.add_argument("--duration", metavar="S", help="end after S seconds; default: when stopped")
    _add_looking(commands)
    add_cut(commands)
    act = commands.add_parser("unlatch", help="clear the latch of this pod: the sleeper's own act")
    act.add_argument("--pod", required=True, metavar="NAME")
    act.add_argument("--state-dir", metavar="DIR")
    add_commands(commands)
    return parser


def _add_rendering(run: ArgumentParser) -> None:
    """Add the flags for what the sleeper hears and sees."""
    run.add_argument(
        "--renderer",
        metavar="SPEC[,SPEC...]",
        help="null (default: nothing), sound[:DEVICE], wav:FILE, osc:HOST:PORT, serial:PORT[@BAUD]; {pod} is "
        "the bed's name",
    )
    run.add_argument(
        "--volume-max", metavar="DB", help="loudest sound at the pillow, 20 to 73 dB(A) (default 60)"
    )
    run.add_argument(
        "--full-volume",
        metavar="DB",
        help="level there of a sine at full scale, as measured, 60 to 140 dB(A) (default 100)",
    )


def _add_bedside(run: ArgumentParser) -> None:
    """Add the flags for what stands beside the bed."""
    run.add_argument(
        "--button",
        action="append",
        metavar="[POD=]evdev:PATH[,KEY=ACTION...]|gpio:CHIP/LINE|serial:PORT",
        help="the sleeper's button: a press withdraws, held for 3 s it also wakes; {pod} is the bed's name",
    )
    run.add_argument(
        "--light",
        action="append",
        metavar="[POD=]gpio:CHIP/LINE[,LINE,LINE]|serial:PORT",
        help="the bed's light: steady when coupled, off when alone, blinking when latched",
    )


def _add_looking(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add the commands that look at recordings and devices without a daemon."""
    look = commands.add_parser("inspect", help="show channels and signal quality of recordings or devices")
    look.add_argument(
        "recordings", nargs="+", metavar="FILE|SPEC", help="recordings or devices; several: a table"
    )
    look.add_argument("--brief", action="store_true", help="only list channels, no analysis")
    _add_reading(look)
    number, seconds = partial(_above, 0.0), partial(_above, INSPECT_LEAST_S)
    look.add_argument("--rate", metavar="HZ", type=number, default=0.0, help="if it names none")
    look.add_argument("--full-scale", metavar="UV", type=number, default=0.0, help="of its amplifier")
    look.add_argument("--seconds", metavar="S", type=seconds, default=20.0, help="of a device (default 20)")
    look.add_argument("--json", action="store_true", help="print JSON, for scripts")
    devices = commands.add_parser("devices", help="list the devices that can be opened from this machine")
    devices.add_argument("--seconds", metavar="S", type=number, default=2.0, help="of searching (default 2)")
    devices.add_argument(
        "--identify",
        nargs="*",
        metavar="SPEC",
        help="listen to all signals at once, and to SPEC; on a terminal, name the device that you tap",
    )
    devices.add_argument("--json", action="store_true", help="print JSON, for scripts")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """Add what a person may state about a recording or device."""
    parser.add_argument("--montage", metavar="A,B,C|CAP", help="electrodes or cap, if a source names none")
    parser.add_argument(
        "--unit",
        choices=UNITS,
        help="unit of channels that name none, or a wrong one",
    )
    parser.add_argument("--align", choices=ALIGNMENTS, help="recordings by clock (default) or by their start")
    parser.add_argument("--schema", choices=SCHEMAS, help="features (default: all that the device measures)")
    parser.add_argument("--from", metavar="MARK|S", help="begin recordings at a mark, such as 'Lights off'")


def _inspect(chosen: dict[str, Any]) -> int:
    # Not loaded by an agent that runs: its memory is counted.
    from dreamedge.adapters.implants.inspection import Wish, examine, glance, survey  # noqa: PLC0415
    from dreamedge.adapters.inspection_report import (  # noqa: PLC0415
        facts,
        glanced,
        glances,
        lines,
        table,
    )

    wish = Wish(
        options=RecordingOptions(
            montage=electrode_names(chosen["montage"] or ""),
            rate_hz=chosen["rate"],
            unit=chosen["unit"] or "",
            full_scale_uv=chosen["full_scale"],
            align=chosen["align"] or CLOCK,
            begin=chosen["from"] or "",
        ),
        schema=chosen["schema"] or "",
        seconds=chosen["seconds"],
        tell=partial(_tell_heard, chosen["seconds"]) if sys.stderr.isatty() else None,
    )
    recordings: list[str] = chosen["recordings"]
    told: list[dict[str, object]]
    if chosen["brief"]:
        opened = [one for recording in recordings for one in glance(recording, wish)]
        told, shown = [glanced(one) for one in opened], glances(opened)
    elif len(recordings) > 1:
        looked = tuple(survey(recordings, wish))
        told, shown = [facts(one) for one in looked], table(looked)
    else:
        found = examine(recordings[0], wish)
        width = shutil.get_terminal_size((100, 24)).columns
        told = [facts(one) for one in found]
        shown = "\n\n".join("\n".join(lines(one, width)) for one in found).splitlines()
    print(json.dumps(told, indent=1) if chosen["json"] else "\n".join(map(on_screen, shown)))
    return 0


def _devices(chosen: dict[str, Any]) -> int:
    # Not loaded by an agent that runs: its memory is counted.
    from dreamedge.adapters.implants.devices.search import (  # noqa: PLC0415
        found_json,
        found_lines,
        lsl_streams,
        sections,
    )

    seconds, specs = chosen["seconds"], chosen["identify"]
    streams = lsl_streams(seconds)
    if specs is not None:
        return _identify(specs, () if isinstance(streams, str) else streams, chosen)
    found = sections(seconds, streams)
    if chosen["json"]:
        print(json.dumps(found_json(found), indent=1))
    else:
        print("\n".join(map(on_screen, found_lines(found))))
    return 0


def _identify(specs: list[str], streams: Sequence[Any], chosen: dict[str, Any]) -> int:
    """Listen to every device at once, then name the one that a person taps."""
    # Not loaded by an agent that runs: its memory is counted.
    from dreamedge.adapters.implants.devices.identify import (  # noqa: PLC0415
        REST_LEAST_S,
        TAP_WITHIN_S,
        Listening,
        identified,
        open_sources,
    )
    from dreamedge.adapters.implants.devices.search import found_json, found_lines  # noqa: PLC0415
    from dreamedge.adapters.implants.devices.usb_boards import serial_ports  # noqa: PLC0415

    boards = [port.spec for port in serial_ports() if port.board]
    sources, refused = open_sources([*boards, *specs], streams)
    listening, seconds = Listening(sources), max(REST_LEAST_S, chosen["seconds"])
    try:
        rests = [*listening.rests(seconds), *refused]
        shown = [identified(rests, seconds)]
        if chosen["json"]:
            print(json.dumps(found_json(shown), indent=1))
            return 0
        print("\n".join(map(on_screen, found_lines(shown))), flush=True)
        if sources and sys.stdin.isatty():
            print(
                f"tap one device within {TAP_WITHIN_S:.0f} s, gently, and leave the others alone", flush=True
            )
            tapped = listening.tapped(rests)
            print(on_screen(f"that was {tapped}") if tapped else "no device stood out; tap again, harder")
    finally:
        listening.close()
    return 0


def _tell_heard(of_s: float, heard_s: float) -> None:
    """Show on a terminal how long the device has been read."""
    over = "\n" if heard_s >= of_s else ""
    print(f"\rreading: {heard_s:.0f} of {of_s:.0f} s", end=over, file=sys.stderr, flush=True)


def _above(least: float, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above {least:g}")
    return number


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
    key = open_daemon_key(settings.daemon_key)
    journal = open_journal(settings.journal, hops_every_s=settings.journal_every_s)
    logging.basicConfig(handlers=[LibraryNotes(journal, boottime_ns)], level=logging.WARNING)
    try:
        # Before the loop runs: opening a device may take seconds, and Ctrl-C must end it at once.
        keepers = open_keepers(settings)
        passwords = {pod: one.passwords for pod, one in keepers.items()}
        gateway = open_gateway(settings, journal, passwords)
        beds = open_beds(settings, key, journal, passwords, gateway)
        give_back()
        return run_on_sockets(_dream(beds, settings.duration_s, keepers, gateway))
    finally:
        journal.close()


BUTTON_SIGNALS: Final = signals_here(
    {
        ("SIGUSR1", 0): "wake",
        ("SIGUSR2", 0): "distress",
        ("SIGRTMIN", 0): "withdraw",
        ("SIGRTMIN", 1): "arousal",
    }
)
"""The buttons by signal, for the program that reads the bed's buttons; those that this system has."""


async def _dream(
    beds: list[PodRunner],
    duration_s: float,
    keepers: Mapping[str, CredentialKeeper],
    gateway: Gateway | None,
) -> int:
    manager = ServiceManager.of(os.environ, os.getpid())
    ward = PodSupervisor(beds, Load().measure, manager, keepers, gateway)
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        heed_signal(loop, number, ward.stop, "stopped")
    for pressed, button in BUTTON_SIGNALS.items():
        heed_signal(loop, pressed, ward.press, button)
    await ward.supervise(duration_s)
    manager.close()
    for name, why in ward.failed.items():
        print(
            f"dreamedge: {name} failed ({why}); its sleeper is alone; the other beds are not affected.",
            file=sys.stderr,
        )
    return RUN_ERROR if ward.failed else 0
