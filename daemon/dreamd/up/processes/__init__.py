"""The processes of one run: broker, daemon, pods; started, watched, ended with the run."""
