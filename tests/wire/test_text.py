"""Text from outside: repaired for a way out, refused elsewhere, escaped on a screen."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamwire.text import TEXT_MAX, fit, shown, unfit

ROOT = Path(__file__).resolve().parents[2]

SURROGATES = st.characters(categories=["Cs"])
ODD = st.characters() | SURROGATES | st.sampled_from("\x00\x07\x1b\x7f\x85\u061c\u200b\u202e\u2028\ufeff")
ODD_TEXT = st.text(ODD)

LATIN_1 = "caf\udce9"
"""`café` of a Latin-1 terminal, as Python has the argument."""

REPAIRED = [
    ("a  b\tc\nd", "a b c d"),
    (LATIN_1, "caf\ufffd"),
    ("\ud800", "\ufffd"),
    ("\ud83d\ude00", "\U0001f600"),
    ("x\x00y", "x\ufffdy"),
    ("\x1b[2Jgone", "\ufffd[2Jgone"),
    ("bed-1\u202edetaes 9-deb", "bed-1\ufffddetaes 9-deb"),
    ("line\u2028break", "line break"),
    (b"caf\xe9", "caf\ufffd"),
    ("Andr\u00e9", "Andr\u00e9"),
    ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
    ("", ""),
    (" " * 3, ""),
]


@pytest.mark.parametrize(("odd", "repaired"), REPAIRED, ids=[ascii(odd) for odd, _ in REPAIRED])
def test_odd_text_is_repaired(odd: str | bytes, repaired: str) -> None:
    """Spaces are collapsed, pairs of surrogates are joined, each character that is not fit is replaced."""
    assert fit(odd) == repaired


@given(ODD_TEXT | st.binary())
def test_repaired_text_suits_every_encoder(odd: str | bytes) -> None:
    """Repaired text fits UTF-8, JSON and a one-line screen, and is bounded."""
    line = fit(odd)
    assert line.encode().decode() == line
    assert json.loads(json.dumps(line)) == line
    assert len(line) <= TEXT_MAX
    assert len(line.splitlines()) <= 1
    assert unfit(line) == ""
    assert fit(line) == line


def test_two_megabytes_are_cut() -> None:
    """Text of 2 MiB is cut at its bound, whatever its characters."""
    for odd in ("x", "\ud800", " ", "\x1b", " x"):
        assert len(fit(odd * (2 << 20))) <= TEXT_MAX


@given(ODD_TEXT)
def test_only_fit_text_passes_unrepaired(odd: str) -> None:
    """`unfit` finds a fault wherever protobuf could not hold the text or a terminal would obey it."""
    if not unfit(odd):
        assert odd.encode().decode() == odd
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in odd)
        assert not any("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" for char in odd)


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (LATIN_1, "character 4 is U+DCE9, a surrogate, which no encoding can hold"),
        ("a\x00", "character 2 is U+0000, a control character"),
        ("\u202e", "character 1 is U+202E, a format character"),
        ("x" * 501, "501 characters, at most 500 are kept"),
        ("one  space or two", ""),
    ],
)
def test_the_reason_names_the_fault_and_its_place(odd: str, why: str) -> None:
    """The reason names the character, its place and its kind; or the length."""
    assert unfit(odd) == why


@given(ODD_TEXT)
def test_a_screen_is_given_nothing_to_obey(odd: str) -> None:
    """All text for a screen is printable, in one line, and in any encoding."""
    assert shown(odd).isprintable()
    assert shown(odd).encode().decode() == shown(odd)


def test_a_screen_shows_what_was_there() -> None:
    """An escape sequence is shown by its code, and ordinary text in any script as it is."""
    assert shown("\x1b]0;owned\x07 é 夢\nbed-9") == r"\x1b]0;owned\x07 é 夢\nbed-9"
    assert shown(LATIN_1) == r"caf\udce9"


def test_both_packages_hold_the_same_file() -> None:
    """`dreamapi` may import nothing of ours, so it has the file again, byte for byte."""
    wire, api = (ROOT / "proto" / package / "text.py" for package in ("dreamwire", "dreamapi"))
    assert wire.read_bytes() == api.read_bytes()
