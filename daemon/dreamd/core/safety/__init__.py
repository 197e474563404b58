"""Why and when a sleeper is severed: causes, breakers, the quorum, the group's watch."""
