"""The lease by which one daemon owns the ledger of a house, and the orders that other daemons leave for it.

Rule: no write of the ledger passes here.
"""
