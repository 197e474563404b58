"""Calls of artists: pieces that were led. May use what the rooms of `app` offer; knows no transport."""
