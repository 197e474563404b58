"""The rows of the exchange."""
