"""`make docs`: stage the documents, add the pages of protocols and client, build the site.

Exit status: that of MkDocs, which is strict.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from docsite.protocols import pages

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).resolve().parent
STAGE: Final = ROOT / "build" / "docs" / "pages"
"""`docs_dir` of mkdocs.yml."""
DOCUMENTS: Final = (
    "*.md",
    "docs/**/*",
    "deploy/runbooks/*.md",
    "deploy/stage/**/README.md",
    "deploy/screens/*",
    "deploy/night.svg",
)
LINKED: Final = ("deploy/prometheus/alertmanager.yml", "deploy/grafana/boards/links.py")
"""Files that documents lead to and that are none."""


def stage() -> None:
    """Copy the documents to the places that they have in the tree, and write the made pages beside them."""
    shutil.rmtree(STAGE, ignore_errors=True)
    for pattern in (*DOCUMENTS, *LINKED):
        for path in ROOT.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                place = STAGE / path.relative_to(ROOT)
                place.parent.mkdir(parents=True, exist_ok=True)
                if path.suffix == ".md":
                    place.write_text(indented(path.read_text()))
                else:
                    shutil.copyfile(path, place)
    shutil.copytree(HERE / "assets", STAGE / "assets")
    made = STAGE / "api"
    made.mkdir()
    for name, text in pages(ROOT / "proto").items():
        (made / f"{name}.md").write_text(text)
    (made / "python.md").write_text(_client())


def indented(text: str) -> str:
    """Return Markdown as MkDocs reads it, of Markdown as forges do.

    Blocks within a list are indented by four spaces, not by two, and such an item ends with a blank line.
    """
    lines: list[str] = []
    fence, parted = -1, False
    for line in text.splitlines():
        own = len(line) - len(line.lstrip(" "))
        if fence < 0 and line.startswith("- "):
            if parted:
                lines.append("")
            parted = False
        parted |= not line
        lines.append(" " * (own if fence < 0 else fence) * bool(line.strip()) + line)
        if line.lstrip().startswith("```"):
            fence = own if fence < 0 else -1
    return "\n".join(lines) + "\n"


def _client() -> str:
    """The page of the Python client: each module that a program imports names from."""
    modules = sorted(path.stem for path in (ROOT / "proto" / "dreamapi").glob("[a-z]*.py"))
    parts = [f"## dreamapi.{name}\n\n::: dreamapi.{name}\n" for name in modules]
    return "# The Python client\n\n::: dreamapi\n    options: {members: []}\n\n" + "\n".join(parts)


def main() -> int:
    """Stage and build; the arguments go to MkDocs (`build`, or `serve` to look at it while writing)."""
    stage()
    mkdocs = Path(sys.executable).parent / "mkdocs"
    words = sys.argv[1:] or ["build"]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "true", "PYTHONPATH": str(ROOT / "proto")}
    command = [str(mkdocs), *words, "--strict", "-f", str(HERE / "mkdocs.yml")]
    return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
