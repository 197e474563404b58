"""The specs of renderers: one, or several with commas between them."""

import re
from typing import Final

NULL: Final = "null"
_BETWEEN: Final = re.compile(r",(?=(?:null|wav|sound|osc|serial)(?:[:,]|$))")
"""A comma before another renderer; names of devices and files may hold commas too."""


def specs_of(spec: str) -> tuple[str, ...]:
    """The renderers that `spec` names, one by one."""
    return tuple(_BETWEEN.split(spec))


def kinds_of(spec: str) -> str:
    """The kinds that `spec` names, joined by commas, without files, devices and addresses; `null` alone."""
    kinds = [one.partition(":")[0] for one in specs_of(spec)]
    return ",".join(kind for kind in dict.fromkeys(kinds) if kind != NULL) or NULL
