"""Generated code is what the protos say."""

from importlib.resources import files
from pathlib import Path

import pytest
from grpc_tools import protoc

ROOT = Path(__file__).parents[2] / "proto"
V1 = ROOT / "dreamapi" / "v1"
WELL_KNOWN = str(files("grpc_tools") / "_proto")


def test_generated_code_has_not_drifted(tmp_path: Path) -> None:
    """Generating again gives byte for byte what is committed."""
    protos = sorted(str(proto.relative_to(ROOT)) for proto in V1.glob("*.proto"))
    out = [f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    assert protoc.main(["protoc", f"-I{ROOT}", f"-I{WELL_KNOWN}", *out, *protos]) == 0
    made = {path.name: path.read_text() for path in (tmp_path / "dreamapi" / "v1").iterdir()}
    kept = {path.name: path.read_text() for path in V1.glob("*_pb2*.py*")}
    assert made == kept


@pytest.mark.parametrize("proto", sorted(V1.glob("*.proto")), ids=lambda path: path.name)
def test_protos_open_with_what_they_are_for(proto: Path) -> None:
    """The theory of operation opens the file, and the package is dreamapi.v1."""
    text = proto.read_text()
    assert text.startswith("// ")
    assert "\npackage dreamapi.v1;\n" in text
