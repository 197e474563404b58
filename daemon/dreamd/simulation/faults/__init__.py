"""The faults of a night, by kind: each is drawn from the seed and has its own end."""
