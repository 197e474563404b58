"""Writes the tables of docs/reference.md that are made from code: `make tables`. Tests compare both."""

import json
import re
from pathlib import Path
from typing import Final

from dreamd.adapters import log_events
from dreamd.adapters.grpc.calls import method_rules
from dreamd.adapters.metrics import catalogue
from dreamd.adapters.recordings import columns
from dreamd.core.dreamscapes import states
from dreamd.core.guidelines import keys
from dreamd.core.guidelines.json_schema import json_schema
from dreamd.core.safety import evidence_ages
from sim import restarts

SCHEMA: Final = Path(__file__).resolve().parents[1] / "docs" / "guidelines.schema.json"
"""The JSON Schema of a bundle of guidelines, for editors."""
DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "reference.md"
TABLES: Final = {
    "state table": states.table_markdown,
    "evidence": evidence_ages.markdown,
    "metrics": catalogue.markdown,
    "log": log_events.markdown,
    "restarts": restarts.markdown,
    "recordings": columns.markdown,
    "roles": method_rules.matrix,
    "guideline keys": keys.markdown,
}
"""The text between `<!-- NAME -->` and `<!-- end of NAME -->`."""


def schema_text() -> str:
    """Return the JSON Schema as its file has it."""
    return json.dumps(json_schema(), indent=1) + "\n"


def main() -> None:
    """Write them."""
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        text, found = between.subn("".join((r"\1", table().replace("\\", r"\\"), r"\2")), text)
        assert found == 1, f"docs/reference.md has no place for the table {name}"
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
