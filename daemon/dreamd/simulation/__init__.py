"""A whole fleet in one process, in virtual time, from one seed; the one room that may hold both ends.

Production code runs here unchanged: the application, the pods with their agents, codec and seals. The model
covers time, the broker with its links, disks, implants, and everything that can go wrong. Nothing that runs
at night imports this room.
"""
