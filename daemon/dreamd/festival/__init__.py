"""The festival: a scenario of several nights, played by the real daemon, and an account of how it ended.

May know the simulation, the rehearsal and everything below them. The facts, the account and the timeline are
plain values: a page shows them without the engine.
"""
