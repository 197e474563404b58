"""Generated code: the committed files match the .proto files."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from google import protobuf

PROTO = Path(__file__).resolve().parents[2] / "proto"
SOURCES = sorted(path.relative_to(PROTO) for path in PROTO.rglob("*.proto"))

pytestmark = pytest.mark.skipif(
    find_spec("grpc_tools") is None, reason="grpcio-tools is not installed; it comes with the extra `dev`"
)


def _has_service(source: Path) -> bool:
    return re.search(r"^service\s", (PROTO / source).read_text(), re.MULTILINE) is not None


def _outputs(source: Path) -> list[Path]:
    suffixes = ["_pb2.py", "_pb2.pyi"] + (["_pb2_grpc.py"] if _has_service(source) else [])
    return [source.with_name(source.stem + suffix) for suffix in suffixes]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run protoc once for all .proto files into a fresh folder."""
    folder = tmp_path_factory.mktemp("generated")
    site = Path(protobuf.__file__).parents[2]
    options = [f"-I{PROTO}", f"-I{site}", f"--python_out={folder}", f"--pyi_out={folder}"]
    files = [str(source) for source in SOURCES]
    command = [sys.executable, "-m", "grpc_tools.protoc", *options, f"--grpc_python_out={folder}", *files]
    subprocess.run(command, check=True, cwd=PROTO, timeout=60)
    return folder


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_committed_code_is_what_the_proto_generates(source: Path, generated: Path) -> None:
    """Each generated file equals the committed one byte for byte: after an edit, run `make proto`."""
    for output in _outputs(source):
        assert (PROTO / output).read_text() == (generated / output).read_text(), f"{output}: run `make proto`"


def test_no_generated_file_has_lost_its_source() -> None:
    """Every generated file belongs to a .proto file that still exists."""
    stems = {source.with_suffix("") for source in SOURCES}
    for path in PROTO.rglob("*_pb2*.py*"):
        if "__pycache__" not in path.parts:
            relative = path.relative_to(PROTO)
            assert relative.with_name(relative.name.split("_pb2")[0]) in stems, f"{relative} has no .proto"
