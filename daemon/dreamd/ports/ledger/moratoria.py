"""Moratoria: those that act or will, and those that are over."""

from typing import Protocol

from dreamd.core.moratoria.course import Moratorium


class MoratoriumLedger(Protocol):
    """Moratoria."""

    def moratoria(self) -> tuple[Moratorium, ...]:
        """MUST return every one that is kept, with the sleepers that have seconded it, by revision.

        Of one that was written twice it MUST keep the higher revision, whichever came last. A sleeper that
        is erased counts on, under a name of nobody.
        """
        ...
