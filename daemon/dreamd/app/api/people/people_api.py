"""The people's subjects of the application, as one part of its protocol."""

from typing import Protocol

from dreamd.app.api.people.guidelines_protocol import GuidelinesApi
from dreamd.app.api.people.letters_protocol import LettersApi
from dreamd.app.api.people.protocols import ConsentsApi


class PeopleApi(Protocol):
    """Consents, letters and guidelines."""

    @property
    def consents(self) -> ConsentsApi:
        """Consents of sleepers."""
        ...

    @property
    def letters(self) -> LettersApi:
        """Letters and nights of sleepers."""
        ...

    @property
    def guidelines(self) -> GuidelinesApi:
        """The revisions of the guidelines."""
        ...
