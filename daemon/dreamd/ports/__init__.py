"""What the application needs from outside, as protocols; obligations are written MUST."""
