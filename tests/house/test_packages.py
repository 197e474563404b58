"""The files of wheel and source distribution besides the code."""

from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("dreamapi", "dreamd", "dreamedge", "dreamwire")


def test_the_wheel_holds_types_and_protos() -> None:
    """Each package is typed for its users' mypy, and other languages find the .proto files."""
    held = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {f"{package}/py.typed" for package in PACKAGES} <= held
    protos = {str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto").glob("*/v1/*.proto")}
    assert protos <= held


def test_the_source_distribution_holds_the_documents() -> None:
    """README's links also lead to pages, records, pictures and runbooks in the source distribution."""
    held = {file.distribution_path for file in SdistBuilder(str(ROOT)).recurse_included_files()}
    documents = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "deploy" / "runbooks").glob("*.md"),
    ]
    pictures = [ROOT / "deploy" / "night.svg", *(ROOT / "deploy" / "screens").iterdir()]
    assert {str(path.relative_to(ROOT)) for path in (*documents, *pictures)} <= held
