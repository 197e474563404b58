"""A page for each .proto file, from its own comments: services, methods, messages, enumerations."""

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import run
from typing import Final

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

Path_ = tuple[int, ...]
_LITERAL: Final = str.maketrans({"<": "&lt;", "[": r"\[", "_": r"\_", "*": r"\*"})
"""Characters that mean something to Markdown, and stand for themselves in a comment."""
_MESSAGE, _ENUM, _SERVICE = 4, 5, 6
"""Numbers of the fields of FileDescriptorProto, which are the steps of a comment's path."""
_KINDS: Final = {
    number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()
}


def pages(protos: Path) -> dict[str, str]:
    """Return the page of each .proto file below a directory, by its name without the ending."""
    files = sorted(protos.glob("dream*/v1/*.proto"))
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "set"
        words = ["--include_source_info", f"--descriptor_set_out={out}", "-I", str(protos)]
        run([sys.executable, "-m", "grpc_tools.protoc", *words, *map(str, files)], check=True)
        found = FileDescriptorSet.FromString(out.read_bytes())
    return {Path(file.name).stem: "\n".join(_page(file)) + "\n" for file in found.file}


def _page(file: FileDescriptorProto) -> Iterator[str]:
    comments = _Comments(file)
    yield f"# {file.name}"
    yield ""
    yield comments.of_file
    for number, service in enumerate(file.service):
        place: Path_ = (_SERVICE, number)
        yield from (f"\n## {service.name}\n", comments.at(place), "")
        yield from ("| method | request | answer | |", "|---|---|---|---|")
        for at, method in enumerate(service.method):
            asked = _streamed(method.input_type, streams=method.client_streaming)
            answer = _streamed(method.output_type, streams=method.server_streaming)
            yield f"| `{method.name}` | {asked} | {answer} | {_cell(comments.at((*place, 2, at)))} |"
    for number, message in enumerate(file.message_type):
        yield from _message(message, (_MESSAGE, number), comments, "")
    for number, enum in enumerate(file.enum_type):
        yield from _enum(enum, (_ENUM, number), comments, "")


def _message(message: DescriptorProto, place: Path_, comments: "_Comments", outer: str) -> Iterator[str]:
    name = f"{outer}{message.name}"
    yield from (f"\n### {name}\n", comments.at(place), "")
    if message.field:
        yield from ("| field | type | |", "|---|---|---|")
    maps = {one.name: one for one in message.nested_type if one.options.map_entry}
    for number, field in enumerate(message.field):
        entry = maps.get(field.type_name.rpartition(".")[2])
        kind = f"map of {_kind(entry.field[0])} to {_kind(entry.field[1])}" if entry else _kind(field)
        many = "repeated " if field.label == field.LABEL_REPEATED and not entry else ""
        optional = "optional " if field.proto3_optional else ""
        yield f"| `{field.name}` | {many}{optional}{kind} | {_cell(comments.at((*place, 2, number)))} |"
    for number, enum in enumerate(message.enum_type):
        yield from _enum(enum, (*place, 4, number), comments, f"{name}.")
    for number, inner in enumerate(message.nested_type):
        if not inner.options.map_entry:
            yield from _message(inner, (*place, 3, number), comments, f"{name}.")


def _enum(enum: EnumDescriptorProto, place: Path_, comments: "_Comments", outer: str) -> Iterator[str]:
    yield from (
        f"\n### {outer}{enum.name}\n",
        comments.at(place),
        "",
        "| value | number | |",
        "|---|---|---|",
    )
    for number, value in enumerate(enum.value):
        yield f"| `{value.name}` | {value.number} | {_cell(comments.at((*place, 2, number)))} |"


def _kind(field: FieldDescriptorProto) -> str:
    return _named(field.type_name) if field.type_name else _KINDS[field.type]


def _streamed(name: str, *, streams: bool) -> str:
    return f"stream of {_named(name)}" if streams else _named(name)


def _named(name: str) -> str:
    """The name without the package, as code."""
    return f"`{re.sub(r'^[.](dreamapi|dreamwire)[.]v1[.]', '', name).lstrip('.')}`"


def _cell(text: str) -> str:
    """Text that stays in one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


class _Comments:
    """The comments of a file, by the path of what they precede. of_file: the one in front of all."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._at: dict[Sequence[int], str] = {}
        for location in file.source_code_info.location:
            self._at[tuple(location.path)] = _safe(location.leading_comments)
        detached = [
            one for place in file.source_code_info.location for one in place.leading_detached_comments
        ]
        self.of_file = self.at((12,)) or self.at((2,)) or (_safe(detached[0]) if detached else "")

    def at(self, place: Path_) -> str:
        """Return the comment in front of what stands there; empty: none."""
        return self._at.get(place, "")


def _safe(comment: str) -> str:
    """A comment as Markdown: no space behind the slashes, a blank line before a list, signs as text."""
    lines = [line.removeprefix(" ") for line in comment.strip("\n").splitlines()]
    text = re.sub(r"^(- )", r"\n\1", "\n".join(lines), count=1, flags=re.MULTILINE)
    parts = text.split("`")  # what is between two backticks is code, and stands for itself
    return "`".join(part if number % 2 else part.translate(_LITERAL) for number, part in enumerate(parts))
