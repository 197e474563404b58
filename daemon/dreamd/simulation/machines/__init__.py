"""The simulated machines: broker, network, clocks, disks, devices and sleepers, on one virtual schedule."""
