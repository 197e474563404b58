"""Generated code matches the protos."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from grpc_tools import protoc

from dreamd.core import limits

ROOT = Path(__file__).parents[2] / "proto"
V1 = ROOT / "dreamapi" / "v1"
WELL_KNOWN = str(files("grpc_tools") / "_proto")


def test_generated_code_has_not_drifted(tmp_path: Path) -> None:
    """Generating again gives the committed code byte for byte."""
    protos = sorted(str(proto.relative_to(ROOT)) for proto in V1.glob("*.proto"))
    out = [f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    assert protoc.main(["protoc", f"-I{ROOT}", f"-I{WELL_KNOWN}", *out, *protos]) == 0
    made = {path.name: path.read_text() for path in (tmp_path / "dreamapi" / "v1").iterdir()}
    kept = {path.name: path.read_text() for path in V1.glob("*_pb2*.py*")}
    assert made == kept


@pytest.mark.parametrize("proto", sorted(V1.glob("*.proto")), ids=lambda path: path.name)
def test_protos_open_with_what_they_are_for(proto: Path) -> None:
    """Each proto opens with its theory of operation and has the package dreamapi.v1."""
    text = proto.read_text()
    assert text.startswith("// ")
    assert "\npackage dreamapi.v1;\n" in text


def described(folder: Path) -> list[FileDescriptorProto]:
    """The project's protos with the comments of their source."""
    kept = folder / "set"
    protos = sorted(str(proto.relative_to(ROOT)) for proto in ROOT.glob("*/v1/*.proto"))
    arguments = [f"-I{ROOT}", f"-I{WELL_KNOWN}", f"--descriptor_set_out={kept}", "--include_source_info"]
    assert protoc.main(["protoc", *arguments, *protos]) == 0
    return list(FileDescriptorSet.FromString(kept.read_bytes()).file)


Path_ = tuple[int, ...]


def declared(file: FileDescriptorProto) -> Iterator[tuple[Path_, str]]:
    """The path and name of each declaration, with the path as descriptor.proto counts it."""
    for at, message in enumerate(file.message_type):
        yield from _in_message((4, at), message)
    for at, enum in enumerate(file.enum_type):
        yield from _in_enum((5, at), enum)
    for at, service in enumerate(file.service):
        yield (6, at), service.name
        for number, method in enumerate(service.method):
            yield (6, at, 2, number), f"{service.name}.{method.name}"


def _in_message(path: Path_, message: DescriptorProto, within: str = "") -> Iterator[tuple[Path_, str]]:
    if message.options.map_entry:
        return
    name = f"{within}{message.name}"
    yield path, name
    for at, field in enumerate(message.field):
        yield (*path, 2, at), f"{name}.{field.name}"
    for at, nested in enumerate(message.nested_type):
        yield from _in_message((*path, 3, at), nested, f"{name}.")
    for at, enum in enumerate(message.enum_type):
        yield from _in_enum((*path, 4, at), enum, f"{name}.")


def _in_enum(path: Path_, enum: EnumDescriptorProto, within: str = "") -> Iterator[tuple[Path_, str]]:
    yield path, f"{within}{enum.name}"
    for at, value in enumerate(enum.value):
        yield (*path, 2, at), f"{within}{enum.name}.{value.name}"


def test_everything_has_its_comment(tmp_path: Path) -> None:
    """Each message, field, enum, value, service and method of both protos has a comment in front."""
    silent = []
    for file in described(tmp_path):
        said = {tuple(one.path) for one in file.source_code_info.location if one.leading_comments.strip()}
        silent += [f"{file.name}: {name}" for path, name in declared(file) if path not in said]
    assert not silent


def test_the_limits_in_the_comments_are_the_codes() -> None:
    """Every number in the API's comments equals the one in `core.limits`."""
    lines = [
        line.strip(" /") for proto in sorted(V1.glob("*.proto")) for line in proto.read_text().split("\n")
    ]
    text, mib = " ".join(lines), 1 << 20
    promised = {
        f"A request holds at most {limits.REQUEST_BYTES_MAX // mib} MiB": 4,
        f"0: {limits.PAGE_DEFAULT}; at most {limits.PAGE_MOST}. A page also ends before it would exceed "
        f"{limits.PAGE_BYTES_MAX // mib} MiB.": 4,
        f"thousand seats holds up to {limits.ANSWER_BYTES_MAX // mib} MiB": 1,
        f"at most {limits.WATCHERS_MAX} open watches": 2,
        f"At most {limits.PODS_IN_A_MESSAGE} in one message": 1,
        f"At most {limits.EVENTS_IN_A_MESSAGE}, oldest first": 1,
        f"ut to {limits.REASON_MAX} characters": 8,
        f"At most {limits.REQUEST_ID_MAX} printable characters": 5,
        f"seats_min to {limits.SEATS_MAX:,}": 1,
        f"0..{limits.ARTIST_SHARE_MOST}; 0:": 1,
        f"at least {limits.RAMP_MIN_S:.0f} s. Absent: {limits.RAMP_DEFAULT_S:.0f} s": 1,
    }
    found = {said: text.count(said) for said in promised}
    assert all(found[said] >= times for said, times in promised.items()), found
