"""`make soak` runs every part that `make test` omits; the order of the files names existing ones."""

import re

from house.test_house import ROOT
from order import COMPUTING, WAITING, ordered

TESTS = ROOT / "tests"


def test_every_file_that_can_go_deeper_is_run_deeper() -> None:
    """`make soak` names each file that reads `depth.LONG`, so that nothing is left out everywhere."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    listed = re.search(r"^LONG_TESTS = (.*)$", makefile, re.MULTILINE)
    assert listed is not None
    rooms = re.findall(r"\$\(addprefix (tests/\w+/test_),([^)]*)\)", listed[1])
    named = {prefix + name for prefix, names in rooms for name in names.split()}
    named |= set(re.findall(r"tests/\w+/test_\w+\.py", listed[1]))
    deeper = {
        path.relative_to(ROOT).as_posix()
        for path in TESTS.rglob("test_*.py")
        if re.search(r"^from depth import .*(LONG\b|examples)", path.read_text(), re.MULTILINE)
    }
    assert deeper - named == set()
    assert all((ROOT / name).exists() for name in named)


def test_the_order_of_the_files_names_each_once_and_no_other() -> None:
    """Both kinds begin with their longest file and are taken evenly; a file that is gone is found."""
    files = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")]
    assert {*WAITING, *COMPUTING} <= set(files)
    assert not set(WAITING) & set(COMPUTING)
    taken = ordered(files)
    assert sorted(taken) == sorted(files)
    assert taken[0] == next(iter(WAITING))
    half = taken[: len(taken) // 2]
    assert 0.2 < sum(file in WAITING for file in half) / len(WAITING) < 0.8
