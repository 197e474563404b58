"""SECURITY.md names tests that exist, and every threat once."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_named_test_exists() -> None:
    """Each test that SECURITY.md names is a function of the tests."""
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(named) > 30
    assert named - there == set()


def test_each_of_the_39_threats_has_a_test_or_says_not_yet() -> None:
    """The rows are numbered 1 to 39; each ends with a test's name or with the words `not yet`."""
    rows = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", TEXT, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 40))
    assert all("`test_" in told or told.startswith("not yet") for _, told in rows)
