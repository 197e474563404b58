"""Small stand-ins for ports, one per file: real behaviour, no recording of calls for its own sake."""
