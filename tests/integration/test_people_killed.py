"""kill -9 at each step of grant, withdraw, ratify, charge, erase: no answer is lost, nothing is invented.

A process of `people_lives` does an act again and again over one ledger, and is killed each time at another
step: between two statements, before and after a commit, before and after an answer. The test compares the
facts that it told with the ledger of the next daemon. `make soak` kills a hundred times an act, on both
engines.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from depth import LONG
from fakes.postgres import MISSING, cluster, programs
from integration.people_lives import ceiling_of

TESTS = Path(__file__).resolve().parents[1]
KILLS = 100 if LONG else 2
SLACK_MIN = 1e-9
ENGINES = [
    "file",
    pytest.param(
        "database",
        marks=[
            pytest.mark.skipif(not LONG, reason="DREAMD_LONG: a database server for it alone"),
            pytest.mark.skipif(programs() is None, reason=MISSING),
        ],
    ),
]


@dataclass(frozen=True)
class Lived:
    """One life: the facts it told, in order, and the ledger that the next daemon finds."""

    step: int
    told: list[list[Any]]
    kept: dict[str, Any]

    def all(self, word: str) -> list[Any]:
        """The values told with this word, in order."""
        return [more[0] for first, *more in self.told if first == word]


@contextmanager
def address(engine: str) -> Iterator[str]:
    """The URL of a ledger on this engine, empty for a file."""
    if engine == "file":
        yield ""
        return
    with cluster() as server:
        yield server.url()


def lives(engine: str, state: Path, act: str) -> list[Lived]:
    """So many lives, each after the one before; nearly all are killed."""
    program = str(Path(__file__).with_name("people_lives.py"))
    with address(engine) as url:
        words = [sys.executable, program, url, str(state), act, str(KILLS)]
        done = subprocess.run(
            words, stdout=subprocess.PIPE, text=True, check=True, env={"PYTHONPATH": str(TESTS)}
        )
    told = [Lived(**json.loads(line)) for line in done.stdout.splitlines()]
    assert len(told) == KILLS + 1
    assert sum(one.step > 0 for one in told) > KILLS / 2
    return told


@pytest.mark.parametrize("engine", ENGINES)
def test_a_grant_holds_only_once_it_is_written_and_an_answered_one_is_kept(
    engine: str, tmp_path: Path
) -> None:
    """Each answered grant is in the ledger, the newest holds; no wider ceiling ever held than was written."""
    for life in lives(engine, tmp_path, "grant"):
        kept = {int(revision): ceiling for revision, ceiling in life.kept["grants"].items()}
        assert kept == {revision: ceiling_of(revision) for revision in range(1, len(kept) + 1)}, life
        assert set(life.all("granted")) <= set(kept), life
        assert all(held <= max(kept.values(), default=0.0) for held in life.all("holds")), life
        newest = max(kept, default=0)
        found = (life.kept["state"], life.kept["revision"], life.kept["ceiling"])
        assert found == (("given" if newest else "none"), newest, kept.get(newest, 0.0)), life


@pytest.mark.parametrize("engine", ENGINES)
def test_a_withdrawal_holds_in_its_call_and_a_written_one_is_kept(engine: str, tmp_path: Path) -> None:
    """From the call on nothing holds. A grant that it overtakes never holds; once written it is kept."""
    for life in lives(engine, tmp_path, "withdraw"):
        may_hold, written = True, False
        for word, value in life.told:
            if word == "withdraws":
                may_hold, overtaken = False, True
            elif word == "withdrawn":
                written = True
            elif word == "asks":
                may_hold, written, overtaken = True, False, False
            elif word == "granted":
                assert not overtaken, life
            else:
                assert may_hold or value == 0.0, life
        ceilings = life.kept["grants"].values()
        assert all(held <= max(ceilings, default=0.0) for held in life.all("holds")), life
        assert not written or life.kept["state"] == "withdrawn", life
        assert max(life.all("withdrawn"), default=0) <= life.kept["revision"], life
        assert set(life.all("granted")) <= {int(number) for number in life.kept["grants"]}, life


@pytest.mark.parametrize("engine", ENGINES)
def test_a_revision_is_in_force_only_once_two_people_are_written(engine: str, tmp_path: Path) -> None:
    """Each answered step is kept. In force was only what the ledger has with a clinician and an advocate."""
    order = ["draft", "open", "ratified", "in force", "superseded"]
    for life in lives(engine, tmp_path, "ratify"):
        kept = {int(number): rest for number, rest in life.kept["guidelines"].items()}
        for word in ("draft", "open"):
            assert all(order.index(kept[n][0]) >= order.index(word) for n in life.all(word)), life
        assert set(life.all("comment")) <= set(life.kept["comments"]), life
        assert all(kept[number][1] == "cleo" for number in life.all("clinician")), life
        assert all(kept[number][2] == "ada" for number in life.all("advocate")), life
        ruled = [number for number in life.all("in force") if number > 1]
        assert all(
            kept[number] in (["in force", "cleo", "ada"], ["superseded", "cleo", "ada"]) for number in ruled
        ), life
        assert [state for state, *_ in kept.values()].count("in force") <= 1, life


@pytest.mark.parametrize("engine", ENGINES)
def test_at_least_as_much_is_charged_as_was_lived(engine: str, tmp_path: Path) -> None:
    """Over all lives the charges and an open mark are never less than the minutes lived."""
    lived = charged = 0.0
    told = lives(engine, tmp_path, "charge")
    for life in told:
        lived += sum(life.all("lived"))
        charged += sum(life.all("charged"))
        assert life.kept["charged"] >= max(lived, charged) - SLACK_MIN, life


@pytest.mark.parametrize("engine", ENGINES)
def test_an_erasure_is_whole_after_a_kill_or_has_not_begun(engine: str, tmp_path: Path) -> None:
    """Once forgotten, the next daemon has no link, letter or name in a file; before that it has them all."""
    for life in lives(engine, tmp_path, "erase"):
        forgotten, letter = life.all("forgotten"), life.all("letter")
        kept = life.kept
        assert (kept["subject"] is None) == (kept["named"] == []), life
        if kept["subject"] is None:
            assert kept["letters"] == 0, life
            assert not life.all("born") or life.all("asks"), life
        else:
            assert not forgotten, life
            assert kept["letters"] == 1 or not letter, life
        assert not forgotten or kept["tombstone"] >= 1.0, life
        assert all(life.all("erased")), life
