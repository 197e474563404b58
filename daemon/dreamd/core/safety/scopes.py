"""How far a sever reaches."""

from enum import Enum


class SeverScope(Enum):
    """How far a sever reaches; the value is the word for it."""

    SLEEPER = "sleeper"
    POD = "pod"
    DREAMSCAPE = "dreamscape"
    SITE = "site"
    FLEET = "fleet"
