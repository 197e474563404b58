"""The scenario of a festival: its file in TOML, read into plain values. Pure, but for the shipped file."""
