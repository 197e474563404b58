"""Instants that people write on the command line: when a consent ends, when a revision begins."""

import argparse
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def instant(text: str) -> datetime:
    """For argparse: a time such as 2026-12-24T07:00, or a day, which stands for its end."""
    try:
        if "T" not in text and " " not in text:
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time())
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        expected = "a time such as 2026-12-24T07:00 or 2026-12-24T07:00+01:00, or a day such as 2026-12-24"
        raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}") from None


def zoned(at: datetime | None, zone: str) -> datetime | None:
    """The instant with its zone: its own, else `zone`, else that of this machine; None stays None.

    Raises:
        ValueError: there is no such zone.
    """
    if at is None or at.tzinfo is not None:
        return at
    if not zone:
        return at.astimezone()
    try:
        return at.replace(tzinfo=ZoneInfo(zone))
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"no time zone {zone!r}") from error
