"""The pods' protocol: the only place where the daemon and the edge meet.

What may live here: the words of the wire (`messages`), its topics, its schemas, text from outside made fit
(`text`), the arithmetic both ends must do alike (`blend`), the two translations that touch a library: `codec`
(protobuf) and `seal` (Ed25519), how both ends get to their broker: `access` (where, as whom) and `connection`
(aiomqtt), and what both tell the service manager that started them: `notify`.
Nothing else here does I/O than those three and the keys' files; nothing reads a clock. `v1` is generated
code.
"""
