"""The collector's pauses: what lives for the night is looked at once."""

import gc
import weakref

from dreamd.adapters.garbage import short_pauses


class Ring:
    """A cycle of one."""

    def __init__(self) -> None:
        self.own = self


def test_what_survives_is_looked_at_once_while_someone_dreams() -> None:
    """A full collection freezes its survivors; a cycle made later is still found."""
    with short_pauses(lambda: False):
        gc.collect()
        frozen, left = gc.get_freeze_count(), len(gc.get_objects())
        assert frozen > 10 * left
        ring = weakref.ref(Ring())
        gc.collect()
        assert ring() is None
    assert gc.get_freeze_count() == 0


def test_everything_is_looked_at_while_nobody_dreams() -> None:
    """A cycle that was frozen is freed once no sleeper dreams, after the second full collection."""
    dreams = [True]
    with short_pauses(lambda: not dreams):
        kept = [Ring()]
        ring = weakref.ref(kept[0])
        gc.collect()
        kept.clear()
        gc.collect()
        assert ring() is not None
        dreams.clear()
        gc.collect()
        gc.collect()
        assert ring() is None
