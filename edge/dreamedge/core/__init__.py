"""The pod's decisions and signal processing: pure, time and randomness are arguments.

May import numpy, the standard library's pure parts and the wire's plain words (`messages`, `schema`,
`blend`). No I/O, no clock, no protobuf, no signature library.
"""
