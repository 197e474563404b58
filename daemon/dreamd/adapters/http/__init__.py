"""Plain HTTP for machines: metrics and health, nothing that acts."""
