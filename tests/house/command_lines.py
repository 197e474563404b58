"""The command lines of both programs, and their mentions in a text."""

import argparse
import importlib
import re
import shlex
from functools import cache

import dreamedge.main
from dreamd import settings as daemon_settings
from dreamd.cli import serve as serve_verb
from dreamd.cli import settings as settings_verb
from dreamd.cli import stage as stage_verb
from dreamd.main import VERBS
from dreamedge import settings as edge_settings

VARIABLES = {
    *(key.variable for key in daemon_settings.KEYS),
    *(f"DREAMEDGE_{name.upper()}" for name in edge_settings.NAMES),
    "DREAMD_CONFIG",
    "DREAMEDGE_CONFIG",
    "DREAMD_SERVER",  # the clients'
    "DREAMD_CREDENTIAL",  # the clients'
    "DREAMD_RECORDINGS",  # the tests'
}


def daemon_parser() -> argparse.ArgumentParser:
    """The command line of `dreamd`, all verbs at once."""
    parser = argparse.ArgumentParser(prog="dreamd", exit_on_error=False)
    parser.add_argument("--version", action="store_true")
    verbs = parser.add_subparsers(required=True)
    for verb in VERBS:
        if verb == "serve":
            daemon_settings.add_flags(serve_verb.add_parser(verbs))
        elif verb == "settings":
            daemon_settings.add_flags(settings_verb.add_parser(verbs))
        else:
            importlib.import_module(f"dreamd.cli.{verb}").add_parser(verbs)
    return parser


@cache
def parser_of(program: str) -> argparse.ArgumentParser:
    """The command line of `dreamd` or `dreamedge`."""
    return daemon_parser() if program == "dreamd" else dreamedge.main._parser()


def completed(arguments: list[str]) -> list[str]:
    """The arguments, with the verb of `dreamd stage` that need not be named."""
    rest = arguments[1:]
    return ["stage", *stage_verb.completed(rest)] if arguments[:1] == ["stage"] and rest else arguments


def understood(command: str) -> bool:
    """Whether `dreamd` or `dreamedge` accepts this command line."""
    program, *arguments = shlex.split(command, comments=True)
    arguments = ["stage", "live"] if arguments == ["stage"] else completed(arguments)
    try:
        parser_of(program).parse_args(arguments)
    except (SystemExit, argparse.ArgumentError):
        return False
    return True


def typed(text: str) -> list[str]:
    """Our commands in shell blocks and comments, continued lines joined, those after && alone."""
    line = re.compile(
        r"^(?:#\s+|ExecStart=)?(?:runuser -u \S+ -- )?(?:\S*/bin/)?(dreamd|dreamedge) ([a-z][^`\n]*)$",
        re.MULTILINE,
    )
    joined = re.sub(r" && (?=dream)", "\n", re.sub(r"\\\n#?\s*", "", text))
    return [f"{program} {rest.replace('%i', 'bed-1')}" for program, rest in line.findall(joined)]


def mentioned(text: str) -> list[str]:
    """Our commands in backticks within a sentence; arguments after a verb may be missing."""
    return re.findall(r"`(?:\S*/bin/)?((?:dreamd|dreamedge)(?: [^`]+)?)`", text)


def unknown_word(command: str) -> str:
    """The first verb or flag of a mentioned command that does not exist; empty: all exist."""
    program, *words = shlex.split(command)
    parser = parser_of(program)
    for word in completed(words):
        verbs = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        if word.startswith("-"):
            if word.partition("=")[0] not in parser._option_string_actions:
                return word
        elif verbs and not word.isupper():
            if word not in verbs[0].choices:
                return word
            parser = verbs[0].choices[word]
    return ""
