"""The agent's needs from outside, as protocols; obligations are written MUST."""
