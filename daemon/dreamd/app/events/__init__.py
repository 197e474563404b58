"""The journal, its subscriptions, and how a step runs: all bounded. The bottom floor of the application."""
