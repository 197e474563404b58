"""The way of a pod into a slot: admission, the commit in the ledger, and the slots."""
