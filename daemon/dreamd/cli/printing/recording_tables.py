"""Tables of recordings for the command line, and the same as JSON values."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.columns import PURPOSES, TABLES
from dreamd.adapters.recordings.manifest import Manifest
from dreamd.cli.printing.durations import lasts

_MB: Final = 1e6


def plain_table(*columns: str) -> Table:
    """A table without lines; the last column may fold."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column != columns[-1])
    return table


def utc(session_s: float) -> str:
    """The session time as UTC, to the second."""
    return datetime.fromtimestamp(session_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def state_of(manifest: Manifest) -> str:
    """How the recording has ended, in a few words."""
    if manifest.complete:
        return "complete"
    return (
        f"stopped: {manifest.stopped}" if manifest.stopped else "not closed: still being written, or cut off"
    )


def summary(path: Path, manifest: Manifest) -> dict[str, Any]:
    """The row of a list, as JSON."""
    return {
        "name": path.name,
        "path": str(path),
        "dreamscape": manifest.dreamscape,
        "began": utc(manifest.began_s),
        "duration_s": manifest.duration_s,
        "complete": manifest.complete,
        "stopped": manifest.stopped,
        "parts": len(directory.parts_of(path)),
        "ticks_missing": sum(hole.ticks for hole in manifest.holes),
        "bytes": sum(file.stat().st_size for file in path.glob(f"*/*{directory.SUFFIX}")),
    }


def recordings(rows: list[tuple[Path, Manifest]]) -> Table:
    """The table of `dreamd recording list`."""
    table = plain_table("recording", "began (UTC)", "lasts", "parts", "MB", "state")
    for path, manifest in rows:
        row = summary(path, manifest)
        hole = f", {row['ticks_missing']} ticks missing" if row["ticks_missing"] else ""
        table.add_row(
            row["name"],
            row["began"].removesuffix("Z").replace("T", " "),
            lasts(manifest.duration_s),
            str(row["parts"]),
            f"{row['bytes'] / _MB:.1f}",
            f"{state_of(manifest)}{hole}",
        )
    return table


def contents(recording: Any) -> dict[str, Any]:  # noqa: ANN401 - its module needs pyarrow
    """The content of a `Recording`, counted, as JSON."""
    manifest: Manifest = recording.manifest
    rows = dict.fromkeys(TABLES, 0)
    kinds: Counter[str] = Counter()
    for table in TABLES:
        for part in recording.minutes(table, ["kind"] if table == "events" else ["step"]):
            rows[table] += len(part)
            if table == "events":
                kinds.update(part.column("kind").to_pylist())
    return summary(recording.path, manifest) | {
        "state": state_of(manifest),
        "ended": utc(manifest.ended_s),
        "subjects": list(recording.subjects()),
        "rows": rows,
        "events": dict(sorted(kinds.items())),
        "research": _research(manifest),
        "rendering": _rendering(manifest),
        "features": list(manifest.features.names),
        "unit": manifest.features.unit,
        "segments": [
            {
                "segment": one.number,
                "began": utc(one.began_s),
                "daemon": one.daemon,
                "first_step": one.first_step,
            }
            for one in manifest.segments
        ],
        "holes": [{"after_step": one.after_step, "ticks": one.ticks} for one in manifest.holes],
        "unwritten_parts": recording.unwritten,
    }


def recording(found: dict[str, Any]) -> Group:
    """The page of `dreamd recording show`."""
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("Dreamscape", found["dreamscape"]),
        ("state", found["state"]),
        ("began, ended (UTC)", f"{found['began']}, {found['ended']}"),
        ("lasts", lasts(found["duration_s"])),
        ("people", f"{len(found['subjects'])}, as subjects {_numbers(found['subjects'])}"),
        ("research", _told_research(found["research"])),
        ("rendering", found["rendering"]),
        ("features", f"{len(found['features'])} in {found['unit']}: {', '.join(found['features'])}"),
        ("segments", "; ".join(f"{one['segment']} from {one['began']}" for one in found["segments"])),
        (
            "holes",
            "; ".join(f"{one['ticks']} ticks after step {one['after_step']}" for one in found["holes"]),
        ),
        ("events", ", ".join(f"{kind} {count}" for kind, count in found["events"].items())),
        ("lies in", found["path"]),
    ):
        if value:
            facts.add_row(Text(name, style="bold"), Text(str(value)))
    tables = plain_table("table", "rows", "what a row is")
    for table, purpose in PURPOSES.items():
        tables.add_row(table, f"{found['rows'][table]:,}", purpose)
    return Group(facts, Text(), tables)


def _research(manifest: Manifest) -> dict[str, Any] | None:
    told = manifest.research
    if told is None:
        return None
    return {"people": len(told.people), "without": len(told.without), "duo": sorted(told.codes)}


def _rendering(manifest: Manifest) -> str:
    """Whether a rendering asks in vain; it looks at the rows too."""
    told = manifest.research
    if told is None or told.unperformed is None:
        return "perform is not known, so no rendering"
    if manifest.intimate:
        return "intimate, so no rendering"
    if told.unperformed:
        return f"perform is not granted by {len(told.unperformed)} of {len(told.people)}, so no rendering"
    return f"perform is granted by all {len(told.people)}" if told.people else ""


def _told_research(told: dict[str, Any] | None) -> str:
    """Whether an export asks in vain; the export looks at the rows too."""
    if told is None:
        return "not known, so no export"
    if told["without"]:
        return f"not granted by {told['without']} of {told['people']}, so no export"
    return f"granted by all {told['people']}, under {', '.join(told['duo'])}" if told["people"] else ""


def _numbers(subjects: list[int]) -> str:
    whole = subjects == list(range(subjects[0], subjects[-1] + 1)) if subjects else False
    if whole and len(subjects) > 1:
        return f"{subjects[0]} to {subjects[-1]}"
    return ", ".join(map(str, subjects)) or "none"


def columns() -> dict[str, list[dict[str, str]]]:
    """Every column by table, as JSON."""
    return {
        table: [
            {"name": one.name, "type": one.kind, "unit": one.unit, "meaning": one.meaning} for one in columns
        ]
        for table, columns in TABLES.items()
    }


def column_tables() -> Group:
    """Every column by table, with unit and meaning."""
    parts: list[Table | Text] = []
    for name, columns_ in TABLES.items():
        table = plain_table(name, "unit", "meaning")
        for one in columns_:
            table.add_row(one.name, one.unit, one.meaning)
        parts += [table, Text()]
    return Group(*parts)
