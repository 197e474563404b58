"""Letters: the facts of one sleeper's night, and the page that tells them in plain words. Pure."""
