"""The lease by which one daemon owns the ledger of a house. Rule: no write of the ledger passes here."""
