"""Ways out that another daemon of the house has kept: carried out here as the calls they were."""
