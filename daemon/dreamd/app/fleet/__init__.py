"""The pods as the daemon knows them: last reports, commands to them, their confirmations."""
