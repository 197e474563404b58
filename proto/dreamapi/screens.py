"""Answers for a screen: every text in them is escaped on arrival, so that no view can forget it.

A bed's own words, a caller's reason, the name of a device: a terminal obeys the control characters in them,
and a bidirectional override makes `bed-1` read as another bed. A program gets answers unescaped.
"""

from typing import TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from dreamapi.text import shown

Answer = TypeVar("Answer", bound=Message)


def for_screen(answer: Answer) -> Answer:
    """Escape every text of an answer, in place, with `dreamapi.text.shown`. Returns the answer."""
    for field, value in answer.ListFields():
        if field.type == FieldDescriptor.TYPE_STRING:
            if isinstance(value, str):
                setattr(answer, field.name, shown(value))
            else:
                value[:] = [shown(one) for one in value]
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not _is_map(field):
            for one in (value,) if isinstance(value, Message) else value:
                for_screen(one)
    return answer


def _is_map(field: FieldDescriptor) -> bool:
    """Whether the field is a map; maps hold numbers under the daemon's own words only."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry
