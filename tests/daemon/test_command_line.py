"""`dreamd`: verbs, messages and exit statuses, and the modules that each verb loads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dreamd.main import VERBS, main


def test_settings_prints_each_value_and_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    """`settings` prints each value and its source as JSON."""
    assert main(["settings", "--json", "--grpc-port", "6000"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["grpc.port"] == {"value": 6000, "source": "flag --grpc-port"}
    assert shown["log.format"] == {"value": "console", "source": "default"}


def test_settings_for_people_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """`settings` prints key, value and source on a line."""
    assert main(["settings"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["mqtt.url", "mqtt://127.0.0.1:1883", "default"] in rows


def test_a_bad_setting_is_a_sentence_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """A bad setting is a sentence on stderr and status 2, for serve and settings alike."""
    for verb in ("settings", "serve"):
        assert main([verb, "--http-host", "no host"]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("dreamd: http.host is 'no host' (from flag --http-host)")


def test_help_lists_every_verb_without_loading_any(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists every verb whatever extras are installed."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    listed = capsys.readouterr().out
    assert all(f"    {verb}" in listed for verb in VERBS)


def test_no_verb_and_an_unknown_one_are_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """No verb, or an unknown one, is status 2 with the usage."""
    for argv in ([], ["dance"]):
        with pytest.raises(SystemExit) as ended:
            main(argv)
        assert ended.value.code == 2
    assert "invalid choice: 'dance'" in capsys.readouterr().err


def test_settings_loads_no_technology() -> None:
    """`settings` loads none of numpy, grpc, aiomqtt, SQL and prometheus."""
    code = (
        "import sys; from dreamd.main import main; main(['settings']);"
        "heavy = ('numpy', 'grpc', 'aiomqtt', 'sqlite3', 'sqlalchemy', 'prometheus_client');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    """Without grpc, `serve` names the extra to install."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nclass Bar:\n    def find_spec(self, name, *_):\n        if name == 'aiomqtt':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Bar())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "dreamd", "serve", "--state-dir", str(tmp_path / "state")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
    )
    assert done.returncode == 1
    assert done.stderr == (
        "dreamd: dreamd serve needs aiomqtt, which is not installed; "
        "install the extra: pip install 'dreamd[daemon]'\n"
    )


def test_the_matrix_library_has_one_thread() -> None:
    """In `dreamd` numpy starts no thread of its own, whatever the number of cores."""
    program = (
        "import os, dreamd.main\ntry: dreamd.main.main(['--version'])\nexcept SystemExit: pass\n"
        "import numpy\nnumpy.ones((400, 400)) @ numpy.ones((400, 400))\n"
        "print(len(os.listdir('/proc/self/task')), os.environ['OPENBLAS_NUM_THREADS'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "1 1"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("pod lisst", "list"),
        ("dreamscapes delete night", "end"),
        ("sarve", "serve"),
        ("breakers show", "get"),
        ("dreamscape sever", ""),
    ],
)
def test_a_word_that_is_no_verb_is_answered_with_the_one_meant(
    line: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Near words, words of other programs, and singulars; nothing is suggested where a word fits."""
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert f"did you mean {meant}?" in err if meant else "did you mean" not in err


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_completion_script_holds_every_verb(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb stands in the script, and so do the verbs below it."""
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(verb in script for verb in (*VERBS, "check-in", "explain"))


def test_bash_completes_from_the_script(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`dreamd pods ch<TAB>` offers check-in and check-out."""
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "dreamd.bash"
    script.write_text(capsys.readouterr().out)
    asked = "COMP_WORDS=(dreamd pods ch); COMP_CWORD=2; _shtab_dreamd; echo ${COMPREPLY[@]}"
    done = subprocess.run(
        ["bash", "-c", f"source {script}; {asked}"], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["check-in", "check-out"]
