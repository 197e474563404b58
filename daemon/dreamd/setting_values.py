"""The keys of settings, and the values that several of them take."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "DREAMD_"
A_FILE: Final = "a file's path"


class UnfitError(ValueError):
    """A value that a key cannot have; a message says more than the key's own `expected`."""


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `read` turns a TOML value or a text into the value, or raises ValueError."""

    name: str
    default: Any
    read: Callable[[object], Any]
    expected: str
    meaning: str

    @property
    def field(self) -> str:
        """`grpc_port` of `grpc.port`."""
        return self.name.replace(".", "_")

    @property
    def flag(self) -> str:
        """`--grpc-port` of `grpc.port`."""
        return "--" + self.field.replace("_", "-")

    @property
    def variable(self) -> str:
        """`DREAMD_GRPC_PORT` of `grpc.port`."""
        return PREFIX + self.field.upper()


def path(given: object) -> Path:
    """A path, made absolute."""
    if not isinstance(given, str) or not given:
        raise UnfitError
    return Path(given).expanduser().absolute()


def file(given: object) -> str:
    """A file's path; empty: none."""
    return "" if given == "" else str(path(given))
