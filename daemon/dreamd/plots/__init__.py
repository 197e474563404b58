"""Plots as self-contained SVG: no script, no font, no address, light and dark by the reader's own setting.

They are drawn from messages of the API, by whatever program has asked for them.
"""
