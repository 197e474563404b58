"""What concerns a person and not a pod: exposure, consent, withdrawal."""
