"""The simulated machines: pods, daemons, broker, network, clocks, ledger, on one virtual schedule."""
