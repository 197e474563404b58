"""One process's beds and their tasks: asyncio, but no technology.

What may live here: what drives the pure agent with time and arrivals and carries out its effects
through `ports`. Imports ports and core, never adapters; clocks and devices are handed in.
"""
