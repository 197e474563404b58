"""Small stand-ins for ports, one a file: real behaviour, no recording of calls for its own sake."""
