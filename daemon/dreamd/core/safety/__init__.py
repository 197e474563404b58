"""When and why a sleeper is severed: causes, breakers, the quorum, the group monitor."""
