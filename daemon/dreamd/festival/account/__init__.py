"""The account of a festival: one line a promise, each judged from facts alone. Pure, standard library."""
