"""Sentences are plain: docstrings, comments, documents and commit subjects, as CONTRIBUTING describes.

A sentence is read once, by a reader in a second language and by an operator at night. Its subject is the
thing, so pronouns of persons are rare and open no sentence. A wrapped line that begins with one reads like an
opening, and counts as one.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from house.test_house import ROOT, relative, tracked

PRONOUNS_MOST: Final = 2.0
"""Pronouns of persons in 1,000 words."""
AREAS: Final = (
    *("daemon", "edge", "proto", "tests", "deploy", "docs"),
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"),
)
PLAIN_SINCE: Final = "899b927"
"""The last commit before subjects became `area: verb ...`."""
SUBJECT_MOST: Final = 72
LONGER: Final = {"tests: state each fact of house, integration, sim, top, up and wire plainly"}
"""Subjects that were written before this test."""

PRONOUN: Final = re.compile(
    r"\b(who|whoever|whom|whomever|whose|nobody|somebody|anybody|everybody)\b", re.IGNORECASE
)
_OPENS: Final = r"(?:of )?(?:who|whoever|whom|whose|nobody)\b|of what\b"
OPENING: Final = re.compile(rf"(?:^|(?<=[.!?:;] ))(?:{_OPENS})", re.IGNORECASE | re.MULTILINE)
WHAT: Final = re.compile(r"(?:^|(?<=[.!?:;] ))What\b(?![^.!;]*\?)")
"""`What` as a relative; a question is fine."""
SUBJECT: Final = re.compile(r"[a-z][a-z0-9 ,_-]*: (?!(?:the|a|an|no|what|who|whom|nobody)\b)[a-z]+\b.*[^.]")
CODE: Final = re.compile(r"`[^`]*`")
WORD: Final = re.compile(r"[A-Za-z']+")


def faults(text: str) -> list[str]:
    """Return the openings in a text that no sentence may have; `text` keeps its line breaks."""
    whole = " ".join(text.split())
    return OPENING.findall(text) + [f for f in OPENING.findall(whole) if f[0].islower()] + WHAT.findall(whole)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of each paragraph of prose in a file, with code in backticks left out."""
    parts = _of_python(path.read_text()) if path.suffix == ".py" else _of_markdown(path.read_text())
    for line, text in parts:
        yield line, CODE.sub("x", text)


def _of_python(source: str) -> Iterator[tuple[int, str]]:
    lines = source.splitlines()
    in_text = dict[int, list[tuple[int, int]]]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            for part in str(node.value.value).split("\n\n"):
                yield node.lineno, "\n".join(line.strip() for line in part.strip().splitlines())
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        ):
            last = node.end_lineno or node.lineno
            for line in range(node.lineno, last + 1):
                begin = node.col_offset if line == node.lineno else 0
                end = node.end_col_offset if line == last else None
                in_text.setdefault(line, []).append(
                    (begin, len(lines[line - 1].encode()) if end is None else end)
                )
    for number, line in enumerate(lines, 1):
        at = _comment_of(line, in_text.get(number, []))
        if at is not None:
            yield number, line.encode()[at:].decode().lstrip("#: ")


def _comment_of(line: str, in_text: list[tuple[int, int]]) -> int | None:
    """Where a line's comment begins, in bytes; a `#` within a text is none. `tokenize` is slower."""
    if "#" not in line:
        return None
    code = line.encode()
    at = code.find(b"#")
    while at >= 0 and any(begin <= at < end for begin, end in in_text):
        at = code.find(b"#", at + 1)
    return at if at >= 0 else None


def _of_markdown(source: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, list items and cells of tables; fenced code and headings are not prose."""
    fenced, start, lines = False, 1, list[str]()
    for number, line in enumerate((*source.splitlines(), ""), 1):
        text = line.strip()
        if text.startswith("```"):
            fenced = not fenced
        if fenced or not text or text.startswith(("```", "#", "|", "- ", "* ", ">")):
            yield start, " ".join(lines)
            lines = []
        if fenced or text.startswith(("```", "#")):
            continue
        if text.startswith("|"):
            yield from ((number, cell.strip()) for cell in text.strip("|").split("|"))
        elif text:
            start = start if lines else number
            lines.append(text.lstrip("-*> "))
    yield start, " ".join(lines)


@cache
def everything() -> tuple[tuple[str, int, str], ...]:
    """Return file, line and text of all prose; it is read once for all tests."""
    names = ((path, relative(path)) for path in tracked(".py", ".md"))
    return tuple(
        (name, line, text)
        for path, name in names
        if name.split("/")[0] in AREAS
        for line, text in texts(path)
    )


def prose(area: str) -> Iterator[tuple[str, int, str]]:
    """Yield file, line and text of the prose in an area."""
    return (one for one in everything() if one[0].split("/")[0] == area)


@pytest.mark.parametrize("area", AREAS)
def test_pronouns_are_rare(area: str) -> None:
    """Sentences name the thing: at most 2 of 1,000 words in an area are pronouns of persons."""
    words, found = 0, list[str]()
    for name, line, text in prose(area):
        words += len(WORD.findall(text))
        found += [f"{name}:{line}: {text[:80]}"] * len(PRONOUN.findall(text))
    assert 1000 * len(found) <= PRONOUNS_MOST * max(words, 1), "\n".join(found)


@pytest.mark.parametrize("area", AREAS)
def test_no_sentence_opens_with_a_pronoun(area: str) -> None:
    """The subject comes first: no sentence or wrapped line opens with a pronoun or a relative `What`."""
    found = [f"{name}:{line}: {text[:100]}" for name, line, text in prose(area) if faults(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "Who comes back severs nobody.",
        "A rule; who breaks it is refused.",
        "The list\nof whom it concerns.",
        "Done. Nobody waits.",
        "What cannot be known is never calm.",
        "Of what is sent the newest wins.",
    ],
)
def test_an_opening_is_found(text: str) -> None:
    """Openings are found at the start, after a semicolon, in a second sentence, at a wrapped line."""
    assert faults(text)


@pytest.mark.parametrize(
    "text", ["What is a Dreamscape? A group session.", "A person who sleeps.", "Name what it holds."]
)
def test_a_question_is_no_fault(text: str) -> None:
    """A question may open with `What`, and a relative clause within a line is no opening."""
    assert not faults(text)


def test_markdown_is_read_without_its_code(tmp_path: Path) -> None:
    """Code and headings are no prose; a list item and a cell of a table are sentences of their own."""
    page = tmp_path / "page.md"
    page.write_text("# Title\n\none\ntwo `who`\n- item\n\n| a | Nobody |\n\n```\nwho\n```\n")
    assert [text for _, text in texts(page) if text] == ["one two x", "item", "a", "Nobody"]


def test_commit_subjects_name_area_and_verb() -> None:
    """Each subject is `area: verb ...` and at most 72 characters."""

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    log = git("log", "--no-merges", "--format=%s", f"{PLAIN_SINCE}..HEAD")
    if log.returncode != 0:
        pytest.skip("the history is not here, as in a shallow clone")
    wrong = [s for s in log.stdout.splitlines() if len(s) > SUBJECT_MOST or not SUBJECT.fullmatch(s)]
    wrong = [s for s in wrong if s not in LONGER]
    assert not wrong, "\n".join(wrong)
