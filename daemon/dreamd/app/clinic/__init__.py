"""The clinic: its book of cases, what opens them, the mornings of sleepers, and their sittings."""
