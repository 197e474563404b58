"""The refusals of an erasure, as types."""

from dreamapi.errors import Refused


class ErasureUnfinished(Refused, reason="ERASURE_UNFINISHED"):
    """The key is removed, and a program or a copy still holds its bytes; the erasure goes on by itself."""


class RetainedByLaw(Refused, reason="RETAINED_BY_LAW"):
    """A law forbids the erasure for now; metadata: the clause and the date."""
