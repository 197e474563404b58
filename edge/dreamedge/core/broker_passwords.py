"""The passwords that a bed may have at the broker: the last that worked, and its newest credential.

While a credential is renewed the broker takes one of the two, and the bed does not know which. It shows the
one that worked last; at a refusal it shows the other at once.
"""


class BrokerPasswords:
    """The choice between two passwords.

    unsaved: whether the one that works is not yet kept as such. locked_out: whether the broker refuses both.
    """

    def __init__(self, kept: str, newest: str) -> None:
        """kept: the last that the broker took. newest: the bed's credential."""
        self._kept, self._newest = kept or newest, newest or kept
        self.now = self._kept
        self._refused: set[str] = set()
        self.unsaved = self.locked_out = False

    @property
    def behind(self) -> bool:
        """Whether the broker is not known to take the newest credential."""
        return self._kept != self._newest

    def offer(self, newest: str) -> None:
        """The bed has a newer credential; the one that works is shown first as long as it does."""
        self._newest = newest or self._newest
        self._refused.discard(self._newest)

    def rejected(self) -> bool:
        """The broker has refused the one shown; return whether there is another to show at once."""
        self._refused.add(self.now)
        other = self._newest if self.now == self._kept else self._kept
        if other not in self._refused:
            self.now = other
            return True
        self._refused.clear()
        self.locked_out, self.now = True, self._kept
        return False

    def accepted(self) -> None:
        """The broker has taken the one shown."""
        self._refused.clear()
        self.locked_out = False
        if self.now != self._kept:
            self._kept, self.unsaved = self.now, True
