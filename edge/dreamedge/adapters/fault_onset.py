"""When an injected malfunction begins: one object a bed, asked by everything in it that is to fail.

A pod counts from a moment it is given (its process's start), from its implant's first read, or from the
moment its sleeper is first merged: of a fleet nobody can say beforehand how long it takes to gather.
"""


class Onset:
    """The beginning of one bed's malfunction, by that bed's clock."""

    def __init__(self, after_s: float, since_ns: int | None = None, *, when_merged: bool = False) -> None:
        """`after_s` seconds after `since_ns` (None: the first read), or after the sleeper is first merged."""
        self._after_ns = round(after_s * 1e9)
        self._since_ns = None if when_merged else since_ns
        self._when_merged = when_merged

    @property
    def at_ns(self) -> int | None:
        """When it begins, None while that is not known."""
        return None if self._since_ns is None else self._since_ns + self._after_ns

    def read(self, now_ns: int) -> None:
        """The implant is read; the first time counts."""
        if self._since_ns is None and not self._when_merged:
            self._since_ns = now_ns

    def given(self, share: float, now_ns: int) -> None:
        """The sleeper is given a share of the others; the first time counts."""
        if self._since_ns is None and self._when_merged and share > 0.0:
            self._since_ns = now_ns

    def begun(self, now_ns: int) -> bool:
        """Whether it has."""
        at_ns = self.at_ns
        return at_ns is not None and now_ns >= at_ns
