"""The public report: counts of people by site, period and kind, published once. Pure."""
