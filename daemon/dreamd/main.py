"""`dreamd`: the command line, and through `composition` the composition root.

Only the requested verb is imported, so `dreamd pods` starts without numpy, MQTT or SQL, and a verb with a
missing extra names it. Exit status: 0 done, 1 failed, 2 wrong usage.

The matrix library under numpy reads its number of threads when it is loaded, so that is set here: one. The
tick owns one core, its products are small, and threads that spin between ticks would take the cores that
brokers and pods need. Variables that are set already win.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Protocol, cast

from dreamd import settings
from dreamd.cli import serve as serve_verb
from dreamd.cli import settings as settings_verb
from dreamwire.argument_parser import ArgumentParser
from dreamwire.standard_output import PIPE_CLOSED, discard_output, escape_unencodable
from dreamwire.text import shown

BLAS_THREADS: Final = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Threads of the matrix library under numpy: OpenBLAS in its wheels."""

Subparsers = argparse._SubParsersAction  # noqa: SLF001 -- argparse gives the type no public name


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: its purpose in a few words, and the extra that provides its imports."""

    help: str
    extra: str


VERBS: Final = {
    "up": Verb("broker, daemon and simulated sleepers on this machine", "up"),
    "serve": Verb("run the daemon", "daemon"),
    "top": Verb("watch one Dreamscape on this terminal", "daemon"),
    "console": Verb("serve the console to browsers", "console"),
    "pods": Verb("list, watch, check in, release pods", "daemon"),
    "dreamscapes": Verb("create, watch, sever, wake Dreamscapes", "daemon"),
    "house": Verb("show the house: its owner, term and lease, its standbys, its troubles", "daemon"),
    "doctor": Verb("what needs a person: house, and each bed's wire, schema, key, clock, device", "daemon"),
    "handover": Verb("hand the house over to its standby: every bed at zero, none released", "daemon"),
    "sever": Verb("set a sleeper, a pod, a Dreamscape, a site or the fleet to zero now", "daemon"),
    "breakers": Verb("list, trip, reset breakers", "daemon"),
    "wake": Verb("give, lift, list wake orders", "daemon"),
    "moratorium": Verb("let no sleeper of a site or the fleet merge: call, second, lift", "daemon"),
    "recording": Verb("list, show, export, test recordings of Dreamscapes", "recordings"),
    "render": Verb("a recorded night as sound and picture", "recordings,stage"),
    "replay": Verb("run recordings through the fusion again, bit for bit", "recordings"),
    "guidelines": Verb("revisions of the guidelines: check, propose, comment, ratify", "daemon"),
    "me": Verb("a sleeper's own consent, invitations, dose, letters, export and erasure", "daemon"),
    "dose": Verb("show the merge-minutes of a sleeper, and what is left", "daemon"),
    "clinic": Verb("cases of sleepers: list, read, answer, hold, return, release", "daemon"),
    "exchange": Verb("berths shared by a public line: plan, ask, draw, explain, verify", "daemon"),
    "report": Verb("counts of people that anyone may read: preview, publish, verify", "daemon"),
    "piece": Verb("leads of artists as they were signed: list, show, verify", "daemon"),
    "receipt": Verb("verify the receipt of a consent", "daemon"),
    "ledger": Verb("back up, check, verify, restore the ledger", "daemon"),
    "lsl": Verb("send a Dreamscape over Lab Streaming Layer, take markers from it", "daemon,boards"),
    "stage": Verb("lead a Dreamscape over OSC from this machine, and check what is heard", "stage"),
    "rehearse": Verb("faults and acts of sleepers in a test fleet: severed when, home or not", "up"),
    "simulate": Verb("simulate a fleet in virtual time from one seed, and check safety rules", "up"),
    "festival": Verb("play a whole festival in virtual time, and give an account of it", "up"),
    "capacity": Verb("cores, brokers, bandwidth and money for so many sleepers", "up"),
    "init": Verb("make a site: its authority, its certificate, its first administrator", "daemon"),
    "enrol": Verb("make a bed, a person or a service, and the code it enrols with", "daemon"),
    "redeem": Verb("use a code, and keep the credential in a file", "daemon"),
    "login": Verb("sign in at the site's provider, and keep the credential in a file", "daemon"),
    "access": Verb("list principals, revoke their credentials, show the rules", "daemon"),
    "audit": Verb("list, export, verify the audit log; read, erase a reason", "daemon"),
    "settings": Verb("print every setting and its source", "daemon"),
    "completion": Verb("print what completes this command in a shell", "daemon"),
}
SINGULARS: Final = {
    "pod": "pods",
    "dreamscape": "dreamscapes",
    "breaker": "breakers",
    "setting": "settings",
    "recordings": "recording",
    "pieces": "piece",
}
"""Words that are taken for a verb: mostly for their plural."""


class Module(Protocol):
    """The interface of every file of `cli` but serve and settings."""

    def add_parser(self, subparsers: "Subparsers[argparse.ArgumentParser]") -> object:
        """Add the verb."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Run it; return the exit status."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run the verb of `argv` (the process's own by default); return the exit status."""
    for name, threads in BLAS_THREADS.items():
        os.environ.setdefault(name, threads)
    given = list(sys.argv[1:] if argv is None else argv)
    given[:1] = [SINGULARS.get(word, word) for word in given[:1]]
    escape_unencodable(sys.stdout)
    verb = given[0] if given and given[0] in VERBS else ""
    try:
        try:
            status = _run(verb, given)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if verb == "serve":
            raise
        discard_output(sys.stdout)
        return PIPE_CLOSED
    except ImportError as error:
        if not verb or (error.name or "").split(".")[0] in ("dreamd", "dreamapi", "dreamwire"):
            raise
        return _fail(
            f"dreamd {verb} needs {error.name}, which is not installed; "
            f"install the extra: pip install 'dreamd[{VERBS[verb].extra}]'",
            1,
        )
    except settings.SettingsError as error:
        return _fail(str(error), 2)
    except serve_verb.CannotServe as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(
        prog="dreamd", description="Coordination of fleets of sleep pods: live many-person EEG sessions."
    )
    parser.add_argument("--version", action="version", version=f"dreamd {version('dreamd')}")
    return parser


def whole_parser() -> argparse.ArgumentParser:
    """Return the parser with every verb loaded, those left out whose extra is not installed."""
    parser = _parser()
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name in VERBS:
        try:
            module = cast("Module", importlib.import_module(f"dreamd.cli.{name}"))
        except ImportError:
            continue
        added = module.add_parser(subparsers)
        if name in ("serve", "settings"):
            settings.add_flags(cast("argparse.ArgumentParser", added))
    return parser


def _run(verb: str, given: Sequence[str]) -> int:
    parser = _parser()
    subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, row in VERBS.items():
        if name != verb:
            subparsers.add_parser(name, help=row.help)
    if verb == "serve":
        settings.add_flags(serve_verb.add_parser(subparsers))
        return _serve(parser.parse_args(given))
    if verb == "settings":
        settings.add_flags(settings_verb.add_parser(subparsers))
        args = parser.parse_args(given)
        return settings_verb.run(args, settings.load(os.environ, vars(args)).sources)
    if verb == "completion":
        completion = importlib.import_module("dreamd.cli.completion")
        completion.add_parser(subparsers)
        return int(completion.run(parser.parse_args(given), whole_parser))
    if not verb:
        parser.parse_args(given)
        raise AssertionError("argparse ends the process where there is no verb")
    module = cast("Module", importlib.import_module(f"dreamd.cli.{verb}"))
    module.add_parser(subparsers)
    completed = getattr(module, "completed", None)
    return module.run(parser.parse_args([verb, *completed(given[1:])] if completed is not None else given))


def _serve(args: argparse.Namespace) -> int:
    loaded = settings.load(os.environ, vars(args))
    # Not at the top: see the docstring of this file.
    composition = importlib.import_module("dreamd.composition")
    return serve_verb.run(args, loaded.settings, composition.serve)


def _fail(sentence: str, status: int) -> int:
    print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
