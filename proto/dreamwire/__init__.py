"""The pods' protocol: the only package shared by the daemon and the edge.

It holds the wire's plain messages (`messages`), topics, schemas, fit text (`text`), the arithmetic that both
ends must compute alike (`blend`), the two translations that use a library (`codec`: protobuf, `signing`:
Ed25519), the way to the broker (`broker_access`: address and credentials, `connection`: aiomqtt) and the
notices to the service manager (`sd_notify`). Only these three and the key files do I/O; no module reads a
clock. `v1` is generated code.
"""
