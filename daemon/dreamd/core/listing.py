"""Ordered lists: a page costs only its own length, for the order is kept and views are made as they are read.

A page is requested by the place after which it begins. A place is a position in the order, whether or not its
item still exists; so a page continues correctly although its last item has been removed meanwhile.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from typing import TypeVar

from dreamd.core.dreamscapes.views import DreamscapeView
from dreamd.core.safety.wake_orders import Order

Dated = tuple[float, str]
"""Position in a list of the newest first: the time at which the item began, and its name."""

Item = TypeVar("Item")


class Names:
    """A sorted set of names."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = sorted(names)

    def __len__(self) -> int:
        """The number of names."""
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        """The names in order, as a snapshot."""
        return iter(tuple(self._names))

    def __contains__(self, name: object) -> bool:
        """Whether the name is in the set."""
        if not isinstance(name, str):
            return False
        at = bisect_left(self._names, name)
        return at < len(self._names) and self._names[at] == name

    def add(self, name: str) -> None:
        """Insert a name in order."""
        if name not in self:
            insort(self._names, name)

    def discard(self, name: str) -> None:
        """Remove a name; an absent name is no error."""
        if name in self:
            del self._names[bisect_left(self._names, name)]

    def after(self, name: str) -> Iterator[str]:
        """The names after this one; read the iterator before the set changes."""
        for at in range(bisect_right(self._names, name), len(self._names)):
            yield self._names[at]

    def some_after(self, name: str, most: int) -> list[str]:
        """At most `most` names after this one; from the beginning where none is left."""
        at = bisect_right(self._names, name)
        return self._names[at : at + most] or self._names[:most]


def place_of(dated: Dated) -> str:
    """Return the place as the text of a page token."""
    at_s, name = dated
    return f"{at_s!r} {name}"


def dated(place: str) -> Dated | None:
    """Return the place from its text (`place_of`); None for the empty text, which is the beginning.

    Raises:
        ValueError: the text is no place.
    """
    at_s, _, name = place.partition(" ")
    return (float(at_s), name) if place else None


def place_of_dreamscape(view: DreamscapeView) -> str:
    """Return a Dreamscape's place in the list of all, newest first."""
    return place_of((view.created_s, view.plan.dreamscape))


def place_of_order(order: Order) -> str:
    """Return a wake order's place in the list of all, newest first."""
    return place_of((order.at_s, order.id))


class Newest:
    """Places in order, read from the newest on."""

    def __init__(self) -> None:
        self._places: list[Dated] = []

    def add(self, place: Dated) -> None:
        """Insert a place once. A place that has just begun goes to the end, which is cheap."""
        at = bisect_left(self._places, place)
        if self._places[at : at + 1] != [place]:
            self._places.insert(at, place)

    def discard(self, place: Dated) -> None:
        """Remove a place; an absent place is no error."""
        at = bisect_left(self._places, place)
        if at < len(self._places) and self._places[at] == place:
            del self._places[at]

    def after(self, place: Dated | None) -> Iterator[Dated]:
        """The places older than this one, newest first; None: all."""
        begin = len(self._places) if place is None else bisect_left(self._places, place)
        for at in reversed(range(begin)):
            yield self._places[at]


def newest_first(
    few: Iterable[Dated], many: Newest, after: Dated | None, view: Callable[[str], Item]
) -> Iterator[Item]:
    """Views of `few` (sorted here) and `many` after a place, newest first, each made as it is read."""
    chosen = sorted((one for one in few if after is None or one < after), reverse=True)
    for _, name in merge(chosen, many.after(after), reverse=True):
        yield view(name)
