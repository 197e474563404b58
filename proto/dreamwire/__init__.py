"""The pods' protocol: the only place where the daemon and the edge meet.

What may live here: the words of the wire (`messages`), its topics, its schemas, the arithmetic both
ends must do alike (`blend`), and the two translations that touch a library: `codec` (protobuf) and
`seal` (Ed25519). Nothing here does I/O or reads a clock. `v1` is generated code.
"""
