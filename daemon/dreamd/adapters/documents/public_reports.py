"""The published files of public reports: one signed JSON a period, and CSV and Atom made from the JSON alone.

Theory of operation. The daemon signs the canonical form of a report once. A table and a feed say nothing that
the JSON does not say, so they carry no signature: to verify a folder is to verify each JSON with the daemon's
public key, and to make the other files anew and compare them byte by byte.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise
from typing import Final
from xml.etree import ElementTree as ET

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.signed_file import SignedFile, SignedFileError
from dreamd.core.public_report.cells import FORMAT, ROUNDED_TO, Report
from dreamd.core.public_report.kinds import MEANINGS
from dreamwire.signing import SigningKey, VerifyKey

_FILE: Final = SignedFile("report", b"dreamd public report 1\0", 4 << 20)
FEED: Final = "feed.atom"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_MEMBERS: Final = ("format", "house", "from", "to", "people_least", "rounded_to", "kinds", "cells", "totals")


class PublicReportError(ValueError):
    """A published file does not hold; the message is one sentence."""


def document(report: Report, house: str) -> dict[str, object]:
    """Return the JSON document of a report. house: the name that the house states of itself."""
    return {
        "format": FORMAT,
        "house": house,
        "from": _instant(report.period.begin_s),
        "to": _instant(report.period.end_s),
        "people_least": report.least,
        "rounded_to": ROUNDED_TO,
        "kinds": {kind.value: f"people who {words}" for kind, words in MEANINGS.items()},
        "cells": [
            {"site": cell.site, "kind": cell.kind.value, "people": cell.people} for cell in report.cells
        ],
        "totals": {kind.value: people for kind, people in report.totals},
    }


def sign_report(document: Mapping[str, object], key: SigningKey) -> str:
    """Return the file of this report."""
    return _FILE.signed(document, key)


def verified_report(text: bytes, key: VerifyKey) -> dict[str, object]:
    """Return the report of a file that this key has signed.

    Raises:
        PublicReportError: it is no report, was changed, or was signed by another key.
    """
    try:
        told = _FILE.verified(text, key)
    except SignedFileError as error:
        raise PublicReportError(str(error)) from error
    if told.get("format") != FORMAT or not set(_MEMBERS) <= set(told):
        raise PublicReportError(f"it is signed and of another format than '{FORMAT}'")
    return told


def table(told: Mapping[str, object]) -> str:
    """Return the CSV of a report: a line a cell; `people` of a hidden cell is empty, and `shown` is no."""
    out = StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("from", "to", "site", "kind", "people", "shown"))
    for cell in _cells(told):
        people = cell["people"]
        site, kind = _plain(str(cell["site"])), cell["kind"]
        shown = ("", "no") if people is None else (people, "yes")
        rows.writerow((told["from"], told["to"], site, kind, *shown))
    return out.getvalue()


def feed(reports: Sequence[Mapping[str, object]]) -> str:
    """Return the Atom feed (RFC 4287) of reports, the newest first. It is empty of dates without a report."""
    ordered = sorted(reports, key=lambda told: str(told["to"]), reverse=True)
    house = str(ordered[0]["house"]) if ordered else ""
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "title", f"Public reports of {house or 'this house'}")
    _add(root, "id", f"urn:sha256:{digest({'feed': FORMAT, 'house': house})}")
    _add(root, "updated", str(ordered[0]["to"]) if ordered else _instant(0.0))
    _add(_add(root, "author", ""), "name", house or "this house")
    ET.SubElement(root, "link", {"rel": "self", "href": FEED})
    for told in ordered:
        _entry(root, told)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def name_of(told: Mapping[str, object]) -> str:
    """Return the name of a report's files, without an ending: `report-` and its first day."""
    return f"report-{str(told['from'])[:10]}"


def signer_of(text: bytes) -> VerifyKey:
    """Return the key that a report names as its own; a reader compares it with the house's.

    Raises:
        PublicReportError: the file names no key.
    """
    try:
        return VerifyKey.from_hex(json.loads(text)["signature"]["public_key"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PublicReportError(f"this is no signed report ({type(error).__name__}: {error})") from error


def files(texts: Sequence[str], key: VerifyKey) -> dict[str, str]:
    """Return the whole folder of these signed reports, by name: JSON, CSV, and the feed.

    Raises:
        PublicReportError: one of them does not hold, or two periods overlap.
    """
    told = [verified_report(text.encode(), key) for text in texts]
    spans = sorted((str(one["from"]), str(one["to"])) for one in told)
    for before, after in pairwise(spans):
        if not before[1] <= after[0]:
            raise PublicReportError(f"the period from {after[0]} overlaps the one from {before[0]}")
    found = {f"{name_of(one)}.json": text for one, text in zip(told, texts, strict=True)}
    found |= {f"{name_of(one)}.csv": table(one) for one in told}
    return found | {FEED: feed(told)}


def _entry(root: ET.Element, told: Mapping[str, object]) -> None:
    entry, name = ET.SubElement(root, "entry"), name_of(told)
    _add(entry, "title", f"{str(told['from'])[:10]} to {str(told['to'])[:10]}")
    _add(entry, "id", f"urn:sha256:{digest(told)}")
    _add(entry, "updated", str(told["to"]))
    for ending, media in (("json", "application/json"), ("csv", "text/csv")):
        rel = "alternate" if ending == "json" else "related"
        ET.SubElement(entry, "link", {"rel": rel, "type": media, "href": f"{name}.{ending}"})
    _add(entry, "summary", _summary(told))


def _summary(told: Mapping[str, object]) -> str:
    """The totals in words; a total is of what is shown."""
    kinds, totals = told["kinds"], told["totals"]
    assert isinstance(kinds, dict), "a verified report"
    assert isinstance(totals, dict), "a verified report"
    parts = [f"{people} {kinds[kind]}" for kind, people in totals.items() if people]
    least = told["people_least"]
    shown = "; ".join(parts) if parts else "no count is large enough to be shown"
    return f"Of what is shown: {shown}. A count below {least} on either side is hidden."


def _cells(told: Mapping[str, object]) -> list[dict[str, object]]:
    cells = told["cells"]
    assert isinstance(cells, list), "a verified report"
    return cells


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text or None
    return child


def _plain(text: str) -> str:
    """A text that a table program does not take for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
