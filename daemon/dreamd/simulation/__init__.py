"""A whole fleet in one process, in virtual time, from one seed; the one room that may hold both ends.

Production code runs here unchanged: the application, the beds with their agents, codec and seals. Modelled
are time, the broker with its lines, disks, implants, and everything that can go wrong. Nothing here is
imported by what runs at night.
"""
