"""Needs of the application from outside, as protocols; obligations are written MUST."""
