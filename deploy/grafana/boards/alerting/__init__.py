"""Alerts: the rules, by severity; what inhibits what; the list of runbooks."""
