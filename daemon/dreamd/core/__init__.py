"""Decisions, by subject: pure, standard library only, time and randomness are arguments.

No numpy, no I/O, no clock, no protobuf. State machines are tables; illegal moves raise.
"""
