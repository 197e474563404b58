"""How deep the tests go. `make test` has minutes; `make soak` sets DREAMD_LONG and takes what time it needs.

`make soak` runs the parts that `make test` omits to save time: more seeds, longer nights, more examples. The
files that read this module are the ones that `make soak` names.
"""

import os
from typing import Final

LONG_VARIABLE: Final = "DREAMD_LONG"
"""The daemon would refuse it as a setting it lacks, so no program of ours is started with it."""
LONG: Final = bool(os.environ.get(LONG_VARIABLE))


def examples(few: int) -> int:
    """How many examples of a property to try: `few`, or ten times as many."""
    return 10 * few if LONG else few
