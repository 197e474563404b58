"""Terms, generations and commits: what ties the daemon to its ledger."""
