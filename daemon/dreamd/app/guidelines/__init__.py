"""The guidelines' revisions: the one in force, the proposed ones, and what a proposed one would have done."""
