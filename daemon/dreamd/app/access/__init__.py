"""Access: principals, their credentials and codes, in memory and in the ledger. No way out waits for it."""
