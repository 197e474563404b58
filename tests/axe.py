"""axe-core in the page of a browser: findings that are serious or critical, each with its element."""

from typing import Final

import pytest

from chromium import Chromium
from foreign.node import PACKAGES

_SCRIPT: Final = PACKAGES / "axe-core" / "axe.min.js"
_RUN: Final = """axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
  .filter((one) => ['serious', 'critical'].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`))"""

needs_axe = pytest.mark.skipif(
    not _SCRIPT.is_file(), reason="axe-core is missing: make system-packages, then make test"
)


def grave_findings(browser: Chromium) -> list[str]:
    """The findings of axe-core in the page as it stands now."""
    if not browser.ask("'axe' in globalThis"):
        browser.ask(_SCRIPT.read_text())
    return list(browser.ask(_RUN))
