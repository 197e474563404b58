"""The Rest Exchange: berths shared by one public line. Pure; it knows no other institution but access."""
