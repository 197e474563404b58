"""The public report: people are marked as things happen to them, and counted once a period."""
