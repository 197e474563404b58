"""Freshness of a pod's last report, and conditions that concern every Dreamscape at once."""
