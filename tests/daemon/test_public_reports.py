"""The published files of public reports: signature, table and feed."""

import csv
import json
from io import StringIO

import pytest
from defusedxml import ElementTree

from dreamd.adapters.documents.public_reports import (
    FEED,
    PublicReportError,
    document,
    feed,
    files,
    sign_report,
    verified_report,
)
from dreamd.core.public_report.cells import Period, report
from dreamd.core.public_report.kinds import Kind
from dreamwire.signing import SigningKey

ATOM = "{http://www.w3.org/2005/Atom}"
KEY = SigningKey.generate()


def text_of(first: int = 20_000, site: str = "north", key: SigningKey = KEY) -> str:
    """The signed file of a report of 28 days."""
    people = {(site, Kind.SLEPT): {str(n) for n in range(40)}, (site, Kind.MERGED): {"1", "2", "3"}}
    return sign_report(document(report(people, (), Period(first, first + 28), 5), "House Ash"), key)


def test_a_report_is_verified_by_the_public_key_alone() -> None:
    """The signed file holds; a changed count, another layout and another key are each told apart."""
    text = text_of()
    told = verified_report(text.encode(), KEY.public)
    assert (told["from"], told["to"]) == ("2024-10-04T12:00:00Z", "2024-11-01T12:00:00Z")
    for changed in (text.replace('"people": 40', '"people": 45'), text + " ", text.replace("null", "0")):
        assert changed != text
        with pytest.raises(PublicReportError, match="changed since"):
            verified_report(changed.encode(), KEY.public)
    with pytest.raises(PublicReportError, match="another key"):
        verified_report(text_of(key=SigningKey.generate()).encode(), KEY.public)
    with pytest.raises(PublicReportError, match="no signed report"):
        verified_report(b"[]", KEY.public)


def test_a_signature_of_something_else_is_no_report() -> None:
    """A signed document of another format is refused by name."""
    with pytest.raises(PublicReportError, match="another format"):
        verified_report(sign_report({"format": "dreamd public report 2"}, KEY).encode(), KEY.public)


def test_a_hidden_cell_is_empty_in_the_table_and_null_in_json() -> None:
    """The table says `no` for a hidden cell; no number below five stands in any file."""
    found = files([text_of()], KEY.public)
    rows = list(csv.DictReader(StringIO(found["report-2024-10-04.csv"])))
    assert {row["kind"]: (row["people"], row["shown"]) for row in rows}["slept"] == ("40", "yes")
    assert {row["kind"]: (row["people"], row["shown"]) for row in rows}["merged"] == ("", "no")
    told = json.loads(found["report-2024-10-04.json"])["report"]
    assert {one["people"] for one in told["cells"]} == {40, None}


def test_a_site_is_no_formula() -> None:
    """A site whose name begins as a formula does is text in a table program."""
    found = files([text_of(site="=1+1")], KEY.public)["report-2024-10-04.csv"]
    assert ",'=1+1,slept" in found


def test_the_feed_has_what_atom_asks_for() -> None:
    """RFC 4287: id, title, updated and an author of the feed; id, title, updated and a link of each entry."""
    found = files([text_of(20_000), text_of(20_028)], KEY.public)
    root = ElementTree.fromstring(found[FEED].encode())
    assert root.tag == f"{ATOM}feed"
    assert root.find(f"{ATOM}author/{ATOM}name").text == "House Ash"
    entries = root.findall(f"{ATOM}entry")
    for one in (root, *entries):
        assert all(one.find(ATOM + name).text for name in ("id", "title", "updated"))
    assert [one.find(f"{ATOM}link").get("href") for one in entries] == [
        "report-2024-11-01.json",
        "report-2024-10-04.json",
    ]
    assert len({one.find(f"{ATOM}id").text for one in entries}) == 2
    assert "40 people who checked in" in entries[0].find(f"{ATOM}summary").text


def test_a_feed_without_reports_is_a_feed() -> None:
    """Before the first report the feed has no entry."""
    assert ElementTree.fromstring(feed([]).encode()).findall(f"{ATOM}entry") == []


def test_reports_of_one_time_are_no_folder() -> None:
    """Two reports whose periods overlap are refused: their difference would tell of one person."""
    with pytest.raises(PublicReportError, match="overlaps"):
        files([text_of(20_000), text_of(20_014)], KEY.public)
