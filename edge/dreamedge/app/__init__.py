"""The beds of one process and their tasks: asyncio, but no technology.

This room drives the pure agent with time and arrivals and carries out its effects through `ports`. It imports
ports and core, never adapters; clocks and devices are passed in.
"""
