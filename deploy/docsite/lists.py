"""An extension of griffe: a blank line before each list of a docstring, as Markdown needs it."""

import re
from typing import Any

from griffe import Extension, Object


class Lists(Extension):  # type: ignore[misc]  # griffe is in the lock `docs` alone
    """Puts the blank line in front of each list."""

    def on_object(self, *, obj: Object, **_kwargs: Any) -> None:  # noqa: ANN401 -- griffe's own signature
        """See griffe: called for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"(?m)^(?!- |  |$)(.*)\n(?=- )", r"\1\n\n", obj.docstring.value)
