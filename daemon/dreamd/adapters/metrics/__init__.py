"""What is measured, shown to a monitoring system; one file per system."""
