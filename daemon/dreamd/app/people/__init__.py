"""Consent, exposure and withdrawal: the rooms of the person, not of the pod."""
