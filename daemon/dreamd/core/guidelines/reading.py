"""Reading of a bundle from TOML: an error names the line and the clause."""

from collections.abc import Iterator
from re import escape, match
from tomllib import loads
from typing import Final

from dreamd.core.guidelines.bundle import Bundle, BundleError, Clause, make_bundle, make_clause

_HEADER: Final = r"\s*\[\[\s*clause\s*\]\]"
TEXT_LONGEST: Final = 1 << 20
"""Characters of a file."""
_FIELDS: Final = frozenset({"revision", "title", "clause"})


def read_bundle(text: str) -> Bundle:
    """Return the bundle written in this TOML.

    Raises:
        BundleError: the sentence begins with the line at fault where one can be told.
    """
    if not len(text) <= TEXT_LONGEST:
        raise BundleError(f"expected at most {TEXT_LONGEST} characters, got {len(text)}")
    try:
        document = loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets without end
        raise BundleError(f"not TOML: {error}") from error
    unknown = sorted(document.keys() - _FIELDS)
    if unknown:
        raise _placed(text, BundleError(f"a bundle has no field {unknown[0]!r}", at=unknown[0]), None)
    tables = document.get("clause")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BundleError("expected clauses, each under a line [[clause]]")
    clauses: list[Clause] = []
    for at, table in enumerate(tables):
        try:
            clauses.append(make_clause(table))
        except BundleError as error:
            raise _placed(text, error, at) from error
    try:
        return make_bundle(document.get("revision"), clauses, document.get("title", ""))
    except BundleError as error:
        at_fault = [at for at, clause in enumerate(clauses) if clause.number == error.clause]
        raise _placed(text, error, at_fault[-1] if at_fault else None) from error


def _placed(text: str, error: BundleError, at: int | None) -> BundleError:
    """Return the error with the line of its field, or of the header of the clause with this index."""
    lines = text.splitlines()
    headers = list(_headers(lines))
    first = 0
    end = headers[0] if headers else len(lines)
    if at is not None:
        if at >= len(headers):
            return error
        first, end = headers[at], (*headers, len(lines))[at + 1]
    named = rf"\s*[\"']?{escape(error.at)}[\"']?\s*="
    found = [n for n in range(first, end) if error.at and match(named, lines[n])]
    if not found and at is None:
        return error
    line = (found[0] if found else first) + 1
    return BundleError(f"line {line}: {error}", error.code, error.clause, error.at)


def _headers(lines: list[str]) -> Iterator[int]:
    """Yield the index of each line that opens a clause; one inside a longer text opens none."""
    for n, line in enumerate(lines):
        if match(_HEADER, line) is None:
            continue
        try:
            loads("\n".join(lines[:n]))
        except (ValueError, RecursionError):
            continue
        yield n
