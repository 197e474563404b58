"""Invitations: the lists of guests of intimate Dreamscapes, in memory and in the ledger."""
