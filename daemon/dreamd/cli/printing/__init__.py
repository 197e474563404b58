"""The tables of the command line."""
