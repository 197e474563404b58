"""The Rest Exchange: rounds under way, their asks and berths, and the berths that a night owes."""
