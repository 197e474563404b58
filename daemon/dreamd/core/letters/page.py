"""The page of a letter: HTML without scripts, pictures or other files, light or dark, one sheet in print."""

from collections.abc import Sequence
from html import escape
from typing import Final, Protocol

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1d22; --soft: #5b6069; --paper: #fbfaf7; --line: #d9d5cb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececee; --soft: #a5a9b3; --paper: #15171c; --line: #343842; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); }
body { font: 1rem/1.5 Georgia, "Times New Roman", serif; }
main { max-width: 38rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1rem; margin: 1.15rem 0 .2rem; padding-top: .7rem; border-top: 1px solid var(--line); }
p, ul { margin: .25rem 0; }
ul { padding-left: 1.25rem; }
.opening { color: var(--soft); }
@media print {
  @page { margin: 14mm 18mm; }
  :root { color-scheme: light; --ink: #000; --soft: #333; --paper: #fff; --line: #999; }
  :root, body { font-size: 10pt; line-height: 1.35; }
  main { max-width: none; padding: 0; }
  h1 { font-size: 1.4rem; }
  h2 { margin-top: .6rem; padding-top: .45rem; }
  h2, li { break-inside: avoid; }
  h2 { break-after: avoid; }
}
""".strip()


class Part(Protocol):
    """A part of a page."""

    @property
    def heading(self) -> str:
        """Its heading."""
        ...

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences below it."""
        ...

    @property
    def rows(self) -> tuple[str, ...]:
        """The list below them."""
        ...


def page(title: str, opening: str, parts: Sequence[Part], language: str) -> str:
    """Return the whole page. language: BCP 47."""
    body = "\n".join(_part(part, f"part-{number}") for number, part in enumerate(parts, 1))
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="opening">{escape(opening)}</p>\n{body}\n'
        "</main>\n</body>\n</html>\n"
    )


def _part(part: Part, name: str) -> str:
    sentences = f"<p>{escape(' '.join(part.sentences))}</p>\n" if part.sentences else ""
    rows = "".join(f"<li>{escape(row)}</li>\n" for row in part.rows)
    rows = f"<ul>\n{rows}</ul>\n" if rows else ""
    heading = f'<h2 id="{name}">{escape(part.heading)}</h2>'
    return f'<section aria-labelledby="{name}">\n{heading}\n{sentences}{rows}</section>'
