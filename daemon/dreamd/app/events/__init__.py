"""The journal and its subscriptions: bounded, read by cursor. The bottom floor of the application."""
