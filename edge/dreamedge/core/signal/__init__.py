"""From samples to features: filters, spectrum, quality, calibration, baseline. No merging here."""
