"""The edge's technologies: MQTT, disk, clocks, threads, sound, recordings.

One file per technology. Each adapter implements a port. Input is passed on as values; a command is carried
out at once or queued within a bound. Only `background_writer` is shared between adapters.
"""
