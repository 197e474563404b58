"""`dreamd me export DIR`: all that the house keeps of a sleeper, as files that other programs read.

The signal itself is not here: it lies at the bed alone. The README of the export names, for each night, the
command that cuts it out of the recordings of that bed.
"""

import argparse
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import dreamapi
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1 import letters_pb2 as letters
from dreamd.cli.client import NothingAskedError, as_json, print_json
from dreamd.cli.me.letter import write_private
from dreamd.cli.me.sleeper import add_verb

Files = dict[str, str]
NIGHT_COLUMNS: Final = ("night", "bed", "begin", "end", "planned_min", "lived_min", "oneself")
SPAN_COLUMNS: Final = ("night", "begin", "end")
STOP_COLUMNS: Final = ("night", "at", "cause")


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `export`."""
    does = "write everything the house keeps of the sleeper into a new directory"
    export = add_verb(verbs, "export", _export, f"{does}: JSON, CSV, receipts, FHIR, letters", reads=False)
    export.add_argument("directory", metavar="DIR", type=Path, help="does not exist yet, or is empty")


async def _export(api: dreamapi.Api, args: argparse.Namespace) -> None:
    directory: Path = args.directory
    if _used(directory):
        raise NothingAskedError(f"{directory} exists and is not empty; name a new directory")
    files = await gathered(api, args.sleeper)
    try:
        _write(directory, files)
    except OSError as error:
        raise NothingAskedError(f"{error.filename} cannot be written ({error.strerror})") from error
    if args.json:
        print_json(sorted(files))
    else:
        print(f"{directory}: {len(files)} files; begin with README.txt")


def _used(directory: Path) -> bool:
    return directory.exists() and (not directory.is_dir() or any(directory.iterdir()))


def _write(directory: Path, files: Files) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, text)


async def gathered(api: dreamapi.Api, sleeper: str) -> Files:
    """Ask the daemon for everything, and return the files by name."""
    consent = await api.consents.consent_of(sleeper)
    grants = await api.consents.list_grants(sleeper)
    dose = await api.exposure.dose_of(sleeper)
    nights = await api.exposure.nights_of(sleeper)
    kept = await api.letters.letters_of(sleeper)
    files = {
        "consent.json": _json(as_json(consent)),
        "grants.json": _json([as_json(one) for one in grants]),
        "dose.json": _json(as_json(dose)),
    }
    for grant in grants:
        receipt = await api.consents.receipt(sleeper, grant.revision)
        files[f"receipts/consent-{grant.revision}.json"] = receipt.document.decode()
        files[f"fhir/consent-{grant.revision}.json"] = receipt.fhir.decode() + "\n"
    house = await api.consents.export(sleeper)
    files |= {f"house/{path}": content.decode() for path, content in house.items()}
    facts = [json.loads(one.facts) for one in kept]
    files |= _letters(kept) | _tables(nights, facts)
    return files | {"README.txt": readme(files, facts)}


def _letters(kept: Iterable[letters.Letter]) -> Files:
    files: Files = {}
    for one in kept:
        night = one.name.rpartition("/")[2]
        files[f"letters/{night}.txt"] = one.text.decode()
        files[f"letters/{night}.html"] = one.html.decode()
        files[f"nights/{night}.json"] = _json(json.loads(one.facts))
    return files


def _tables(nights: Iterable[exposure.Night], facts: list[dict[str, Any]]) -> Files:
    told = {one["night"]: one for one in facts}
    spans = ((one["night"], _at(s["begin_s"]), _at(s["end_s"])) for one in facts for s in one["spans"])
    stops = ((one["night"], _at(s["at_s"]), s["cause"]) for one in facts for s in one["stops"])
    return {
        "nights.csv": _csv(NIGHT_COLUMNS, (_row(one, told) for one in nights)),
        "merges.csv": _csv(SPAN_COLUMNS, spans),
        "stops.csv": _csv(STOP_COLUMNS, stops),
    }


def _row(night: exposure.Night, told: Mapping[str, Mapping[str, Any]]) -> Iterator[object]:
    name = night.name.rpartition("/")[2]
    facts = told.get(name, {})
    yield from (name, facts.get("bed", ""))
    yield from (_iso(night.begin_time.seconds), _iso(night.end_time.seconds))
    yield night.planned_min if night.HasField("planned_min") else ""
    yield night.lived_min if night.HasField("lived_min") else ""
    yield facts.get("oneself", "")


def _at(at_s: float | None) -> str:
    return "" if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")


def _iso(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat() if at_s else ""


def _csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def readme(files: Iterable[str], facts: Iterable[Mapping[str, Any]]) -> str:
    """Return the README of an export: its files, and how to get the signal from the bed."""
    held = sorted({name.partition("/")[0] for name in files})
    cuts = [
        f"  dreamedge cut DIR --pod {one['bed']} --from {_at(one['begin_s'])} --until {_at(one['end_s'])}"
        " --to OUT"
        for one in facts
        if one["bed"]
    ]
    lines = [_README.strip(), "", "In this directory: " + ", ".join(held) + "."]
    if cuts:
        lines += ["", *_SIGNAL.strip().splitlines(), *cuts]
    return "\n".join(lines) + "\n"


_README: Final = """
All that the house keeps of one sleeper, as it was when this was made.

consent.json   the consent as it stands, with what may be used now
grants.json    every grant, newest first
receipts/      the receipt of each grant (ISO/IEC TS 27560), signed;
               dreamd receipt verify FILE --key daemon.pub
fhir/          the same as HL7 FHIR R5 Consent
dose.json      merge-minutes of 24 hours and 7 days against their limits
nights.csv     each night: bed, times (UTC), merge-minutes planned and lived
merges.csv     each time of a merge, by the bed's own clock (UTC)
stops.csv      each stop with its cause; the words are those of docs/reference.md
nights/        every fact of each night as JSON
letters/       the morning letters, as text and as pages
"""
_SIGNAL: Final = """
The signal (EDF+) is not in the house: where a bed recorded it, it lies on the machine of that bed alone.
There, with DIR the directory of its recordings (dreamedge run --record DIR), these commands write your part
of it to OUT:
"""
