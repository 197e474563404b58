"""`make mutate`: each detector and guard broken once, and the test that fails for it, as a table.

Theory of operation. The tree is copied twice; in each copy one mutation at a time is applied, its tests are
run in a process of their own, and the file is restored. A guard with tests that pass although it is broken
has survived: it is untested. First the same tests are run in the whole tree, because a test that fails anyway
proves nothing.

Rules. Only a test that ran and failed counts: an empty selection, a broken import or a hang is no proof.
Status 0 only if every mutation was caught. Files are stamped one second apart, so that Python never takes the
bytecode of one version for the other's.
"""

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from mutate.mutation import Mutation, StaleMutationError
from mutate.mutations import MUTATIONS

ROOT: Final = Path(__file__).resolve().parents[2]
TREE: Final = ("daemon", "edge", "proto", "tests", "deploy", "pyproject.toml")
SOURCES: Final = ("daemon", "edge", "proto", "tests")
COPIES: Final = 2
WITHIN_S: Final = 120.0
"""Seconds a selection may take; one that takes longer has proved nothing."""
ALL_WITHIN_S: Final = 600.0
"""Seconds that all of them may take in the whole tree."""
FAILED: Final = re.compile(r"^FAILED (\S+)", re.MULTILINE)
SHOWN_CHARS: Final = 110
TESTS_FAILED: Final = 1
"""pytest's status if tests ran and some failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one mutation. failed: the test that failed for it; why: the reason if none did."""

    mutation: Mutation
    failed: str
    why: str
    seconds: float


class Copies:
    """Copies of the tree, each used by one mutation at a time."""

    def __init__(self, folder: Path) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        self._stamps_s = itertools.count(int(time.time()) + 1)
        for number in range(COPIES):
            copy = folder / str(number)
            copy.mkdir()
            for name in TREE:
                _copied(ROOT / name, copy / name)
            self._free.put(copy)

    @contextmanager
    def one(self) -> Iterator[Path]:
        """Lend a copy."""
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)

    @contextmanager
    def broken(self, mutation: Mutation) -> Iterator[Path]:
        """Lend a copy with this guard broken; StaleMutationError if the text does not match."""
        with self.one() as copy:
            path = copy / mutation.file
            whole = path.read_text()
            broken = mutation.broken_text(copy)
            try:
                self._write(path, broken)
                yield copy
            finally:
                self._write(path, whole)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        stamp_s = next(self._stamps_s)
        os.utime(path, (stamp_s, stamp_s))


def _copied(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    else:
        shutil.copy(source, target)


def run(copy: Path, tests: Sequence[str], within_s: float = WITHIN_S) -> tuple[int | None, str]:
    """Run these tests in this copy; return pytest's status, None on a timeout, and its output."""
    paths = os.pathsep.join(str(copy / source) for source in SOURCES)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def attempt(copies: Copies, mutation: Mutation) -> Outcome:
    """Break one guard and return the test that fails."""
    began_s = time.monotonic()
    try:
        with copies.broken(mutation) as copy:
            began_s = time.monotonic()
            status, output = run(copy, mutation.tests)
    except StaleMutationError as stale:
        return Outcome(mutation, "", f"no longer applies: {stale}", 0.0)
    took_s = time.monotonic() - began_s
    found = FAILED.search(output)
    if status == TESTS_FAILED and found:
        return Outcome(mutation, shortened(found[1].removeprefix("tests/")), "", took_s)
    return Outcome(mutation, "", _why_not(status, output), took_s)


def shortened(node: str) -> str:
    """Cut a test's id where a parameter makes it longer than a line."""
    return node if len(node) <= SHOWN_CHARS else node[: SHOWN_CHARS - 1] + "…"


def _why_not(status: int | None, output: str) -> str:
    if status == 0:
        return "SURVIVED: its tests pass all the same"
    if status is None:
        return f"no answer within {WITHIN_S:.0f} s"
    last = (output.strip().splitlines() or ["nothing"])[-1]
    return f"its tests could not run (status {status}): {last}"


def broken_anyway(copies: Copies, mutations: Sequence[Mutation]) -> str:
    """Run every selection in the whole tree; return the failures without any mutation, or nothing."""
    tests = sorted({test for mutation in mutations for test in mutation.tests})
    with copies.one() as copy:
        status, output = run(copy, tests, ALL_WITHIN_S)
    return "" if status == 0 else output[-4000:] or f"no answer within {ALL_WITHIN_S:.0f} s"


def attempted(
    copies: Copies, mutations: Sequence[Mutation], tell: Callable[[int, Outcome], None]
) -> list[Outcome]:
    """Try all of them, as many at a time as there are copies; `tell` is called as each is done."""
    done = itertools.count(1)
    telling = threading.Lock()

    def one(mutation: Mutation) -> Outcome:
        outcome = attempt(copies, mutation)
        with telling:
            tell(next(done), outcome)
        return outcome

    with ThreadPoolExecutor(COPIES) as pool:
        return list(pool.map(one, mutations))


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes for people: guard, what was broken, the test that failed for it, seconds."""
    rows = [(o.mutation.name, o.mutation.broken, o.failed or o.why, f"{o.seconds:.1f}") for o in outcomes]
    rows.insert(0, ("guard", "broken so that", "the test that fails for it", "s"))
    guard, broken = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{a:<{guard}}  {b:<{broken}}  {d:>5}  {c}" for a, b, c, d in rows)


def main() -> int:
    """Break them all, or one; returns 0 only if every one was caught."""
    parser = argparse.ArgumentParser(prog="make mutate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", metavar="NAME", action="append", help="this guard alone; may be repeated")
    wanted = parser.parse_args().only
    chosen = [m for m in MUTATIONS if wanted is None or m.name in wanted]
    unknown = set(wanted or ()) - {m.name for m in chosen}
    if unknown:
        parser.error(f"no guard is named {', '.join(sorted(unknown))}")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dreamd-mutate-") as folder:
        copies = Copies(Path(folder))
        print(f"{len(chosen)} guards; first their tests in the whole tree", flush=True)
        failing = broken_anyway(copies, chosen)
        if failing:
            print(f"{failing}\nThese fail with nothing broken: mend them first.")
            return 1

        def tell(number: int, outcome: Outcome) -> None:
            said = outcome.failed or outcome.why
            print(f"[{number}/{len(chosen)}] {outcome.mutation.name}: {said}", flush=True)

        outcomes = attempted(copies, chosen, tell)
    survivors = [outcome.mutation.name for outcome in outcomes if not outcome.failed]
    took_s = time.monotonic() - began_s
    print(f"\n{table(outcomes)}\n\n{len(outcomes)} broken, {len(survivors)} not caught, {took_s:.0f} s")
    if survivors:
        print(f"not caught: {', '.join(survivors)}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
