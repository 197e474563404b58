"""The pod's decisions and signal processing: pure; time and randomness are arguments.

It may import numpy, the pure parts of the standard library and the wire's plain modules (`messages`,
`schema`, `blend`). No I/O, no clock, no protobuf, no signature library.
"""
