"""The phases of many small Dreamscapes side by side: segments, rings, synchrony by pairs of people."""
