"""`dreamd stage play`: a score checked by the shipped guidelines, by a daemon, and drawn."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dreamd.main import main
from stage.conftest import NIGHT, Hall
from stage.test_score import GOLDEN


def written(folder: Path, text: str = GOLDEN) -> str:
    """Write a score; return its path."""
    path = folder / "tide.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_score_is_checked_without_a_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check judges a score by the shipped guidelines, says what it holds, and draws it."""
    picture = tmp_path / "tide.svg"
    assert main(["stage", "play", written(tmp_path), "--check", "--picture", str(picture)]) == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        "Tide, by Ida Berg: 120 s, 3 moves, 2 cues, bands6x2",
        "it may be played by the shipped guidelines (revision 1)",
    ]
    assert said[3] == ("its share ends at 0.1 and falls to 0 at once; a last move with share 0 lets it fade")
    assert main(["stage", "play", written(tmp_path), "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["last_share"] == 0.1


@pytest.mark.parametrize(
    ("found", "put", "sentence"),
    [
        ("at_s = 60", "at_s = 1", "line 13: the cosine way of 1 s to the move at 1 s changes anterior.alpha"),
        ("at_s = 60", "at_s = x", "line 14, column 8: not TOML"),
        ("share = 0.3", "share = 0.4", "line 15: share is 0.4"),
    ],
)
def test_a_score_at_fault_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: str, put: str, sentence: str
) -> None:
    """A mistake and a clause are each told as file, line, what was found and what was expected; status 1."""
    path = written(tmp_path, GOLDEN.replace(found, put))
    assert main(["stage", "play", path, "--check"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"dreamd: {path}: {sentence}")
    assert said.count("\n") == 1


def test_a_file_that_is_not_there_and_equal_ports_are_sentences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file is status 1 with its name; one port for both ways is wrong usage."""
    assert main(["stage", "play", str(tmp_path / "none.toml"), "--check"]) == 1
    assert "none.toml: No such file or directory" in capsys.readouterr().err
    assert main(["stage", "play", written(tmp_path), "--in", "9001"]) == 2
    assert "the stage would hear itself" in capsys.readouterr().err


async def test_a_daemon_judges_by_its_plan_and_its_guidelines(
    hall: Hall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A score plays where schema, plan and clauses in force allow it; else the line is named."""

    async def checked(text: str) -> tuple[int, str]:
        words = ["stage", "play", written(tmp_path, text), NIGHT, "--check", "--server", hall.address]
        status = await asyncio.to_thread(main, words)
        told = capsys.readouterr()
        return status, told.out + told.err

    def planned(**changes: object) -> None:
        view = hall.application.sessions[NIGHT]
        plan = replace(view.plan, **changes)  # type: ignore[arg-type]
        hall.application.sessions[NIGHT] = replace(view, plan=plan)

    status, said = await checked(GOLDEN)
    assert (status, "the guidelines in force and the plan of night (revision 1)" in said) == (0, True), said
    planned(artist_share=0.2)
    status, said = await checked(GOLDEN)
    assert status == 1
    assert "line 13: the share is 0.3; expected at most 0.2, the artist share of night's plan" in said
    planned(artist_share=0.3, schema="bands5x2")
    status, said = await checked(GOLDEN)
    assert (status, "line 3: the score is of bands6x2; night has bands5x2" in said) == (1, True), said
    planned(schema="bands6x2")
    status, said = await checked(GOLDEN.replace("commercial = false", "commercial = true"))
    assert (status, "line 6: the score is commercial; clause 4.3" in said) == (1, True), said
