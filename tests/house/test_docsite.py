"""The site of the documentation: its menu is the tree's, and its pages hold what the protocols declare."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from docsite.__main__ import indented
from docsite.protocols import pages
from dreamapi.v1 import dreamscapes_pb2, severs_pb2

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy" / "docsite" / "mkdocs.yml"


class _Loader(yaml.SafeLoader):
    """Reads the one tag of MkDocs' file as nothing."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda _loader, _suffix, _node: None)


def menu(entry: Any) -> list[str]:  # noqa: ANN401 -- whatever YAML holds
    """Every page below an entry of the menu."""
    if isinstance(entry, str):
        return [entry]
    children = entry if isinstance(entry, list) else entry.values()
    return [page for child in children for page in menu(child)]


def test_the_menu_holds_every_page_of_the_documents() -> None:
    """Each document and each .proto is in the menu once, and no entry leads to a page that is not there."""
    config = yaml.load(CONFIG.read_text(), _Loader)
    found = menu(config["nav"])
    documents = {
        str(path.relative_to(ROOT)) for place in (ROOT, ROOT / "docs") for path in place.glob("*.md")
    }
    lists = {f"{place}/README.md" for place in ("docs/decisions", "deploy/runbooks", "deploy/stage")}
    protos = {f"api/{path.stem}.md" for path in (ROOT / "proto").glob("dream*/v1/*.proto")}
    assert sorted(found) == sorted({*documents, *lists, *protos, "api/python.md"})


def test_a_page_of_a_protocol_holds_all_that_it_declares() -> None:
    """Each method, message, field and value has a row with its comment, and no sign of it is HTML."""
    made = pages(ROOT / "proto")
    for module, name in ((dreamscapes_pb2, "dreamscapes"), (severs_pb2, "severs")):
        file = module.DESCRIPTOR
        for service in file.services_by_name.values():
            assert all(f"| `{method.name}` |" in made[name] for method in service.methods)
        for message in file.message_types_by_name.values():
            assert f"\n### {message.name}\n" in made[name]
            assert all(f"| `{field.name}` |" in made[name] for field in message.fields)
    assert (
        "| `reason` | string | May be empty: leaving needs no reason. Cut to 500 characters. |"
        in made["severs"]
    )
    assert "| `WatchCollective` | `WatchCollectiveRequest` | stream of `Collective` |" in made["dreamscapes"]
    assert "### OrderSeverRequest.Scope" in made["severs"]
    assert "<" not in "".join(made.values()).replace("&lt;", "")


@pytest.mark.parametrize(
    ("forge", "site"),
    [
        ("- a\n  b\n- c\n", "- a\n    b\n- c\n"),
        ("- a\n\n  ```\n  x\n    y\n  ```\n- c\n", "- a\n\n    ```\n    x\n      y\n    ```\n\n- c\n"),
        ("```\n  x\n- y\n```\n", "```\n  x\n- y\n```\n"),
    ],
    ids=["text", "a block", "code"],
)
def test_lists_read_on_the_site_as_on_a_forge(forge: str, site: str) -> None:
    """The blocks of an item are indented by four; code keeps its own columns."""
    assert indented(forge) == site
