"""The fusion core: pure numpy over whole cohorts, every statistic a sum that merges."""
