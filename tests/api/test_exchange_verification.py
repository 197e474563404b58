"""`dreamd exchange verify`: the public file of a round, computed again without a daemon, whole or mangled."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from depth import examples
from dreamd.adapters.documents.canonical import digest
from dreamd.core.exchange.book import Book, Terms
from dreamd.core.exchange.clearing import clear
from dreamd.core.exchange.published import Draw, published
from dreamd.core.exchange.tickets import commitment, seed_of
from dreamd.main import main
from fakes.books import golden, random_book

SITE, ADVOCATE = "11" * 32, "22" * 32
DRAW = Draw((commitment(SITE), commitment(ADVOCATE)), (SITE, ADVOCATE))
POOR: Final = Terms(1000, 2500, 0.15, 0.3, 0.2)
"""The pool pays for two subsidised berths."""
ODD: Final = (
    *(None, True, -1, 0, 10**19, 1e308, 0.5, "", "k0", "\ud800", "é" * 80, "00" * 32, [], {}),
    *([[]] * 3, {"a": 1}, [None, "k0"]),
)


def file_of(book: Book, cancelled: int = 0) -> dict[str, Any]:
    """The public file of a book. cancelled: so many of those that were placed have cancelled."""
    placed = clear(book, seed_of(SITE, ADVOCATE, digest(book.document()))).holds
    whole: dict[str, Any] = json.loads(json.dumps(published(book, DRAW, tuple(placed)[:cancelled], digest)))
    return whole


def judged(
    content: bytes, path: Path, capture: pytest.CaptureFixture[str], *flags: str
) -> tuple[int, str, str]:
    """Status, stdout and stderr of the verification of these bytes."""
    path.write_bytes(content)
    status = main(["exchange", "verify", str(path), *flags])
    said = capture.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize(
    "book", [golden(), random_book(3, terms=POOR), random_book(5)], ids=("golden", "poor", "rich")
)
def test_a_whole_file_holds(book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a daemon and a key: status 0, the digests to compare, also in another layout of the JSON."""
    for cancelled in (0, 1):
        whole = file_of(book, cancelled)
        for content in (json.dumps(whole), json.dumps(dict(sorted(whole.items())), indent=3)):
            status, out, err = judged(content.encode(), tmp_path / "r", capsys)
            assert (status, err) == (0, "")
            assert out.startswith(f"holds: round round-1 follows from its book: {len(book.asks)} asks")
            assert f"advocate {whole['commitments']['advocate']}\nbook {whole['book_sha256']}\n" in out


def test_each_ask_is_explained_from_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reasons are those of the file, after cancellations too; an ask that is not in it is named."""
    content = json.dumps(file_of(golden(), 1)).encode()
    told = {
        ask: judged(content, tmp_path / "r", capsys, "--explain", ask)[1].splitlines()[5:] for ask in "abcde"
    }
    assert all(lines[0].startswith("Your place in line is ") for lines in told.values())
    assert sum("You cancelled." in lines for lines in told.values()) == 1
    status, _, err = judged(content, tmp_path / "r", capsys, "--explain", "z")
    assert (status, err) == (1, "dreamd: --explain: round round-1 has no ask z\n")


def places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a document."""
    found = [at] if at else []
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inside:
            found += places(one, (*at, key))
    return found


def mangled(whole: dict[str, Any], lot: Random) -> dict[str, Any]:
    """A copy in which one value is replaced, removed, doubled or swapped with another."""
    changed = copy.deepcopy(whole)
    path = lot.choice(places(changed))
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    act = lot.randrange(4)
    if act == 0:
        holder[path[-1]] = lot.choice(ODD)
    elif act == 1:
        del holder[path[-1]]
    elif isinstance(holder, list):
        other = lot.randrange(len(holder))
        if act == 2:
            holder.append(holder[other])
        else:
            holder[path[-1]], holder[other] = holder[other], holder[path[-1]]
    else:
        holder[lot.choice(("more", *holder))] = copy.deepcopy(holder[path[-1]])
    return changed


def test_a_mangled_file_is_told_in_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever value is replaced, removed, doubled or moved: status 1 and the reason, never a traceback."""
    lot, found = Random(19), 0
    books = [file_of(golden()), file_of(random_book(3, terms=POOR), 1)]
    for _ in range(examples(60)):
        whole = lot.choice(books)
        changed = mangled(whole, lot)
        if changed == whole:
            continue
        status, out, err = judged(json.dumps(changed).encode(), tmp_path / "r", capsys)
        assert (status, out) == (1, ""), json.dumps(changed)
        assert err
        assert all(line.startswith("dreamd: ") and len(line) < 1000 for line in err.splitlines())
        found += 1
    assert found > 45


def test_mangled_bytes_are_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with bytes changed, lost or added, or cut short, ends in status 1 unless it says the same."""
    lot, whole = Random(20), file_of(golden())
    content = json.dumps(whole).encode()
    for _ in range(examples(40)):
        raw = bytearray(content)
        at = lot.randrange(len(raw))
        match lot.randrange(4):
            case 0:
                raw[at] = lot.randrange(256)
            case 1:
                del raw[at : at + lot.randint(1, 9)]
            case 2:
                raw[at:at] = lot.randbytes(3)
            case _:
                del raw[at:]
        status, _, err = judged(bytes(raw), tmp_path / "r", capsys)
        try:
            same = json.loads(raw) == whole
        except (ValueError, RecursionError):
            same = False
        assert (status == 0) is same, bytes(raw)
        assert (err == "") is same


HOSTILE: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("is no round", lambda: b""),
    ("is no round", lambda: b"[" * 200_000),
    ("expected an object", lambda: b"[]"),
    ("expected an object", lambda: b'"round"'),
    ("NaN is no number of JSON", lambda: b'{"book": NaN}'),
    ("a member stands twice", lambda: b'{"book": 1, "book": 2}'),
    ("is no round", lambda: b'{"a": ' + b"9" * 5000 + b"}"),
    ("nothing is drawn yet", lambda: b'{"book": {}, "book_sha256": ""}'),
    ("round.x", lambda: b'{"x": 1}'),
)


@pytest.mark.parametrize(("said", "made"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_file_that_is_no_round_is_told(
    said: str, made: Callable[[], bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing, another value, depth, doubled members, numbers that are none: one sentence each."""
    status, out, err = judged(made(), tmp_path / "r", capsys)
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert said in err


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path is never taken for a round of the daemon; a folder is no file. --json gives the faults."""
    assert main(["exchange", "verify", str(tmp_path / "none.json")]) == 1
    assert capsys.readouterr().err.endswith("none.json cannot be read (No such file or directory)\n")
    assert main(["exchange", "verify", str(tmp_path)]) == 1
    assert "cannot be read (Is a directory)" in capsys.readouterr().err
    whole = file_of(golden())
    assert (
        json.loads(judged(json.dumps(whole).encode(), tmp_path / "r", capsys, "--json")[1])["holds"] is True
    )
    whole["pool_cents"] += 1
    status, out, _ = judged(json.dumps(whole).encode(), tmp_path / "r", capsys, "--json")
    assert (status, len(json.loads(out)["faults"])) == (1, 1)
