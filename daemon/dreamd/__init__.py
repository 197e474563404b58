"""The coordination daemon: assembles Dreamscapes, fuses, broadcasts, severs."""
