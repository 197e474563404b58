"""Live devices as implants: BrainFlow boards and LSL streams, with their own clocks."""
