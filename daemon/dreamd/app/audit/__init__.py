"""The audit log: what calls have changed, and the signed checkpoints that beds witness."""
