"""One folder or file per technology; siblings never import one another."""
