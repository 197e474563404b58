"""What the agent needs from outside, as protocols; obligations are written MUST."""
