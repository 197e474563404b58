"""HTTP: metrics and health for machines, and the console, one page for people that watch over a night."""
