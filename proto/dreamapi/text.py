"""Text from outside: repaired to be stored, checked for fitness, or escaped for a screen.

`fit` repairs and never refuses. It is for a way out (sever, wake, release), and for text that comes with
facts that must not be lost. `unfit` names the fault. It is for every other field, which is refused. `shown`
is for screens: a terminal obeys control characters, and an override of the writing direction can reverse a
line.

Fit text is one line of Unicode scalars without control or format characters, at most TEXT_MAX long. Every
encoder takes it: protobuf, JSON, SQLite, UTF-8. U+200C and U+200D are format characters that Persian, the
Indic scripts and emoji need, so they stay; on a screen they are escaped like the others.

Two packages hold this file, because `dreamapi` may import nothing of ours. A test compares both copies.
"""

import re
import unicodedata
from typing import Final

TEXT_MAX: Final = 500
"""Characters of one text that are kept."""

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
"""One line of ASCII words with single spaces: fit as it stands, and nearly every text is."""
_JOINERS: Final = "\u200c\u200d"
_UNFIT: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LOOKED_AT: Final = 16
"""Characters examined for each one that is kept: a megabyte of spaces must cost nothing."""


def fit(text: str | bytes, most: int = TEXT_MAX) -> str:
    """Return the text as one fit line, cut at `most` characters; bytes are read as UTF-8.

    White space of any length becomes one space, each character that is not fit becomes U+FFFD.
    """
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if len(told) <= most and (not told or _PLAIN.fullmatch(told) is not None):
        return told
    scalars = told[: most * _LOOKED_AT].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    line = " ".join(scalars.split())
    return "".join(REPLACEMENT if _is_unfit(char) else char for char in line[:most]).rstrip()


def unfit(text: str, most: int = TEXT_MAX) -> str:
    """Return why the text cannot be kept as it is; empty if it is fit. Spaces are not judged."""
    if not len(text) <= most:
        return f"{len(text)} characters, at most {most} are kept"
    if _PLAIN.fullmatch(text) is not None:
        return ""
    for at, char in enumerate(text, 1):
        if _is_unfit(char):
            return f"character {at} is U+{ord(char):04X}, a {_KINDS[unicodedata.category(char)]}"
    return ""


def shown(text: str) -> str:
    r"""Return the text for a screen: unprintable characters are escaped, `\x1b`, `\n` or `\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


_KINDS: Final = {
    "Cc": "control character",
    "Cf": "format character",
    "Cs": "surrogate, which no encoding can hold",
    "Zl": "line separator",
    "Zp": "paragraph separator",
}
assert set(_KINDS) == _UNFIT, "every kind that is unfit has its name"


def _is_unfit(char: str) -> bool:
    return unicodedata.category(char) in _UNFIT and char not in _JOINERS


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
