"""The tables, and what becomes of a value in a row and back."""
