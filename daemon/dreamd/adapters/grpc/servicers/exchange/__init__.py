"""The Exchange service, and the messages that tell of rounds and asks."""
