"""The onset of an injected malfunction: one object per bed, read by every part of it that is to fail.

The onset is counted from a given moment (the start of the process), from the implant's first read, or from
the moment the sleeper is first merged. The last is needed for a fleet, as the time it takes to gather is not
known beforehand.
"""


class Onset:
    """The onset of one bed's malfunction, by that bed's clock."""

    def __init__(self, after_s: float, since_ns: int | None = None, *, when_merged: bool = False) -> None:
        """`after_s` seconds after `since_ns` (None: the first read), or after the sleeper is first merged."""
        self._after_ns = round(after_s * 1e9)
        self._since_ns = None if when_merged else since_ns
        self._when_merged = when_merged

    @property
    def at_ns(self) -> int | None:
        """The onset, or None while it is not known."""
        return None if self._since_ns is None else self._since_ns + self._after_ns

    def on_read(self, now_ns: int) -> None:
        """Record that the implant is read; only the first call counts."""
        if self._since_ns is None and not self._when_merged:
            self._since_ns = now_ns

    def given(self, share: float, now_ns: int) -> None:
        """Record the share given to the sleeper; only the first share above zero counts."""
        if self._since_ns is None and self._when_merged and share > 0.0:
            self._since_ns = now_ns

    def begun(self, now_ns: int) -> bool:
        """Whether the malfunction has begun."""
        at_ns = self.at_ns
        return at_ns is not None and now_ns >= at_ns
