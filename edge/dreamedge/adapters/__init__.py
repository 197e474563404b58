"""Where the edge touches the world: MQTT, disk, clocks, threads, sound, recordings.

One file a technology. Everything here implements a port; what it learns it hands on as values, what
it is told to do it does at once or queues within a bound. `offload` is the one piece they share.
"""
