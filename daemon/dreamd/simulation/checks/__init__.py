"""The invariants that every simulated night is held to, with their bounds."""
