"""The life of a Dreamscape: its state table, who may be admitted, which slot is whose, what is shown."""
