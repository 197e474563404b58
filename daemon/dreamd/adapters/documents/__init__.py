"""Documents that outlive a call: canonical JSON, the shipped guidelines, receipts, reports, pieces."""
