"""XDF: the file's chunks, streams and clocks, and their replay."""
