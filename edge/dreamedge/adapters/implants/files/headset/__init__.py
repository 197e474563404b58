"""Text files of headset programs: recognised by their first lines, read once, played from a compact copy."""
