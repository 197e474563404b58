"""EDF and BDF: the file, its people, its channels, and their replay."""
