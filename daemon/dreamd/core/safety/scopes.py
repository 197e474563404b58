"""The reach of a sever."""

from enum import Enum


class SeverScope(Enum):
    """The reach of a sever; the value is its word in the API and the log."""

    SLEEPER = "sleeper"
    POD = "pod"
    DREAMSCAPE = "dreamscape"
    SITE = "site"
    FLEET = "fleet"
