"""HTTP: metrics and health for machines, and the console, one page for people who watch over a night."""
