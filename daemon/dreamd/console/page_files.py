"""The files of the console's pages, read once.

Nothing is written into a page but two lines in the head of a site's, which name its viewer.
"""

from importlib.resources import files
from typing import Final

MEDIA: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEAD_END: Final = "</head>"
_SIGNED_IN: Final = (
    '<link rel="stylesheet" href="/console/session.css">\n'
    '<script type="module" src="/console/session.js"></script>\n'
)


class PageFiles:
    """The pages by name without ending, and the other files by name with their media types."""

    def __init__(self, *, in_site: bool) -> None:
        """in_site: the page of the house names its viewer."""
        self.files: dict[str, tuple[str, bytes]] = {}
        self.pages: dict[str, bytes] = {}
        for file in files("dreamd.console").joinpath("page").iterdir():
            stem, _, ending = file.name.rpartition(".")
            media = MEDIA.get(f".{ending}")
            if ending == "html":
                self.pages[stem] = file.read_bytes()
            elif media is not None:
                self.files[file.name] = (media, file.read_bytes())
        page = self.pages["index"].decode()
        assert _HEAD_END in page
        if in_site:
            self.pages["index"] = page.replace(_HEAD_END, _SIGNED_IN + _HEAD_END, 1).encode()
