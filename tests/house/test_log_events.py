"""The names in the log: exactly the documented ones are written."""

import ast
import logging
from collections.abc import Collection
from pathlib import Path

from dreamd.adapters.log_events import EVENTS, LEVELS, PROCESS, QUOTING, markdown, named
from dreamd.core.event_kinds import KINDS
from dreamwire.messages import PodEventKind

ROOT = Path(__file__).resolve().parents[2]
DAEMON = ROOT / "daemon" / "dreamd"
WRITES = {
    "append": (1,),
    "say": (0,),
    "append_event": (0,),
    "write_seat": (0,),
    "write_pod": (0,),
    "_write": (0,),
    "_say": (0,),
}
"""Methods of the application that write into the journal, and the arguments that may be their kind."""
METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


def words(node: ast.expr) -> set[str]:
    """The values that an expression may have; none for a kind made elsewhere."""
    match node:
        case ast.Constant(value=str(word)):
            return {word}
        case ast.IfExp(body=one, orelse=other):
            return words(one) | words(other)
        case _:
            return set()


def calls(folder: Path, methods: Collection[str]) -> list[tuple[str, str, ast.Call]]:
    """Every call of these methods in a folder's files: its object, its name, the call."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    return [
        (ast.unparse(node.func.value), node.func.attr, node)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods
    ]


def test_every_kind_of_the_journal_is_documented() -> None:
    """The kinds that the application writes and pods report are exactly KINDS."""
    written = {kind.name.lower() for kind in PodEventKind if kind is not PodEventKind.UNSPECIFIED}
    for _, method, call in calls(DAEMON / "app", WRITES):
        for at in WRITES[method]:
            if len(call.args) > at:
                written |= words(call.args[at])
    assert written == set(KINDS)


def test_every_kind_has_a_level() -> None:
    """The table of levels has each kind once, and no other; a sentence is replaced for kinds alone."""
    assert set(LEVELS) == set(KINDS)
    assert set(QUOTING) <= set(KINDS)


def test_trouble_is_no_mere_information() -> None:
    """Severs, trips, a lost broker and a failing ledger are warnings or worse, and so are their ends."""
    troubles = ("severed", "breaker-tripped", "latched", "broker-down", "uplink-lost", "group-severed")
    ends = ("broker-up", "uplink-restored", "coupling-restored", "ledger-recovered")
    assert all(LEVELS[kind] >= logging.WARNING for kind in (*troubles, *ends))
    assert LEVELS["ledger-write-failed"] == LEVELS["step-failed"] == logging.ERROR
    assert LEVELS["merged"] == LEVELS["state"] == LEVELS["checked-in"] == logging.INFO


def test_every_event_of_the_process_is_documented() -> None:
    """The first argument of every log call is a literal word in PROCESS."""
    said = set()
    for target, _, call in calls(DAEMON, METHODS):
        if target.endswith("_log"):
            said |= words(call.args[0])
    assert said | {"library", "lines_lost"} == set(PROCESS)
    assert all(name.replace("_", "").isalpha() and name.islower() for name in EVENTS)


def test_no_two_facts_share_a_name() -> None:
    """A kind with its dashes replaced equals no other kind and no process event."""
    assert len({named(kind) for kind in KINDS} | set(PROCESS)) == len(KINDS) + len(PROCESS)


def test_the_table_in_the_documents_is_the_code() -> None:
    """docs/reference.md lists every event exactly as the catalogue has it (`make tables` writes it)."""
    assert markdown() in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
