"""Links, commands, names, figures and sentences of the documents, checked against tree and programs."""

import importlib
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from dreamd.adapters.grpc.calls.errors import STATUS
from dreamd.adapters.log_events import PROCESS
from dreamd.core import limits
from dreamd.core.dreamscapes.admission import admit
from dreamd.core.dreamscapes.candidate import Candidate
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.event_kinds import KINDS
from dreamd.core.refusals import CATALOGUE, Code
from house import command_lines
from house.command_lines import VARIABLES
from tables import TABLES

ROOT = Path(__file__).resolve().parents[2]
PROTOS = ROOT / "proto" / "dreamapi" / "v1"
DOCS = ROOT / "docs"
RECORDS = DOCS / "decisions"
RUNBOOKS = sorted((ROOT / "deploy" / "runbooks").glob("*.md"))
OURS = [
    *(
        ROOT / name
        for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
    ),
    *sorted(DOCS.rglob("*.md")),
]
DOCUMENTS = [*OURS, *RUNBOOKS]
ROOMS = ("daemon", "edge", "proto", "deploy", "docs", "tests", "requirements")
PACKAGES = ("dreamd", "dreamedge", "dreamwire", "dreamapi")
UNITS = {"": 1.0, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "hops": 1.0}


@cache
def files() -> frozenset[str]:
    """Every file that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return frozenset(done.stdout.split())


def read(path: Path) -> str:
    """The text of a document."""
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """The text of a document without code blocks and without the tables that code makes."""
    text = re.sub(r"^```.*?^```", "", read(path), flags=re.MULTILINE | re.DOTALL)
    for name in TABLES:
        text = re.sub(rf"<!-- {name} -->.*?<!-- end of {name} -->", "", text, flags=re.DOTALL)
    return text


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def resolves(dotted: str) -> bool:
    """Whether a dotted name of ours is a module, or an attribute in one."""
    names = dotted.split(".")
    for count in range(len(names), 0, -1):
        try:
            value: object = importlib.import_module(".".join(names[:count]))
        except ImportError:
            continue
        return all((value := getattr(value, name, None)) is not None for name in names[count:])
    return False


def in_each(documents: list[Path], problems: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    """The problems of each document that has any, by its path."""
    found = {str(path.relative_to(ROOT)): problems(path) for path in documents}
    return {name: what for name, what in found.items() if what}


def broken_links(path: Path) -> list[str]:
    """The targets of links to files or headings that do not exist."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        name, _, anchor = target.partition("#")
        leads = path if not name else (path.parent / name).resolve()
        outside = re.match(r"https?:", target)
        if not outside and (not leads.exists() or (anchor and anchor not in anchors(leads))):
            broken.append(target)
    return broken


def missing_paths(path: Path) -> list[str]:
    """The paths of the tree in backticks that do not exist; `*` stands for anything."""
    missing = []
    for named in re.findall(r"`([\w./*{}-]+)`", prose(path)):
        if named.partition("/")[0] in ROOMS and "/" in named:
            if not any(ROOT.glob(named.rstrip("/"))):
                missing.append(named)
        elif named.endswith(".py") and not any(f"/{name}".endswith(f"/{named}") for name in files()):
            missing.append(named)
    return missing


def missing_modules(path: Path) -> list[str]:
    """The dotted names of ours in backticks that cannot be imported."""
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", prose(path))
    wire = {name for name in named if re.match(r"dream(wire|api)\.v1$", name)}
    return [name for name in named if name not in wire and not resolves(name)]


def too_many_pronouns(path: Path) -> list[str]:
    """The pronouns for people in a document that has more than 2 in 1,000 words; code is left out."""
    text = re.sub(r"`[^`\n]*`", "", prose(path))
    words = re.findall(r"[A-Za-z']+", text)
    found = re.findall(r"\b(?:who|whoever|whom|whose|nobody|somebody|anybody)\b", text, re.IGNORECASE)
    return found if len(found) > max(1, 0.002 * len(words)) else []


def riddles(path: Path) -> list[str]:
    """The sentences that begin with a pronoun for people, or with What as a relative; code is left out."""
    opening = re.compile(
        r"(?:^|[.!?:;] |^[-*] |\| )((?:Who|Whoever|Whom|Of whom|Nobody)\b[^\n]{0,40}|What\b[^\n?|]*\.)",
        re.MULTILINE,
    )
    return opening.findall(re.sub(r"`[^`\n]*`", "...", prose(path).replace("**", "")))


def test_each_link_leads_somewhere() -> None:
    """A link to a file names one that exists, and its anchor a heading in it."""
    assert in_each(DOCUMENTS, broken_links) == {}


def test_each_printed_command_is_understood() -> None:
    """A `dreamd` or `dreamedge` command in a code block is one that the program takes."""

    def wrong(path: Path) -> list[str]:
        return [line for line in command_lines.typed(read(path)) if not command_lines.understood(line)]

    assert in_each(DOCUMENTS, wrong) == {}


def test_each_mentioned_command_exists() -> None:
    """The verbs and flags of a command in a sentence exist."""

    def wrong(path: Path) -> list[str]:
        return [line for line in command_lines.mentioned(prose(path)) if command_lines.unknown_word(line)]

    assert in_each(DOCUMENTS, wrong) == {}


def test_a_command_that_does_not_exist_is_seen() -> None:
    """A wrong verb or flag is found in a sentence and in a block; a placeholder is none."""
    assert command_lines.mentioned("run `dreamd up --help` or `.venv/bin/dreamedge run`, `dreamd`") == [
        "dreamd up --help",
        "dreamedge run",
        "dreamd",
    ]
    assert command_lines.unknown_word("dreamd wake lift ORDER --by NAME") == ""
    assert command_lines.unknown_word("dreamd dreamscapes delete nap") == "delete"
    assert command_lines.unknown_word("dreamd up --sleeper 3") == "--sleeper"
    assert len(command_lines.typed(read(DOCS / "ward.md"))) > 5


def test_each_make_target_exists() -> None:
    """A `make TARGET` in backticks, or at the beginning of a line, is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    named = re.compile(r"(?:`|^)(?:[A-Z_]+=\S+ )?make ([a-z-]+)", re.MULTILINE)
    assert in_each(DOCUMENTS, lambda path: sorted(set(named.findall(read(path))) - targets)) == {}


def test_each_variable_is_read() -> None:
    """A `DREAMD_` or `DREAMEDGE_` variable is one that a program reads."""
    named = re.compile(r"\bDREAM(?:D|EDGE)_[A-Z_]+[A-Z]\b")
    assert in_each(DOCUMENTS, lambda path: sorted(set(named.findall(read(path))) - VARIABLES)) == {}


def test_each_path_exists() -> None:
    """A path of the tree in backticks exists, with `*` as wildcard; a module may be named by its end."""
    assert in_each(DOCUMENTS, missing_paths) == {}


def test_each_module_exists() -> None:
    """A dotted name of ours in backticks can be imported."""
    assert in_each(DOCUMENTS, missing_modules) == {}


def test_each_event_exists() -> None:
    """An event that a sentence names is a kind of the journal or an event of the log."""
    known = {*KINDS, *PROCESS, *(kind.replace("-", "_") for kind in KINDS)}
    named = re.compile(r"\bevents? `([a-z_-]+)`")
    assert in_each(DOCUMENTS, lambda path: sorted(set(named.findall(prose(path))) - known)) == {}


def test_people_are_not_pronouns() -> None:
    """At most 2 of 1,000 words are who, whoever, whom, whose, nobody, somebody or anybody."""
    assert in_each(OURS, too_many_pronouns) == {}


def test_sentences_begin_with_their_subject() -> None:
    """No sentence begins with Who, Whoever, Whom, Of whom or Nobody; none with What as a relative."""
    assert in_each(OURS, riddles) == {}


def test_the_readme_is_one_page() -> None:
    """README.md has at most 700 words, without link targets."""
    assert len(re.sub(r"\]\([^)]*\)", "]", read(ROOT / "README.md")).split()) <= 700


def test_the_architecture_is_a_map() -> None:
    """ARCHITECTURE.md has at most 150 lines."""
    assert len(read(ROOT / "ARCHITECTURE.md").splitlines()) <= 150


def test_each_page_is_reached_from_the_readme() -> None:
    """Every document in docs/ is linked from the README, or from a page or index that is."""
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or not path.is_file() or path.suffix != ".md":
            continue
        reached.add(path)
        links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(path))
        waiting += [(path.parent / link).resolve() for link in links if "://" not in link]
    assert set(DOCS.rglob("*.md")) <= reached


def test_each_record_of_a_decision_has_its_form() -> None:
    """A record has a number of its own, at most 40 lines, and context, decision and consequences."""
    records = [path for path in sorted(RECORDS.glob("*.md")) if path.name != "README.md"]
    numbers = [path.name[:4] for path in records]
    assert len(set(numbers)) == len(numbers)
    for path in records:
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), path.name
        text = read(path)
        assert text.startswith(f"# {path.name[:4]}: "), path.name
        assert len(text.splitlines()) <= 40, path.name
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name
        assert f"({path.name})" in read(RECORDS / "README.md"), path.name


def test_the_limits_in_the_documents_are_those_of_the_code() -> None:
    """Every row that names a limit shows its value, in the row's unit."""
    text = read(DOCS / "limits-and-numbers.md")
    rows = re.findall(r"^\|[^|]*\| ([\d,.]+) ?(\w*) \| `([A-Z][A-Z0-9_]+)` \|$", text, re.MULTILINE)
    assert len(rows) > 60
    wrong = [
        row
        for row in rows
        if abs(float(row[0].replace(",", "")) * UNITS[row[1]] - float(getattr(limits, row[2]))) > 1e-9
    ]
    assert not wrong


def test_the_api_page_names_every_method() -> None:
    """docs/api.md has each service of dreamapi.v1 with each of its methods, and no other."""
    page = dict(
        re.findall(
            r"^\| (\w+) \| ([\w, ]+?)(?::[^|]*)? \| `api\.\w+` \|$", read(DOCS / "api.md"), re.MULTILINE
        )
    )
    shown = {service: set(methods.split(", ")) for service, methods in page.items()}
    served = {}
    for proto in sorted(PROTOS.glob("*.proto")):
        for service, body in re.findall(r"^service (\w+) \{(.*?)^\}", read(proto), re.MULTILINE | re.DOTALL):
            served[service] = set(re.findall(r"^  rpc (\w+)\(", body, re.MULTILINE))
    assert shown == served


def test_the_documents_name_every_admission_check_in_its_order() -> None:
    """docs/api.md lists the checks, docs/troubleshooting.md has a row with a cure for each, both in order."""
    checks = [check.name for check in admit(Candidate("bed-1"), Plan("nap", 3, 8))]
    assert ", ".join(checks) in " ".join(read(DOCS / "api.md").split())
    table = read(DOCS / "troubleshooting.md").partition("| check | what to do |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([a-z-]+) \|", table, re.MULTILINE) == checks


def test_the_refusals_in_the_documents_stand_in_their_row() -> None:
    """Each code that docs/api.md gives as an example has the status of its row."""
    rows = re.findall(r"^\| ([A-Z_, ]+) \| [^|]+ \| ([A-Z_, ]+) \|$", read(DOCS / "api.md"), re.MULTILINE)
    shown = {code: status for status, codes in rows for code in codes.split(", ")}
    assert len(shown) > 12
    assert [
        code for code, status in shown.items() if STATUS[CATALOGUE[Code(code)].kind].name not in status
    ] == []
