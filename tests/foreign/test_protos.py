"""The protos for users of other languages."""

import re
from pathlib import Path

import pytest

from foreign.node import PACKAGES, ROOT, needs_node, node

PROTOS = sorted((ROOT / "proto").glob("*/v1/*.proto"))
OPTIONS = ("go_package", "java_package", "java_multiple_files", "java_outer_classname")


@needs_node
def test_buf_has_nothing_to_say() -> None:
    """`buf lint` finds nothing by its standard rules and its rules of comments."""
    done = node(PACKAGES / "@bufbuild" / "buf" / "bin" / "buf", "lint")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("proto", PROTOS, ids=lambda path: path.name)
def test_other_languages_have_their_packages(proto: Path) -> None:
    """Each file names its Go package and its Java package, in several files, as the generators require."""
    text = proto.read_text()
    missing = [option for option in OPTIONS if not re.search(rf"^option {option} = .+;$", text, re.MULTILINE)]
    assert not missing
