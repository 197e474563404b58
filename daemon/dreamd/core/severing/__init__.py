"""Why and when a sleeper is cut loose: causes, breakers, the quorum."""
