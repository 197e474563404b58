"""Schema 16: the exchange, invitations to intimate Dreamscapes, pieces."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the tables of each."""
    _exchange()
    _invitations()
    _pieces()


def _exchange() -> None:
    """Rounds, offers, asks."""


def _invitations() -> None:
    """Guests and acceptances."""


def _pieces() -> None:
    """Pieces of artists."""
