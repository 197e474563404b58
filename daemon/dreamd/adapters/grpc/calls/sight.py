"""The rows and names that a caller sees: lists are cut to its scope, and names of sleepers left out.

Rules
- A list, a page and a watch hold the rows of the caller's scope alone. An event of no pod and no Dreamscape,
  such as a lost broker, is seen by every reader.
- Seats are read by their readers alone; a sleeper reads the own one, also where the sleeper leads.
- A field named `sleeper` is blank in every answer for a caller that may not read it. That is done for every
  method in one place, so no new message can show a name by mistake.
"""

from functools import cache
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from dreamd.core.access.admission import Admitted, Whereabouts
from dreamd.core.dreamscapes.views import Event, PodView
from dreamd.core.safety.wake_orders import Order
from dreamwire.messages import WakeScope

NAME_FIELD: Final = "sleeper"
_COLLECTION: Final = "sleepers/"


class Sight:
    """The sight of one caller. admitted: None sees everything, as where there is no access control."""

    def __init__(self, admitted: Admitted | None = None, where: Whereabouts | None = None) -> None:
        self._admitted = admitted
        self._where = where

    @property
    def names(self) -> bool:
        """Whether the caller reads the names of all sleepers in its scope."""
        return self._admitted is None or self._admitted.sees_names

    @property
    def seats(self) -> bool:
        """Whether the caller reads the seats of a Dreamscape, with the names in them."""
        return self._admitted is None or (self._admitted.sees_seats and self._admitted.sees_names)

    def shows_own(self, sleeper: str) -> bool:
        """Whether this is the sleeper that the caller is."""
        return self._admitted is not None and bool(sleeper) and self._admitted.own_sleeper == sleeper

    def shows_pod(self, view: PodView) -> bool:
        """Whether this pod is a row of the caller."""
        return self._admitted is None or self._admitted.sees_pod(view.pod, view.site, view.sleeper)

    def shows_dreamscape(self, name: str) -> bool:
        """Whether this Dreamscape is a row of the caller."""
        if self._admitted is None or self._where is None:
            return True
        return self._admitted.sees_dreamscape(name, self._where.sites_of(name), self._where)

    def shows_breaker(self, name: str) -> bool:
        """Whether the breaker of `pods/{pod}` or `dreamscapes/{dreamscape}` is a row of the caller."""
        kind, _, of = name.partition("/")
        return self.shows_dreamscape(of) if kind == "dreamscapes" else self._shows_named_pod(of)

    def shows_event(self, event: Event) -> bool:
        """Whether this event is a row of the caller."""
        if event.pod:
            return self._shows_named_pod(event.pod)
        return not event.dreamscape or self.shows_dreamscape(event.dreamscape)

    def shows_order(self, order: Order) -> bool:
        """Whether this wake order is a row of the caller; one of a site or the fleet is every reader's."""
        if order.scope is WakeScope.POD:
            return self._shows_named_pod(order.target)
        return order.scope is not WakeScope.DREAMSCAPE or self.shows_dreamscape(order.target)

    def _shows_named_pod(self, pod: str) -> bool:
        if self._admitted is None or self._where is None:
            return True
        return self._admitted.sees_pod(pod, self._where.site_of(pod), self._where.sleeper_in(pod))

    def blanked(self, answer: Message) -> Message:
        """The answer, or a copy in which every name of a sleeper is cleared that the caller may not read."""
        if self.names or not _ways_to_names(answer.DESCRIPTOR):
            return answer
        copy = type(answer)()
        copy.CopyFrom(answer)
        self._clear(copy)
        return copy

    def _clear(self, message: Message) -> None:
        for field in _ways_to_names(message.DESCRIPTOR):
            value = getattr(message, field.name)
            if field.type != FieldDescriptor.TYPE_MESSAGE:
                if not self._may_read(value):
                    message.ClearField(field.name)
            elif isinstance(value, Message):
                if message.HasField(field.name):
                    self._clear(value)
            else:
                for one in value:
                    self._clear(one)

    def _may_read(self, name: str) -> bool:
        return self._admitted is None or self._admitted.sees_sleeper(name.removeprefix(_COLLECTION))


@cache
def _ways_to_names(kind: Descriptor) -> tuple[FieldDescriptor, ...]:
    """The fields of a message that are a sleeper's name, or messages that lead to one."""
    return tuple(field for field in kind.fields if _leads(field, frozenset()))


def _leads(field: FieldDescriptor, above: frozenset[str]) -> bool:
    if field.name == NAME_FIELD and field.type == FieldDescriptor.TYPE_STRING:
        return True
    kind = field.message_type
    if kind is None or kind.full_name in above or kind.GetOptions().map_entry:
        return False
    return any(_leads(one, above | {kind.full_name}) for one in kind.fields)


EVERYTHING: Final = Sight()
"""The sight of a caller where there is no access control."""
